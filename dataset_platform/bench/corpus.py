"""Seeded corpora: conversation-like records with damage that is planted and counted."""

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import orjson

from dataset_platform.bench import vocabulary

VERSION = 1
"""Raised whenever the same specification would give other bytes."""
BAD_EVERY = 1_000
LATE_EVERY, CHANGED_EVERY = 10, 100
LATE_KEY, CHANGED_KEY, CHANGED_VALUE = "supervision", "rating", "not given"


class Damage(StrEnum):
    """What is wrong with a corpus."""

    CLEAN = "clean"
    BAD_LINES = "bad_lines"
    """One record in 1,000 is cut in its middle."""
    BAD_UTF8 = "bad_utf8"
    """One record in 1,000 holds a byte that is not UTF-8."""
    TRUNCATED = "truncated"
    """The file ends inside its last record."""
    SHIFTING = "shifting"
    """From the middle on, one record in 10 has a new key, and one in 100 a text where a number was."""


class Layout(StrEnum):
    JSONL = "jsonl"
    DOCUMENT = "json"
    """One JSON array."""


@dataclass(frozen=True)
class Specification:
    rows: int
    damage: Damage = Damage.CLEAN
    layout: Layout = Layout.JSONL
    seed: int = 1


@dataclass(frozen=True)
class Corpus:
    """A written corpus; `broken` of its rows cannot be read, the other counts are of planted values."""

    path: Path
    sha256: str
    bytes: int
    rows: int
    broken: int
    late_keys: int
    changed_types: int

    def __str__(self) -> str:
        return f"{self.rows:,} conversations, {self.bytes / 1e6:,.0f} MB, SHA-256 {self.sha256[:12]}"


def corpus(specification: Specification, folder: Path) -> Corpus:
    """The corpus of the specification in the folder: written once, in memory that does not grow with it."""
    spec = specification
    name = f"v{VERSION}-{spec.damage}-{spec.rows}-{spec.seed}.{spec.layout}"
    path, notes = folder / name, folder / f"{name}.notes"
    if not notes.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        noted = _write(spec, unfinished)
        unfinished.replace(path)
        notes.write_text(json.dumps(noted))
    return Corpus(path=path, **json.loads(notes.read_text()))


def _write(spec: Specification, path: Path) -> dict[str, str | int]:
    digest, size = hashlib.sha256(), 0
    planted = {"broken": 0, "late_keys": 0, "changed_types": 0}
    with path.open("wb") as stream:
        for piece in _pieces(spec, planted):
            stream.write(piece)
            digest.update(piece)
            size += len(piece)
    return {"sha256": digest.hexdigest(), "bytes": size, "rows": spec.rows, **planted}


def _pieces(spec: Specification, planted: dict[str, int]) -> Iterator[bytes]:
    """The bytes of the file, a record at a time; counts what it plants."""
    first, between, last = (b"", b"\n", b"\n") if spec.layout is Layout.JSONL else (b"[", b",\n", b"]\n")
    yield first
    for number, record in enumerate(_records(spec)):
        if spec.damage is Damage.SHIFTING and number >= spec.rows // 2:
            _shift(record, number, planted)
        raw = orjson.dumps(record)
        damaged = _damaged(raw, number, spec)
        planted["broken"] += damaged != raw
        ends = number == spec.rows - 1
        yield damaged + (between if not ends else b"" if spec.damage is Damage.TRUNCATED else last)


def _damaged(raw: bytes, number: int, spec: Specification) -> bytes:
    middle = len(raw) // 2
    if spec.damage is Damage.TRUNCATED:
        return raw[:middle] if number == spec.rows - 1 else raw
    if number % BAD_EVERY != BAD_EVERY // 2:
        return raw
    match spec.damage:
        case Damage.BAD_LINES:
            return raw[:middle]
        case Damage.BAD_UTF8:
            return raw[:middle] + b"\xff" + raw[middle:]
    return raw


def _shift(record: dict[str, object], number: int, planted: dict[str, int]) -> None:
    if number % LATE_EVERY == 0:
        record[LATE_KEY] = "weekly"
        planted["late_keys"] += 1
    if number % CHANGED_EVERY == 1:
        record[CHANGED_KEY] = CHANGED_VALUE
        planted["changed_types"] += 1


def _records(spec: Specification) -> Iterator[dict[str, object]]:
    """Conversations of two turns or more; lengths of turns and of conversations are log-normal."""
    rng = random.Random(spec.seed)
    said = vocabulary.sentences(rng)
    for number in range(spec.rows):
        n_turns = min(2 + int(rng.lognormvariate(1.5, 0.7)), 60)
        yield {
            "dialogue_id": f"c{number:08d}",
            "topic": rng.choice(("sleep", "work", "family", "grief", "health")),
            "rating": round(rng.uniform(1, 5), 2),
            "session": {"number": rng.randint(1, 20), "remote": rng.random() < 0.4},
            "conversation": [_turn(said, index, rng) for index in range(n_turns)],
        }


def _turn(said: dict[str, list[str]], index: int, rng: random.Random) -> dict[str, str]:
    speaker = "Therapist" if index % 2 else "Client"
    n_sentences = min(1 + int(rng.lognormvariate(0.4, 0.7)), 15)
    return {"speaker": speaker, "content": " ".join(rng.choices(said[speaker], k=n_sentences))}
