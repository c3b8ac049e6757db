"""Hand-made inputs of a release: cleaned records, clusters and quarantine, as Arrow tables."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import daft
import pyarrow as pa

from dataset_platform import release
from dataset_platform.schemas import (
    CLEAN,
    CLUSTERS,
    DECISIONS,
    QUARANTINE,
    WITHDRAWN,
    DropReason,
    Match,
    QuarantineReason,
    Split,
    Stage,
    WithdrawnBy,
)
from dataset_platform_tests import rows

STAGE_OF = {
    "plain": Stage.FOUNDATION,
    "facts": Stage.EXPERTISE,
    "hard": Stage.EDGE_CASE,
    "twins": Stage.VOICE_PERSONA,
    "voice": Stage.VOICE_PERSONA,
}


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Inputs:
    """What the steps before the export hand over."""

    clean: list[dict] = field(default_factory=list)
    decisions: list[dict] = field(default_factory=list)
    withdrawn: list[dict] = field(default_factory=list)
    clusters: list[dict] = field(default_factory=list)
    quarantine: list[dict] = field(default_factory=list)

    @property
    def tables(self) -> tuple[pa.Table, ...]:
        return (
            pa.Table.from_pylist(self.clean, schema=CLEAN.arrow),
            pa.Table.from_pylist(self.decisions, schema=DECISIONS.arrow),
            pa.Table.from_pylist(self.withdrawn, schema=WITHDRAWN.arrow),
            pa.Table.from_pylist(self.clusters, schema=CLUSTERS.arrow),
            pa.Table.from_pylist(self.quarantine, schema=QUARANTINE.arrow),
        )

    def build(self, out, spec=None, provenance=None):
        frames = (daft.from_arrow(table) for table in self.tables)
        return release.build(*frames, spec or make_spec(), provenance or make_provenance(), out)


def conversation(source: str, position: int) -> dict:
    """A cleaned record; its text has what JSON and Parquet writers trip over."""
    text = f'{source} {position}: "a/b" \\ tab\t\u2028 naïve 😀'
    return rows.nothing(CLEAN) | {
        "conversation_id": sha(f"{source}/{position}"),
        "source": source,
        "stage": STAGE_OF[source].value,
        "messages": [
            {"role": "user", "content": text},
            {"role": "assistant", "content": f"I hear {position}."},
        ],
        "is_edge_case": source == "hard",
        "license": "CC0-1.0" if source == "plain" else "CC-BY-4.0",
        "attributes": "{}",
        "origin_file": f"{source}/records.jsonl",
        "origin_sha256": sha(source),
        "origin_position": position,
        "text_sha256": sha(text),
        "language": "en",
        "n_turns": 2,
        "n_chars": len(text),
        "redactions": [{"kind": "EMAIL", "count": 2}] if position % 3 == 0 else [],
        "flags": ["crisis"] if source == "hard" else [],
    }


def decision(row: dict, drop_reason: DropReason | None = None) -> dict:
    known = {name: row[name] for name in DECISIONS.names if name in row}
    return rows.nothing(DECISIONS) | known | {"drop_reason": drop_reason}


def cluster_row(row: dict, kept: dict, match: Match) -> dict:
    return {
        **{name: row[name] for name in ("conversation_id", "source", "origin_file", "origin_position")},
        "cluster_id": min(row["conversation_id"], kept["conversation_id"]),
        "match": match.value,
        "duplicate_of": None if match is Match.KEPT else kept["conversation_id"],
        "similarity": 1.0,
        "matched_id": None,
        "matched_similarity": 1.0,
    }


def withdrawn_row(row: dict) -> dict:
    place = {name: row[name] for name in WITHDRAWN.names if name in row}
    return place | {"withdrawal": "0123456789abcdef", "withdrawn_by": WithdrawnBy.CONVERSATION.value}


def make_inputs(
    sizes: dict[str, int],
    quarantined: Iterable[str] = (),
    dropped: int = 0,
    twins: int = 0,
    withdrawn: int = 0,
) -> Inputs:
    """Sources of the given sizes; each may also have a quarantined record, dropped ones, exact twins and
    withdrawn ones, every second of which is dropped, too.
    """
    inputs = Inputs()
    for source, size in sizes.items():
        fit = [conversation(source, position) for position in range(size)]
        lost = [conversation(source, size + n) for n in range(dropped)]
        inputs.clean += fit + lost
        inputs.decisions += [decision(row) for row in fit]
        inputs.decisions += [decision(row, DropReason.NO_TEXT) for row in lost]
        for n, kept in enumerate(fit[:twins]):
            twin = conversation(source, size + dropped + n)
            inputs.clean.append(twin)
            inputs.decisions.append(decision(twin))
            inputs.clusters += [
                {
                    **cluster_row(kept, kept, Match.KEPT),
                    "cluster_id": min(kept["conversation_id"], twin["conversation_id"]),
                },
                cluster_row(twin, kept, Match.EXACT),
            ]
        end = size + dropped + min(twins, size)
        taken_back = [conversation(source, end + n) for n in range(withdrawn)]
        inputs.clean += taken_back
        inputs.decisions += [
            decision(row, DropReason.NO_TEXT if n % 2 else None) for n, row in enumerate(taken_back)
        ]
        inputs.withdrawn += [withdrawn_row(row) for row in taken_back]
        if source in quarantined:
            inputs.quarantine.append(
                {
                    "source": source,
                    "origin_file": f"{source}/records.jsonl",
                    "origin_sha256": sha(source),
                    "origin_position": end + withdrawn,
                    "reason": QuarantineReason.TRUNCATED.value,
                    "detail": "breaks off at byte 12",
                    "payload": "",
                }
            )
    return inputs


FILES = release.ReleaseFiles("1.0.0")
JSONL_SHARDS = tuple(f"{FILES.jsonl}/{split}-00001-of-00001.jsonl" for split in Split)
PARQUET_SHARDS = tuple(f"{FILES.parquet}/{split}-00001-of-00001.parquet" for split in Split)
LISTED = (*JSONL_SHARDS, *PARQUET_SHARDS, *FILES.about_rows)
"""What the manifest of a small release with rows in every split lists."""


SIZES = {"plain": 40, "facts": 20, "hard": 20, "twins": 12, "voice": 6}


def full_inputs() -> Inputs:
    """Every fate that a record can have, in five sources."""
    return make_inputs(SIZES, quarantined=SIZES, dropped=2, twins=3, withdrawn=2)


def make_spec(
    target_samples: int = 60, seed: int = 42, version: str = "1.0.0", **settings
) -> release.ReleaseSpec:
    return release.ReleaseSpec(version=version, target_samples=target_samples, seed=seed, **settings)


def make_provenance(**changes) -> release.Provenance:
    made_from = {
        "code_versions": {"curate": "1", "ingest": "1"},
        "input_files": tuple((f"{source}/records.jsonl", sha(source)) for source in SIZES),
        "models": {"names": sha("names")},
        "withdrawals": (),
    }
    ingredients = release.Ingredients(**{name: changes.pop(name, made_from[name]) for name in made_from})
    values = {
        "ingredients": ingredients,
        "git": release.GitState(commit="0" * 40, dirty=False),
        "python": "3.11.9",
        "platform": "linux x86_64 glibc2.36",
        "packages": {"daft": "0.7.26", "polars": "2.1.0"},
        "engine": "native",
        "created_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "run_id": "run-1",
    }
    return release.Provenance(**values | changes)
