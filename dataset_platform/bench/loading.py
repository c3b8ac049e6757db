"""`bench load`: a queue of runs on PostgreSQL, while what serves and works on them is killed in turns."""

import random
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import cycle, islice
from pathlib import Path

import dagster as dg
import psutil

from dataset_platform.assets.partitions import READING, SOURCES, VERSIONS
from dataset_platform.bench.dagster_project import CODE_SERVER, DAEMON, WEBSERVER, DagsterProject
from dataset_platform.bench.loading_audit import Audit, audit
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.report import Report
from dataset_platform.bench.servers import PostgresServer
from dataset_platform.bench.soaking_plan import Landing
from dataset_platform.jobs import clean_source, cut_release
from dataset_platform.lost_retries import lost_retries
from dataset_platform.progress import Progress

INSTANCE = Path("deploy/dagster.postgres.yaml")
LOOK_S, DOWN_S = 1.0, 3.0
RETRY_S, PATIENCE_S = 240.0, 1800.0
"""Without any run that ends for so long, the queue is stuck."""
SPEC = """\
version: {version}
target_samples: 100
seed: 42
gates:
  {{semantic_coherence: 0, therapeutic_appropriateness: 0, crisis_flags: 1, private_data: 1000, bias: 0,
    overall: 0}}
"""
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


class Victim(StrEnum):
    """What is killed with SIGKILL, in turns."""

    WORKER = "a run worker"
    DAEMON = "the daemon"
    WEBSERVER = "the webserver"
    CODE_SERVER = "the code server"
    ALL = "all of them"


@dataclass(frozen=True)
class Load:
    sources: int
    versions: int
    runs: int
    kills: int
    slots: int = 1
    """Of the pool that sources are read in."""

    @property
    def source_names(self) -> list[str]:
        return [f"source_{number:03d}" for number in range(self.sources)]

    @property
    def version_names(self) -> list[str]:
        return [f"1.{number}.0" for number in range(self.versions)]

    def queue(self) -> dict[str, list[str]]:
        """Partitions of each job's runs: every version once, all else over the sources in turns."""
        over_sources = max(self.sources, self.runs - self.versions)
        return {
            str(clean_source.name): list(islice(cycle(self.source_names), over_sources)),
            str(cut_release.name): self.version_names,
        }


@dataclass
class Siege:
    """Kills what it may, spread evenly over the runs that end."""

    project: DagsterProject
    rng: random.Random
    victims: list[Victim]
    done: list[str] = field(default_factory=list)

    def kill_next(self) -> None:
        """Kills the next victim, and starts it again a few seconds later as a supervisor would."""
        victim = self.victims.pop(0)
        killed = []
        if victim in (Victim.WORKER, Victim.ALL):
            workers = self.project.workers()
            chosen = workers if victim is Victim.ALL else self.rng.sample(workers, min(1, len(workers)))
            for worker in chosen:
                with suppress(psutil.NoSuchProcess):
                    worker.kill()
            killed += ["worker"] * len(chosen)
        names = {Victim.DAEMON: [DAEMON], Victim.WEBSERVER: [WEBSERVER], Victim.CODE_SERVER: [CODE_SERVER]}
        servers = [DAEMON, WEBSERVER, CODE_SERVER] if victim is Victim.ALL else names.get(victim, [])
        for name in servers:
            self.project.kill(name)
        self.done += [*killed, *servers]
        time.sleep(DOWN_S)
        for name in reversed(servers):  # the code server first: the others read from it
            self.project.start(name)


def load_report(folder: Path, load: Load, seed: int, progress: Progress) -> Report:
    """Serves a project until its queue is empty; it stays in the folder until the next load."""
    shutil.rmtree(folder, ignore_errors=True)
    machine, started = this_machine(), time.time()
    with PostgresServer() as server, DagsterProject(folder, INSTANCE, server.environment) as project:
        with progress.task("sources, code server and webserver"):
            expected = prepare(project, load, seed)
            project.start(CODE_SERVER)
            project.start(WEBSERVER)
        siege = Siege(project, random.Random(seed), list(islice(cycle(Victim), load.kills)))
        queue = load.queue()
        for job, partitions in queue.items():
            with progress.task(f"{len(partitions):,} runs of {job} into the queue"):
                submit(project, job, partitions)
            kills = round(load.kills * len(partitions) / sum(map(len, queue.values())))
            with progress.task(f"{job}, with {kills} kills"):
                if DAEMON not in project.processes:
                    project.start(DAEMON)
                work_off(project, len(partitions), siege, kills)
        with progress.task("audit"), project.instance() as instance:
            found = audit(instance, project, expected, load.version_names, server.dump())
    minutes = (time.time() - started) / 60
    return _report(load, seed, siege, found, minutes, Report("load", machine, 1, [], [], []))


def prepare(project: DagsterProject, load: Load, seed: int) -> dict[str, str]:
    """Lays sources and specs down; the digest that the table of records of each source has to have."""
    landing = Landing(project, seed, names=load.source_names)
    expected = {name: landing.fill(name) for name in load.source_names}
    for version in load.version_names:
        (project.path / f"releases/{version}.yaml").write_text(SPEC.format(version=version))
    with project.instance() as instance:
        instance.add_dynamic_partitions(str(SOURCES.name), load.source_names)
        instance.add_dynamic_partitions(str(VERSIONS.name), load.version_names)
        instance.event_log_storage.set_concurrency_slots(READING, load.slots)
    return expected


def submit(project: DagsterProject, job: str, partitions: Sequence[str]) -> None:
    """Puts a run for each of the partitions into the queue, through the webserver as anybody would."""
    from dagster_graphql import DagsterGraphQLClient

    client = DagsterGraphQLClient("127.0.0.1", port_number=project.ports[WEBSERVER])
    for partition in partitions:
        client.submit_job_execution(job, tags={"dagster/partition": partition})


def work_off(project: DagsterProject, runs: int, siege: Siege, kills: int) -> None:
    """Returns when no run is left to do, or nothing has ended for too long."""
    marks = [round((number + 1) * runs / (kills + 1)) for number in range(kills)]
    with project.instance() as instance:
        before = instance.get_runs_count() - instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED))
        seen, last = 0, time.time()
        while time.time() - last < PATIENCE_S:
            left = instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED))
            ended = instance.get_runs_count() - left - before
            if ended > seen:
                seen, last = ended, time.time()
            if marks and ended >= marks[0]:
                del marks[0]
                siege.kill_next()
            elif left == 0 and not _awaits_retry(instance):
                return
            time.sleep(LOOK_S)


def _awaits_retry(instance: dg.DagsterInstance) -> bool:
    """Whether a run that failed lately is to be started anew, which takes daemon or sensor a while."""
    now = time.time()
    ended = {record.dagster_run.run_id: record.end_time or 0 for record in instance.get_run_records()}
    return any(now - ended.get(run.run_id, 0) < RETRY_S for run in lost_retries(instance))


def _report(load: Load, seed: int, siege: Siege, found: Audit, minutes: float, report: Report) -> Report:
    killed = ", ".join(f"{siege.done.count(name)} × {name}" for name in dict.fromkeys(siege.done))  # noqa: RUF001
    about = [
        f"{load.sources} sources, {load.versions} versions, {sum(map(len, load.queue().values())):,} runs "
        f"queued on PostgreSQL, {load.slots} sources at a time, seed {seed}; {minutes:.1f} minutes",
        f"killed with SIGKILL: {killed or 'nothing'}",
    ]
    return replace(report, about=about, findings=found.lines, broken="; ".join(found.wrong))
