"""Watches the landing area and the release specs, and starts what a change calls for."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import dagster as dg

from dataset_platform.assets.partitions import SOURCES, VERSIONS
from dataset_platform.jobs import clean_source, cut_release
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.landing import landed_sources
from dataset_platform.storage.work import sha256_of

INTERVAL_S = 30


@dg.sensor(
    job=clean_source,
    minimum_interval_seconds=INTERVAL_S,
    description="Cleans a source when its files or its description change.",
)
def landing_sensor(context: dg.SensorEvaluationContext, storage: Storage) -> dg.SensorResult:
    """Cleans a source when its files or its description change.

    A folder is left alone until two ticks in a row find the same files, so that
    nobody reads a file that is still being written.
    """
    described = {path.stem: sha256_of(path) for path in sorted(storage.settings.sources_dir.glob("*.yaml"))}
    landed = landed_sources(storage.store, storage.settings.raw_prefix)
    states = {
        source: f"{digest}:{described[source]}" for source, digest in landed.items() if source in described
    }
    undescribed = sorted(landed.keys() - described.keys())
    if undescribed:
        context.log.warning(f"no description for {', '.join(undescribed)}: add sources/<name>.yaml")
    return _start_what_settled(context, states, SOURCES)


@dg.sensor(
    job=cut_release,
    minimum_interval_seconds=INTERVAL_S,
    description="Cuts a release when its spec appears, or changes before it is published.",
)
def release_sensor(context: dg.SensorEvaluationContext, storage: Storage) -> dg.SensorResult:
    """Cuts a release when its spec `releases/<version>.yaml` appears, or changes before it is published.

    A published version never changes, so nothing is started for it.
    """
    specs = sorted(storage.settings.releases_dir.glob("*.yaml"))
    states = {
        path.stem: sha256_of(path)
        for path in specs
        if not storage.store.exists(storage.release_prefix(path.stem))
    }
    return _start_what_settled(context, states, VERSIONS)


def _start_what_settled(
    context: dg.SensorEvaluationContext,
    states: Mapping[str, str],
    partitions: dg.DynamicPartitionsDefinition,
) -> dg.SensorResult:
    """One run for each partition whose state is new and was the same at the last tick.

    Dagster drops a run key that it has ever seen. The key therefore counts the
    runs started since the cursor was made: a tick repeated after a crash starts
    nothing twice, and a state that comes back after another one still runs.
    """
    cursor = json.loads(context.cursor) if context.cursor else _new_cursor()
    settled = [
        key
        for key, state in states.items()
        if cursor["seen"].get(key) == state and cursor["started"].get(key) != state
    ]
    known = set(context.instance.get_dynamic_partitions(str(partitions.name)))
    missing = [key for key in settled if key not in known]
    runs = [
        dg.RunRequest(run_key=f"{cursor['since']}:{cursor['runs'] + number}:{key}", partition_key=key)
        for number, key in enumerate(settled)
    ]
    cursor["runs"] += len(runs)
    cursor["seen"] = dict(states)
    cursor["started"] = {key: state for key, state in cursor["started"].items() if key in states}
    cursor["started"] |= {key: states[key] for key in settled}
    return dg.SensorResult(
        run_requests=runs,
        dynamic_partitions_requests=[partitions.build_add_request(missing)] if missing else [],
        cursor=json.dumps(cursor),
    )


def _new_cursor() -> dict[str, Any]:
    return {"since": uuid4().hex[:8], "runs": 0, "seen": {}, "started": {}}


SENSORS = (landing_sensor, release_sensor)
