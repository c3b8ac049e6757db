"""What finding duplicates is handed, at any size: signatures of texts that were never written.

A sketch of a text that no other is like is sixteen random numbers, so most rows need no text. Only near
twins have one, for their similarity is measured on it.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.curate.configuration import Signing
from dataset_platform.curate.signatures import packed, signatures_of
from dataset_platform.curate.signed_rows import hex_digests
from dataset_platform.schemas import CLEAN, DECISIONS, SIGNATURES, Role, Stage

VERSION = 1
"""Raised whenever the same number of rows would give other tables."""
BATCH_ROWS = 100_000
EVERY = 100
"""One row in so many is an exact copy of the row before it, and one in so many a near duplicate."""
TURN_WORDS, VOCABULARY = 50, 50_000
_PLACE = ("origin_file", "origin_position")


@dataclass(frozen=True)
class SignatureTables:
    """Folders of Parquet files by name of the contract, of whose columns they have those that are read."""

    folder: Path
    rows: int

    @property
    def members(self) -> int:
        """Rows of all clusters that are to be found: pairs of exact and of near duplicates."""
        return 4 * (self.rows // EVERY)

    @property
    def bytes(self) -> int:
        return sum(path.stat().st_size for path in self.folder.rglob("*.parquet"))

    def __str__(self) -> str:
        return f"signatures of {self.rows:,} conversations, {self.bytes / 1e6:,.0f} MB"


def signature_tables(rows: int, folder: Path, seed: int = 1) -> SignatureTables:
    """The tables of so many rows, a multiple of EVERY: written once, a batch in memory at a time."""
    tables = SignatureTables(folder / f"signatures-v{VERSION}-{rows}-{seed}", rows)
    if not tables.folder.exists():
        unfinished = tables.folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for contract in (SIGNATURES, CLEAN, DECISIONS):
            (unfinished / contract.name).mkdir(parents=True)
        for number, batch in enumerate(_batches(rows, np.random.default_rng(seed))):
            for name, table in batch.items():
                pq.write_table(table, unfinished / name / f"{number:05}.parquet")
        unfinished.rename(tables.folder)
    return tables


def _batches(rows: int, rng: np.random.Generator) -> Iterator[dict[str, pa.Table]]:
    for start in range(0, rows, BATCH_ROWS):
        count = min(BATCH_ROWS, rows - start)
        file = pa.repeat(f"scale/{start // BATCH_ROWS:05}.jsonl", count)
        places = pa.table([file, pa.array(np.arange(count))], names=_PLACE)
        twins = np.flatnonzero(np.arange(count) % EVERY < 2)
        messages = _twin_messages(len(twins), rng)
        identity = {
            "conversation_id": hex_digests(rng.integers(0, 2**64, (count, 4), np.uint64)),
            "source": pa.repeat("scale", count),
            "stage": pa.repeat(Stage.FOUNDATION.value, count),
            "quality": pa.array(rng.integers(90, 100, count) / 100),
        }
        signed = {**identity, **_signatures(count, twins, messages, rng)}
        table = places
        for name, column in signed.items():
            table = table.append_column(name, column)
        yield {
            SIGNATURES.name: table.select(SIGNATURES.names).cast(SIGNATURES.arrow),
            CLEAN.name: places.take(pa.array(twins)).append_column("messages", messages),
            DECISIONS.name: places.append_column("drop_reason", pa.nulls(count, pa.string())),
        }


def _signatures(
    count: int, twins: np.ndarray, messages: pa.Array, rng: np.random.Generator
) -> dict[str, pa.Array]:
    width = Signing().sketch_hashes
    sketches = np.sort(rng.integers(0, 2**53, (count, width), np.uint64), axis=1)
    texts = rng.integers(0, 2**64, (count, 4), np.uint64)
    sizes = np.full(count, 2 * TURN_WORDS - 4)
    copies = np.arange(3, count, EVERY)
    sketches[copies], texts[copies] = sketches[copies - 1], texts[copies - 1]
    of_twins = signatures_of(messages, Signing())
    sizes[twins] = of_twins.field("n_shingles").to_numpy()
    sketches[twins] = np.frombuffer(b"".join(of_twins.field("sketch").to_pylist()), "<u8").reshape(-1, width)
    return {
        "text_sha256": hex_digests(texts),
        "n_shingles": pa.array(sizes, pa.int32()),
        "sketch": packed(sketches.ravel(), np.full(count, width)),
        "answers": packed(np.empty(0, np.uint64), np.zeros(count, np.int64)),
        "answer_ngrams": packed(np.empty(0, np.uint64), np.zeros(count, np.int64)),
    }


def _twin_messages(count: int, rng: np.random.Generator) -> pa.Array:
    """Conversations of two turns, every second as the one before it but for its first word."""
    words = rng.integers(0, VOCABULARY, (count, 2 * TURN_WORDS))
    words[1::2, 1:] = words[::2, 1:]
    words[1::2, 0] = words[::2, 0] + 1
    said = [" ".join(map(str, turn)) for turn in words.reshape(-1, TURN_WORDS).tolist()]
    roles = [Role.USER.value, Role.ASSISTANT.value] * count
    turns = pa.StructArray.from_arrays([pa.array(roles), pa.array(said)], names=["role", "content"])
    return pa.ListArray.from_arrays(pa.array(np.arange(count + 1) * 2, pa.int32()), turns)
