"""A seeded corpus for curation, with duplicates that are planted and their truth kept beside it."""

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.bench.similarity import altered
from dataset_platform.bench.zipf import Turns, conversation, short_conversation

VERSION = 1
"""Raised whenever the same specification would give other bytes."""
THRESHOLD = 0.7
NEAR, NEAR_MISS = (0.72, 0.95), (0.45, 0.65)
"""True Jaccard similarity of word 5-grams to the original."""
SHARES = {"exact": 0.05, "near": 0.05, "near_miss": 0.01, "short": 0.02}
LEAST_CHARS, MOST_CHARS = 200, 40_000
"""What the length filter keeps: characters of all turns together."""


class Kind(StrEnum):
    """What a row of the corpus is."""

    ORIGINAL = "original"
    EXACT = "exact"
    """An original once more, sometimes with other blanks."""
    NEAR = "near"
    """A duplicate by its true similarity."""
    NEAR_MISS = "near_miss"
    """Similar to an original, and below the threshold."""
    SHORT = "short"
    """What the length filter drops."""


@dataclass(frozen=True)
class Planted:
    """A written corpus.

    `truth` has `id`, `kind`, `family` (the original's number) and `similarity` (to it) of each row.
    """

    path: Path
    truth: Path
    sha256: str
    bytes: int
    kinds: dict[str, int]

    @property
    def rows(self) -> int:
        return sum(self.kinds.values())

    def __str__(self) -> str:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.kinds.items())
        size = f"{self.rows:,} conversations, {self.bytes / 1e6:,.0f} MB"
        return f"{size} ({kinds}), SHA-256 {self.sha256[:12]}"


@dataclass(frozen=True)
class _Row:
    """A row to write: of what kind, and the number of the conversation that it is made from."""

    kind: Kind
    original: int


def planted(rows: int, folder: Path, seed: int = 1) -> Planted:
    """The corpus of so many rows in the folder: written once, one conversation in memory at a time."""
    path = folder / f"planted-v{VERSION}-{rows}-{seed}.jsonl"
    truth, notes = path.with_suffix(".parquet"), path.with_suffix(".notes")
    if not notes.exists():
        folder.mkdir(parents=True, exist_ok=True)
        noted = _write(_plan(rows, seed), seed, path, truth)
        notes.write_text(json.dumps(noted))
    return Planted(path=path, truth=truth, **json.loads(notes.read_text()))


def _plan(rows: int, seed: int) -> list[_Row]:
    """Every row in the order of the file. Near duplicates and near misses come in pairs with their original;
    an original with exact copies has one to three."""
    rng = random.Random(f"plan {seed}")
    counts = {kind: int(rows * share) for kind, share in SHARES.items()}
    n_originals = rows - sum(counts.values())
    paired = counts["near"] + counts["near_miss"]
    copied = range(paired, min(paired + max(counts["exact"] // 2, 1), n_originals))
    planned = [_Row(Kind.ORIGINAL, number) for number in range(n_originals)]
    planned += [_Row(Kind.NEAR, number) for number in range(counts["near"])]
    planned += [_Row(Kind.NEAR_MISS, number) for number in range(counts["near"], paired)]
    planned += [_Row(Kind.EXACT, rng.choice(copied)) for _ in range(counts["exact"])]
    planned += [_Row(Kind.SHORT, n_originals + number) for number in range(counts["short"])]
    rng.shuffle(planned)
    return planned


def _write(planned: Sequence[_Row], seed: int, path: Path, truth: Path) -> dict[str, object]:
    digest, size = hashlib.sha256(), 0
    known: dict[str, list[object]] = {"id": [], "kind": [], "family": [], "similarity": []}
    with path.open("wb") as stream:
        for record, row, similarity in _records(planned, seed):
            line = orjson.dumps(record) + b"\n"
            stream.write(line)
            digest.update(line)
            size += len(line)
            values = (record["id"], row.kind.value, row.original, similarity)
            for column, value in zip(known.values(), values, strict=True):
                column.append(value)
    pq.write_table(pa.table(known), truth)
    kinds = {kind.value: known["kind"].count(kind.value) for kind in Kind}
    return {"sha256": digest.hexdigest(), "bytes": size, "kinds": kinds}


def _records(planned: Sequence[_Row], seed: int) -> Iterator[tuple[dict[str, object], _Row, float]]:
    """Each record, with its similarity to the original."""
    for number, row in enumerate(planned):
        turns, similarity = _said(row, seed, random.Random(f"row {seed} {number}"))
        yield record(number, turns), row, similarity


def record(number: int, turns: Turns) -> dict[str, object]:
    """A record as the corpora have it."""
    return {
        "id": f"c{number:09}",
        "topic": ("sleep", "work", "family", "grief", "health")[number % 5],
        "rating": number % 9 / 2,
        "messages": [
            {"role": "assistant" if index % 2 else "user", "content": content}
            for index, content in enumerate(turns)
        ],
    }


def _said(row: _Row, seed: int, rng: random.Random) -> tuple[Turns, float]:
    of_original = random.Random(f"conversation {seed} {row.original}")
    if row.kind is Kind.SHORT:
        return short_conversation(of_original), 1.0
    turns = long_enough(of_original)
    match row.kind:
        case Kind.EXACT:
            return [turn.replace(" ", rng.choice((" ", "  "))) for turn in turns], 1.0
        case Kind.NEAR:
            return altered(turns, *NEAR, rng)
        case Kind.NEAR_MISS:
            return altered(turns, *NEAR_MISS, rng)
    return turns, 1.0


def long_enough(rng: random.Random) -> Turns:
    """A conversation that the length filter keeps and that can be altered to any similarity."""
    turns = conversation(rng)
    while sum(map(len, turns)) < 2 * LEAST_CHARS:
        turns = conversation(rng)
    return turns
