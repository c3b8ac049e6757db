"""`bench soak`: hours of sensor ticks while files arrive, change and vanish.

Three things are held against the events: each was followed by a run that found what lay there then, none by
two, and the memory of the daemon and of the code server does not grow.
"""

import json
import shutil
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

import dagster as dg
import psutil

from dataset_platform.bench.dagster_project import CODE_SERVER, DAEMON, DagsterProject, serving
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.report import Report
from dataset_platform.bench.soaking_plan import SOURCES, Event, Landing
from dataset_platform.display import Row
from dataset_platform.progress import Progress

HOUR_S = 3600.0
SAMPLE_S = 30.0
QUIET_S, PATIENCE_S = 150.0, 1800.0
"""After the last event: two looks of the sensor have passed, and every run that they asked for has ended."""
SETTLED_SHARE = 0.25
"""Memory is compared from here on: imports, caches and pools of connections fill first."""
MOST_GROWTH_MB_PER_H = 10.0
PROCESSES = (DAEMON, CODE_SERVER)


@dataclass(frozen=True)
class Sample:
    """Seconds since the start, and megabytes (proportional set size) of each process."""

    at: float
    mb: Mapping[str, float]
    runs: int


@dataclass
class Watch:
    """Notes what happens beside the project, as it happens: a soak that is cut short can be read."""

    project: DagsterProject
    started: float = field(default_factory=time.time)
    samples: list[Sample] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        """Sleeps, and samples every half minute."""
        until = time.time() + seconds
        while (left := until - time.time()) > 0:
            if not self.samples or time.time() - self.started - self.samples[-1].at >= SAMPLE_S:
                self._sample()
            time.sleep(min(left, SAMPLE_S / 3))

    def note(self, event: Event) -> None:
        self.events.append(event)
        self._append("events.jsonl", event.as_dict())

    def _sample(self) -> None:
        mb = {name: megabytes(self.project.processes[name].pid) for name in PROCESSES}
        with self.project.instance() as instance:
            sample = Sample(round(time.time() - self.started, 1), mb, instance.get_runs_count())
        self.samples.append(sample)
        self._append("samples.jsonl", vars(sample))

    def _append(self, name: str, line: Mapping[str, Any]) -> None:
        with (self.project.path / name).open("a") as stream:
            stream.write(json.dumps(line) + "\n")


def soak_report(folder: Path, hours: float, seed: int, progress: Progress) -> Report:
    """Serves a project for that long; it stays in the folder until the next soak."""
    shutil.rmtree(folder, ignore_errors=True)
    machine = this_machine()
    with DagsterProject(folder) as project:
        watch = Watch(project)
        with progress.task("code server, daemon and sensors"):
            project.start(CODE_SERVER)
            project.dagster("sensor", "start", "--start-all", "-w", "workspace.yaml")
            project.start(DAEMON)
        with progress.task(f"{hours:g} h of files"):
            for event in Landing(project, seed, watch.pause).events(watch.started + hours * HOUR_S):
                watch.note(event)
        with progress.task("the last runs"):
            settle(project, watch)
        with project.instance() as instance:
            rows = compare(watch.events, materialised(instance))
            runs = Counter(str(run.status.value).lower() for run in instance.get_runs())
            known = instance.get_dynamic_partitions("source")
    landed = {path.parent.name for path in (folder / "data/raw").glob("*/*")}
    about = [
        f"{len(watch.events)} events in {hours:g} h over {SOURCES} sources, seed {seed}, "
        f"{watch.samples[-1].runs} runs: {', '.join(f'{n} {status}' for status, n in sorted(runs.items()))}",
        "memory is the proportional set size of processes that serve, without workers of runs",
    ]
    differing = ", ".join(sorted(landed ^ set(known)))
    broken = "; ".join(
        filter(None, [rows.broken, differing and f"partitions and sources differ in {differing}"])
    )
    findings = [*rows.findings, *growth(watch.samples)]
    tables = {"memory, MB": memory_rows(watch.samples)}
    return Report("soak", machine, 1, [], about, findings, tables, broken)


@dataclass(frozen=True)
class Compared:
    """Events without their run, and runs without an event; both by source."""

    expected: int
    missed: Sequence[str]
    doubled: Sequence[str]

    @property
    def broken(self) -> str:
        lost = [*(f"missed {one}" for one in self.missed), *(f"done twice {one}" for one in self.doubled)]
        return "; ".join(lost)

    @property
    def findings(self) -> list[str]:
        return [
            f"{self.expected} states to find, {len(self.missed)} missed, {len(self.doubled)} found twice or "
            f"without an event{': ' if self.broken else ''}{self.broken}"
        ]


def compare(events: Sequence[Event], found: Mapping[str, Sequence[str]]) -> Compared:
    """Holds the states that runs found, by source and in their order, against those that events left."""
    missed, doubled, expected = [], [], 0
    for source in sorted({event.source for event in events} | found.keys()):
        wanted = [event.records for event in events if event.source == source and event.records]
        expected += len(wanted)
        there = list(found.get(source, ()))
        missing, more = Counter(wanted) - Counter(there), Counter(there) - Counter(wanted)
        missed += [f"{source} {digest[:12]}" for digest in missing.elements()]
        doubled += [f"{source} {digest[:12]}" for digest in more.elements()]
        if not missing and not more and wanted != there:
            missed.append(f"{source}: found in another order")
    return Compared(expected, missed, doubled)


def materialised(instance: dg.DagsterInstance) -> dict[str, list[str]]:
    """Digests of the tables of records that runs materialised, by source, oldest first."""
    found: dict[str, list[str]] = {}
    cursor, more = None, True
    while more:
        page = instance.fetch_materializations(
            dg.AssetKey("raw_conversations"), limit=1000, cursor=cursor, ascending=True
        )
        for record in page.records:
            materialisation = record.asset_materialization
            if materialisation and record.partition_key:
                digest = str(materialisation.metadata["sha256"].value)
                found.setdefault(record.partition_key, []).append(digest)
        cursor, more = page.cursor, page.has_more
    return found


def settle(project: DagsterProject, watch: Watch) -> None:
    """Returns when the last event has had its run, or the patience is over."""
    watch.pause(QUIET_S)
    deadline = time.time() + PATIENCE_S
    unfinished = dg.RunsFilter(statuses=[*UNFINISHED])
    while time.time() < deadline:
        with project.instance() as instance:
            if not instance.get_runs_count(unfinished):
                return
        watch.pause(SAMPLE_S)


UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def growth(samples: Sequence[Sample]) -> list[str]:
    """A line a process: the slope of its memory once it has settled, in MB an hour."""
    settled = [sample for sample in samples if sample.at >= SETTLED_SHARE * samples[-1].at]
    if len(settled) < 3:
        return ["too few samples for a slope of memory"]
    hours = [sample.at / HOUR_S for sample in settled]
    lines = []
    for name in PROCESSES:
        slope = linear_regression(hours, [sample.mb[name] for sample in settled]).slope
        met = "met" if slope <= MOST_GROWTH_MB_PER_H else "missed"
        lines.append(f"{name}: {slope:+.1f} MB/h, target ≤ {MOST_GROWTH_MB_PER_H:g}: {met}")
    return lines


def memory_rows(samples: Sequence[Sample]) -> list[Row]:
    """A row a process: the medians of the first and of each later eighth of the time."""
    width = samples[-1].at / 8 if samples else 0
    rows: list[Row] = []
    for name in PROCESSES:
        row: dict[str, object] = {"process": name}
        for eighth in range(8):
            here = [s.mb[name] for s in samples if eighth * width <= s.at <= (eighth + 1) * width]
            row[f"{(eighth + 1) * width / 60:.0f} min"] = round(median(here), 1) if here else None
        rows.append(row)
    return rows


def megabytes(pid: int) -> float:
    """Proportional set size of what serves; 0 when it is gone."""
    total = 0
    for process in serving(pid):
        try:
            used = process.memory_full_info()
        except psutil.Error:
            continue
        total += getattr(used, "pss", used.rss)
    return round(total / 1e6, 1)
