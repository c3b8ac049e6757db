"""Hand-made rows of every table, complete and valid; tests name what differs."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import daft
import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.schemas import CLEAN, DECISIONS, RAW, RELEASE, Column, Contract


def hexdigest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def turns(*contents: str, first: str = "user") -> list[dict[str, str]]:
    roles = ("user", "assistant") if first == "user" else ("assistant", "user")
    return [{"role": roles[i % 2], "content": content} for i, content in enumerate(contents)]


def nothing(contract: Contract) -> dict[str, Any]:
    """The empty value of every column, so that a test names only those that it is about."""

    def empty(column: Column) -> object:
        if column.nullable:
            return None
        if pa.types.is_list(column.type):
            return []
        return "" if pa.types.is_string(column.type) else column.type.to_pandas_dtype()(0)

    return {column.name: empty(column) for column in contract.columns}


def raw(position: int = 0, **differing: Any) -> dict[str, Any]:
    file = differing.get("origin_file", "alpha/a.jsonl")
    return {
        "conversation_id": hexdigest(f"{file}#{position}"),
        "source": "alpha",
        "stage": "foundation",
        "messages": turns("I cannot sleep.", "What keeps you awake?"),
        "is_edge_case": False,
        "license": "CC0-1.0",
        "attributes": "{}",
        "origin_file": file,
        "origin_sha256": hexdigest(file),
        "origin_position": position,
    } | differing


def quarantine(position: int = 0, **differing: Any) -> dict[str, Any]:
    return {
        "source": "alpha",
        "origin_file": "alpha/a.jsonl",
        "origin_sha256": hexdigest("alpha/a.jsonl"),
        "origin_position": position,
        "reason": "bad_syntax",
        "detail": "not JSON at byte 12",
        "payload": "e30=",
    } | differing


def clean(position: int = 0, **differing: Any) -> dict[str, Any]:
    row = raw(position, **{k: v for k, v in differing.items() if k in RAW.names})
    text = "\n".join(message["content"] for message in row["messages"])
    roles = [message["role"] for message in row["messages"]]
    return (
        nothing(CLEAN)
        | row
        | {
            "text_sha256": hexdigest(text),
            "language": "en",
            "quality": 1.0,
            "n_turns": len(roles),
            "n_chars": len(text),
            "n_user_turns": roles.count("user"),
            "n_assistant_turns": roles.count("assistant"),
        }
        | differing
    )


def decision(position: int = 0, drop_reason: str | None = None, **differing: Any) -> dict[str, Any]:
    row = raw(position, **differing)
    places = {name: row[name] for name in ("conversation_id", "source", "origin_file", "origin_position")}
    return nothing(DECISIONS) | places | {"drop_reason": drop_reason}


def withdrawn(position: int = 0, **differing: Any) -> dict[str, Any]:
    file = differing.get("origin_file", "alpha/a.jsonl")
    return {
        "conversation_id": hexdigest(f"{file}#{position}"),
        "source": "alpha",
        "origin_file": file,
        "origin_position": position,
        "withdrawal": "0123456789abcdef",
        "withdrawn_by": "conversation",
    } | differing


def cluster(position: int = 0, **differing: Any) -> dict[str, Any]:
    file = differing.get("origin_file", "alpha/a.jsonl")
    return {
        "conversation_id": hexdigest(f"{file}#{position}"),
        "source": "alpha",
        "origin_file": file,
        "origin_position": position,
        "cluster_id": hexdigest("cluster"),
        "match": "exact",
        "duplicate_of": hexdigest("kept"),
        "similarity": 1.0,
        "matched_id": hexdigest("kept"),
        "matched_similarity": 1.0,
    } | differing


def released(position: int = 0, **differing: Any) -> dict[str, Any]:
    row = clean(position, **{k: v for k, v in differing.items() if k in CLEAN.names})
    row |= {
        "split": "train",
        "cluster_id": row["conversation_id"],
        "split_group": "",
        "unresolved": [],
    } | differing
    return {name: row[name] for name in RELEASE.names}


def arrow(contract: Contract, rows: list[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=contract.arrow)


def frame(contract: Contract, rows: list[Mapping[str, Any]], folder: Path) -> daft.DataFrame:
    """The rows as a lazy frame over a Parquet file that lets every column be null."""
    path = folder / f"{contract.name}.parquet"
    nullable = pa.schema([column.with_nullable(True) for column in contract.arrow])
    pq.write_table(pa.Table.from_pylist(rows, schema=nullable), path)
    return daft.read_parquet(str(path))
