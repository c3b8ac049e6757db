"""What the steps before an export hand over, at any size: seeded tables in the platform's own columns."""

import hashlib
import json
import random
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataset_platform.bench import vocabulary
from dataset_platform.schemas import (
    CLEAN,
    CLUSTERS,
    DECISIONS,
    MESSAGE,
    QUARANTINE,
    RELEASE,
    WITHDRAWN,
    Column,
    Contract,
    Match,
    QuarantineReason,
    Split,
    Stage,
)

VERSION = 3
"""Raised whenever the same number of rows would give other tables."""
BATCH_ROWS = 20_000
TWIN_EVERY = 50
"""One row in so many is an exact duplicate of the row before it."""
QUARANTINED_PER_BATCH = 20
SENTENCES_A_TURN, TURNS = (1, 4), (2, 14)
SPLIT_OF = np.array([*[Split.TRAIN] * 8, Split.VALIDATION, Split.TEST])
"""By the last digit of a row's number: for peers, which get a split and do not decide it."""


@dataclass(frozen=True)
class Tables:
    """Folders of Parquet files, one file a batch; `release` is what peers are given to write."""

    folder: Path
    rows: int
    kept: int
    chars: int
    sha256: str

    def files(self, contract: Contract) -> list[str]:
        return sorted(map(str, (self.folder / contract.name).iterdir()))

    def __str__(self) -> str:
        return (
            f"{self.rows:,} conversations of {self.chars / 1e6:,.0f} MB of text, "
            f"{self.rows - self.kept:,} of them duplicates; SHA-256 of the ids {self.sha256[:12]}"
        )


def release_tables(rows: int, home: Path) -> Tables:
    """The tables of so many rows in the folder: written once, a batch in memory at a time."""
    folder = home / f"release-v{VERSION}-{rows}"
    notes = folder.with_suffix(".notes")
    if not notes.exists():
        shutil.rmtree(folder, ignore_errors=True)
        notes.write_text(json.dumps(_write(rows, folder)))
    return Tables(folder, **json.loads(notes.read_text()))


@dataclass
class _Counted:
    rows: int = 0
    kept: int = 0
    chars: int = 0


def _write(rows: int, folder: Path) -> dict[str, int | str]:
    counted, ids = _Counted(), hashlib.sha256()
    said = {
        speaker: pa.array(sentences) for speaker, sentences in vocabulary.sentences(random.Random(1)).items()
    }
    for number, start in enumerate(range(0, rows, BATCH_ROWS)):
        batch = _batch(start, min(rows, start + BATCH_ROWS), said)
        for contract, table in batch.items():
            path = folder / contract.name / f"{number:05}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table.select(contract.names).cast(contract.arrow), path, compression="zstd")
        counted.rows += batch[CLEAN].num_rows
        counted.kept += batch[RELEASE].num_rows
        counted.chars += pc.sum(batch[CLEAN]["n_chars"]).as_py()
        ids.update("".join(batch[CLEAN]["conversation_id"].to_pylist()).encode())
    return {**asdict(counted), "sha256": ids.hexdigest()}


def _batch(start: int, end: int, said: dict[str, pa.Array]) -> dict[Contract, pa.Table]:
    """The rows from `start` to `end` in every table; each batch is a source file of its own."""
    numbers = np.arange(start, end)
    messages, n_turns, n_chars = _conversations(len(numbers), said, np.random.default_rng(start))
    stage = [*Stage][start // BATCH_ROWS % len(Stage)].value
    ids = pa.array([hashlib.sha256(b"%d" % number).hexdigest() for number in numbers])
    twin = numbers % TWIN_EVERY == TWIN_EVERY - 1
    one = pa.array(np.zeros(len(numbers), dtype=np.int64))

    def always(value: object) -> pa.Array:
        return pa.array([value]).take(one)

    file = f"{stage}/{start // BATCH_ROWS:05}.jsonl"
    before = pc.if_else(pa.array(twin), ids.take(pa.array(np.maximum(0, np.arange(len(numbers)) - 1))), ids)
    columns = {
        "conversation_id": ids,
        "source": always(stage),
        "stage": always(stage),
        "messages": messages,
        "is_edge_case": always(stage == Stage.EDGE_CASE.value),
        "license": always("CC0-1.0"),
        "attributes": pa.array([f'{{"number":{number}}}' for number in numbers]),
        "origin_file": always(file),
        "origin_sha256": always(hashlib.sha256(file.encode()).hexdigest()),
        "origin_position": pa.array(numbers - start),
        "text_sha256": before,
        "language": always("en"),
        "n_turns": n_turns,
        "n_chars": n_chars,
        "split": pa.array(SPLIT_OF[numbers % len(SPLIT_OF)].tolist()),
        "cluster_id": pc.min_element_wise(ids, before),
    }
    columns |= {
        column.name: pa.array([_nothing(column)], column.type).take(one)
        for column in (*CLEAN.columns, *DECISIONS.columns)
        if column.name not in columns
    }
    clean = pa.table(columns)
    return {
        CLEAN: clean,
        DECISIONS: clean,
        WITHDRAWN: WITHDRAWN.arrow.empty_table(),
        CLUSTERS: _clusters(clean, twin, before),
        QUARANTINE: _quarantine(clean),
        RELEASE: clean.filter(pa.array(~twin)),
    }


def _nothing(column: Column) -> object:
    """What a column says of a row in which nothing was found."""
    if column.nullable:
        return None
    return [] if pa.types.is_list(column.type) else "" if pa.types.is_string(column.type) else 0


def _conversations(
    count: int, said: dict[str, pa.Array], rng: np.random.Generator
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Messages, their number and their characters, of `count` conversations."""
    turns = rng.integers(*TURNS, count)
    ends = np.cumsum(turns)
    places = np.arange(ends[-1]) - np.repeat(ends - turns, turns)
    client = places % 2 == 0
    sentences = rng.integers(*SENTENCES_A_TURN, ends[-1])
    speaker = np.repeat(client, sentences)
    of_client, of_therapist = said["Client"], said["Therapist"]
    chosen = rng.integers(0, len(of_client), len(speaker)) + np.where(speaker, 0, len(of_client))
    spoken = pa.concat_arrays([of_client, of_therapist]).take(pa.array(chosen))
    texts = pc.binary_join(_lists(spoken, sentences), " ")
    roles = pa.array(["assistant", "user"]).take(pa.array(client.astype(np.int64)))
    flat = pa.StructArray.from_arrays([roles, texts], fields=list(MESSAGE))
    chars = np.add.reduceat(pc.utf8_length(texts).to_numpy(), ends - turns)
    return _lists(flat, turns), pa.array(turns.astype(np.int32)), pa.array(chars.astype(np.int64))


def _lists(values: pa.Array, lengths: np.ndarray) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(np.cumsum([0, *lengths]).astype(np.int32)), values)


def _clusters(clean: pa.Table, twin: np.ndarray, before: pa.Array) -> pa.Table:
    """Pairs of a kept row and its twin."""
    member = twin | np.r_[twin[1:], False]
    duplicate_of = pc.if_else(pa.array(twin), before, pa.nulls(len(twin), pa.string()))
    kept = pc.if_else(pa.array(twin), Match.EXACT.value, Match.KEPT.value)
    cluster = pc.if_else(pa.array(twin), clean["cluster_id"], _of_next(clean["cluster_id"]))
    return (
        clean.drop_columns(["cluster_id"])
        .append_column("cluster_id", cluster)
        .append_column("match", kept)
        .append_column("duplicate_of", duplicate_of)
        .append_column("similarity", pa.array(np.ones(len(twin))))
        .append_column("matched_id", duplicate_of)
        .append_column("matched_similarity", pa.array(np.ones(len(twin))))
        .filter(pa.array(member))
    )


def _of_next(column: pa.ChunkedArray) -> pa.Array:
    return column.take(pa.array(np.minimum(np.arange(len(column)) + 1, len(column) - 1)))


def _quarantine(clean: pa.Table) -> pa.Table:
    """Records behind the last clean one of the batch's file."""
    few = clean.slice(0, QUARANTINED_PER_BATCH)
    rows = [
        {
            **{name: few[name][0].as_py() for name in ("source", "origin_file", "origin_sha256")},
            "origin_position": clean.num_rows + number,
            "reason": QuarantineReason.BAD_SYNTAX.value,
            "detail": "",
            "payload": "",
        }
        for number in range(few.num_rows)
    ]
    return pa.Table.from_pylist(rows, schema=QUARANTINE.arrow)
