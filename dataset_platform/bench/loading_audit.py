"""What is held against the project after `bench load`: states, partitions, digests and releases."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.tags import ROOT_RUN_ID_TAG

from dataset_platform import release
from dataset_platform.assets.partitions import SOURCES, VERSIONS
from dataset_platform.bench.dagster_project import OUTPUT, DagsterProject
from dataset_platform.bench.soaking import materialised
from dataset_platform.bench.soaking_plan import PLANTED
from dataset_platform.jobs import clean_source

CLOCK_S = 1.0
PHRASE = PLANTED.encode()
ASSETS_OF = {
    str(clean_source.name): (
        "raw_conversations", "quarantine", "source_files", "clean_conversations", "filter_decisions",
        "heldout_overlap", "text_signatures",
    ),
    "cut_release": ("dataset_export", "qa_report"),
}  # fmt: skip


@dataclass(frozen=True)
class Audit:
    """Lines of what was found, and those of them that should not be."""

    lines: Sequence[str]
    wrong: Sequence[str]


def audit(
    instance: dg.DagsterInstance,
    project: DagsterProject,
    expected: Mapping[str, str],
    versions: Sequence[str],
    database: bytes,
) -> Audit:
    """Whether states are true, no partition is lost or doubled, all that was published verifies, and no word
    of a conversation is in the database, in Dagster's folder or in what its processes printed.
    """
    records = instance.get_run_records(ascending=True)
    statuses = Counter(record.dagster_run.status.value.lower() for record in records)
    wrong = [*untrue_states(instance, records), *unrepaired([record.dagster_run for record in records])]
    wrong += _differ("sources", expected, instance.get_dynamic_partitions(str(SOURCES.name)))
    wrong += _differ("versions", versions, instance.get_dynamic_partitions(str(VERSIONS.name)))
    for source, digests in materialised(instance).items():
        if set(digests) != {expected[source]}:
            wrong.append(f"{source}: {len(set(digests))} different tables of records, expected one")
    wrong += [line for version in versions for line in _unverified(project, version)]
    searched = {"the database": database} | {
        str(path.relative_to(project.path)): path.read_bytes()
        for folder in (".dagster", OUTPUT)
        for path in (project.path / folder).rglob("*")
        if path.is_file()
    }
    wrong += [f"a turn of a conversation is in {name}" for name, held in searched.items() if PHRASE in held]
    published = sorted(path.name.removeprefix("v") for path in (project.path / "data/exports").glob("v*"))
    wrong += _differ("releases", versions, published)
    retried = sum("dagster/retry_number" in record.dagster_run.tags for record in records)
    states = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    lines = [
        f"{len(records):,} runs, {retried} of them started anew after a kill: {states}",
        f"{len(expected)} sources and {len(versions)} releases, all their files compared with their digests",
        f"turns of conversations looked for in {sum(map(len, searched.values())) / 1e6:.1f} MB of database, "
        "events and logs",
        f"{len(wrong)} things wrong",
    ]
    return Audit([*lines, *wrong], wrong)


def untrue_states(instance: dg.DagsterInstance, records: Sequence[dg.RunRecord]) -> list[str]:
    """Runs that say they go on, succeeded without all of their assets, or worked on after they failed.

    A run that was started anew goes on from the failure, so what its forerunners made counts.
    """
    wrong = []
    made_by: dict[str, set[str]] = defaultdict(set)
    for record in records:
        run = record.dagster_run
        made = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
        assets = made_by[_root(run)]
        assets |= {key.to_user_string() for entry in made if (key := entry.get_dagster_event().asset_key)}
        what = f"run {run.run_id[:8]} of {_name(run)}"
        if not run.is_finished:
            wrong.append(f"{what} still says {run.status.value.lower()}")
        elif run.is_success and not assets.issuperset(ASSETS_OF[run.job_name]):
            wrong.append(f"{what} succeeded without {sorted({*ASSETS_OF[run.job_name]} - assets)}")
        elif record.end_time and any(entry.timestamp > record.end_time + CLOCK_S for entry in made):
            wrong.append(f"{what} went on after it had ended")
    return wrong


def unrepaired(runs: Sequence[dg.DagsterRun]) -> list[str]:
    """First runs of which neither they nor any that was started anew for them succeeded."""
    tries: dict[str, list[dg.DagsterRun]] = defaultdict(list)
    for run in runs:
        tries[_root(run)].append(run)
    return [
        f"{_name(chain[0])}: none of {len(chain)} runs succeeded"
        for chain in tries.values()
        if not any(run.is_success for run in chain)
    ]


def _root(run: dg.DagsterRun) -> str:
    """The first of the runs that this one was started anew for, or itself."""
    return run.tags.get(ROOT_RUN_ID_TAG) or run.root_run_id or run.run_id


def _name(run: dg.DagsterRun) -> str:
    return f"{run.job_name} {run.tags.get('dagster/partition')}"


def _differ(what: str, wanted: Sequence[str] | Mapping[str, str], found: Sequence[str]) -> list[str]:
    lost, more = Counter(list(wanted)) - Counter(found), Counter(found) - Counter(list(wanted))
    return [f"{what}: {name} is lost" for name in lost] + [f"{what}: {name} is one too many" for name in more]


def _unverified(project: DagsterProject, version: str) -> list[str]:
    folder = project.path / f"data/exports/v{version}"
    if not folder.is_dir():
        return []
    return [f"release {version}: {finding}" for finding in release.verify(folder).findings]
