"""Watches the landing area and the release specs, and starts what a change calls for."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import dagster as dg

from dataset_platform import release
from dataset_platform.assets.partitions import SOURCES, VERSIONS
from dataset_platform.jobs import clean_source, cut_release
from dataset_platform.settling import Watch
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.landing import SOURCE_NAMES, departed, is_source_name, landed_sources
from dataset_platform.storage.patience import LAUNCHED_BY
from dataset_platform.storage.work import sha256_of

INTERVAL_S = 30
GONE = "gone"
PARTITIONS_A_REQUEST = 1_000  # tens of thousands in one call fail on SQLite
NAMES_SHOWN = 10
DIGITS_KEPT = 16  # of a state's SHA-256: the cursor is written at every tick


@dg.sensor(
    job=clean_source,
    minimum_interval_seconds=INTERVAL_S,
    description="Cleans a source when its files, its description or reviewers' decisions change.",
)
def landing_sensor(context: dg.SensorEvaluationContext, storage: Storage) -> dg.SensorResult:
    """Cleans a source when its files or its description change; a source without files leaves.

    A change in `reviews/` runs every source: only its rows tell what a decision concerns. Nothing but
    decisions is made anew then.

    A folder is left alone until two ticks in a row find the same files, so that
    nobody reads a file that is still being written. A tick lists the landing
    area once and opens no file of it.
    """
    described = {path.stem: sha256_of(path) for path in sorted(storage.settings.sources_dir.glob("*.yaml"))}
    reviewed = _reviewed(storage.settings.reviews_dir)
    landed = landed_sources(storage.store, storage.settings.raw_prefix)
    known = context.instance.get_dynamic_partitions(str(SOURCES.name))
    states = {
        source: _short_digest(f"{landed[source]}:{described[source]}{reviewed}")
        for source in landed.keys() & described.keys()
        if is_source_name(source)
    }
    states |= dict.fromkeys(departed(known, landed), GONE)
    before = Watch.resumed(context.cursor)
    after, settled = before.look(states)
    after = _complain(context, after, list(_complaints(landed, described, known)))
    arrived = [source for source, state in sorted(settled.items()) if state != GONE]
    left = [source for source, state in sorted(settled.items()) if state == GONE]
    return dg.SensorResult(
        run_requests=[_run(before, "landing_sensor", source, settled[source]) for source in arrived],
        dynamic_partitions_requests=[
            *_additions(SOURCES, arrived, known),
            *([SOURCES.build_delete_request(left)] if left else []),
        ],
        cursor=after.model_dump_json(),
    )


@dg.sensor(
    job=cut_release,
    minimum_interval_seconds=INTERVAL_S,
    description="Cuts a release when its spec appears, or changes before it is published.",
)
def release_sensor(context: dg.SensorEvaluationContext, storage: Storage) -> dg.SensorResult:
    """Cuts a release when its spec `releases/<version>.yaml` appears, or changes before it is published.

    A published version never changes, so nothing is started for it, nor for a file whose name is no version:
    that would become a partition.
    """
    folder = storage.settings.releases_dir
    states = {
        path.stem: _short_digest(sha256_of(path))
        for path in sorted(folder.glob("*.yaml"))
        if release.is_release_version(path.stem)
        and not storage.store.exists(storage.release_prefix(path.stem))
    }
    before = Watch.resumed(context.cursor)
    after, settled = before.look(states)
    after = _complain(context, after, list(_complaints_of_specs(folder)))
    known = context.instance.get_dynamic_partitions(str(VERSIONS.name))
    return dg.SensorResult(
        run_requests=[
            _run(before, "release_sensor", version, state) for version, state in sorted(settled.items())
        ],
        dynamic_partitions_requests=list(_additions(VERSIONS, sorted(settled), known)),
        cursor=after.model_dump_json(),
    )


def _reviewed(folder: Path) -> str:
    """State of the review files; empty where there are none, so that the first one changes it."""
    return "".join(f":{path.name}:{sha256_of(path)}" for path in sorted(folder.glob("*.csv")))


def _run(watch: Watch, sensor: str, partition: str, state: str) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=watch.run_key(partition, state), partition_key=partition, tags={LAUNCHED_BY: sensor}
    )


def _additions(
    partitions: dg.DynamicPartitionsDefinition, wanted: Sequence[str], known: Sequence[str]
) -> Iterator[dg.AddDynamicPartitionsRequest]:
    missing = sorted(set(wanted) - set(known))
    for start in range(0, len(missing), PARTITIONS_A_REQUEST):
        yield partitions.build_add_request(missing[start : start + PARTITIONS_A_REQUEST])


def _complaints(
    landed: Mapping[str, str], described: Mapping[str, str], known: Sequence[str]
) -> Iterator[str]:
    """One line for each thing that keeps a folder from becoming a source."""
    misnamed = [repr(name) for name in landed if not is_source_name(name)]
    if misnamed:
        yield f"no source names: {_shortened(misnamed)}; {SOURCE_NAMES}. Rename those folders"
    undescribed = [name for name in landed if is_source_name(name) and name not in described]
    if undescribed:
        yield f"no description for {_shortened(undescribed)}: add sources/<name>.yaml"
    if known and not landed:
        yield "the landing area is empty, as if it were not mounted: no source leaves the partitions"


def _complaints_of_specs(folder: Path) -> Iterator[str]:
    """A line for files that look like specs and are named as none."""
    misnamed = [
        path.name
        for path in sorted(folder.glob("*.y*ml"))
        if path.suffix != ".yaml" or not release.is_release_version(path.stem)
    ]
    if misnamed:
        yield (
            f"no specs: {_shortened(misnamed)}; a spec is called <version>.yaml, with a semantic version "
            "such as 1.0.0 or 1.1.0-rc.1. Rename those files"
        )


def _complain(context: dg.SensorEvaluationContext, watch: Watch, complaints: Sequence[str]) -> Watch:
    """Logs the complaints unless they are those of the last tick."""
    digest = _short_digest("\n".join(complaints)) if complaints else ""
    if digest != watch.complaints:
        for complaint in complaints:
            context.log.warning(complaint)
    return watch.model_copy(update={"complaints": digest})


def _shortened(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS_KEPT]


SENSORS = (landing_sensor, release_sensor)
