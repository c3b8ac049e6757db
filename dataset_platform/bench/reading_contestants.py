"""Ways to turn a JSON file into Parquet: ours, and what people write; run by `runner.py`.

Each reads `task["input"]` into the folder `task["out"]`, with the defaults of its library. `task["tolerant"]`
asks for what the library or a plain script offers to get past bad lines.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import Any

BATCH = 10_000

Task = dict[str, str]
Clock = Callable[[str], AbstractContextManager[None]]


def ours(task: Task, clock: Clock) -> None:
    """The platform: a described source into records, quarantine and accounts."""
    from dataset_platform.ingest import LandedFile, SourceDescription, read_source

    _import_pyarrow()
    path = Path(task["input"])
    document = path.suffix == ".json"
    description = SourceDescription.model_validate(
        {
            "name": "corpus",
            "description": "A benchmark corpus.",
            "files": ["*"],
            "reader": "json" if document else "jsonl",
            **({"records": ["[]"]} if document else {}),
            "turns": [{"shape": "list", "at": "conversation", "role": "speaker", "content": "content"}],
            "roles": {"Client": "user", "Therapist": "assistant"},
            "stage": "foundation",
            "license": "CC0-1.0",
        }
    )
    with clock("read"):
        read_source(description, [LandedFile.at(f"corpus/{path.name}", path)], Path(task["out"]))


def ours_described(task: Task, clock: Clock) -> None:
    """The platform on a folder of files, by `task["description"]`."""
    from dataset_platform.bench.reading_folders import landed_files
    from dataset_platform.ingest import SourceDescription, read_source

    _import_pyarrow()
    description = SourceDescription.model_validate_json(task["description"])
    with clock("read"):
        read_source(description, landed_files(Path(task["input"])), Path(task["out"]))


def pandas_lines(task: Task, clock: Clock) -> None:
    """The script that one starts with: json per line, one DataFrame, to_parquet."""
    import json

    import pandas as pd

    with clock("read"):
        with open(task["input"], encoding="utf-8") as stream:
            rows = list(_parsed(stream, json.loads, task))
        pd.DataFrame(rows).to_parquet(_target(task))


def orjson_lines(task: Task, clock: Clock) -> None:
    """orjson per line, Arrow tables of 10,000 rows, the schema of the first."""
    import orjson

    _import_pyarrow()
    with clock("read"), open(task["input"], "rb") as stream:
        _write_batches(_parsed(stream, orjson.loads, task), task)


def polars_scan(task: Task, clock: Clock) -> None:
    import polars as pl

    with clock("read"):
        frame = pl.scan_ndjson(task["input"], ignore_errors=bool(task.get("tolerant")))
        frame.sink_parquet(_target(task))


def duckdb_copy(task: Task, clock: Clock) -> None:
    import duckdb

    tolerant = ", ignore_errors=true" if task.get("tolerant") else ""
    with clock("read"):
        duckdb.sql(
            f"COPY (SELECT * FROM read_json('{task['input']}', format='newline_delimited'{tolerant})) "
            f"TO '{_target(task)}' (FORMAT parquet)"
        )


def daft_read(task: Task, clock: Clock) -> None:
    import daft

    with clock("read"):
        daft.read_json(task["input"]).write_parquet(task["out"])


def pandas_document(task: Task, clock: Clock) -> None:
    """json.load of the whole document, one DataFrame, to_parquet."""
    import json

    import pandas as pd

    with clock("read"):
        with open(task["input"], encoding="utf-8") as stream:
            rows = json.load(stream)
        pd.DataFrame(rows).to_parquet(_target(task))


def ijson_items(task: Task, clock: Clock) -> None:
    """ijson's items as they come, Arrow tables of 10,000 rows, the schema of the first."""
    import ijson

    with clock("read"), open(task["input"], "rb") as stream:
        _write_batches(ijson.items(stream, "item", use_float=True), task)


def _parsed(lines: Any, loads: Callable[[Any], Any], task: Task) -> Iterator[Any]:
    for line in lines:
        try:
            yield loads(line)
        except ValueError:
            if not task.get("tolerant"):
                raise


def _import_pyarrow() -> None:
    """With pandas, where it is installed: pyarrow imports that at its first array."""
    import pyarrow as pa

    pa.array([0])


def _write_batches(rows: Iterator[Any], task: Task) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist(list(islice(rows, BATCH)))
    with pq.ParquetWriter(_target(task), table.schema) as writer:
        writer.write_table(table)
        while batch := list(islice(rows, BATCH)):
            writer.write_table(pa.Table.from_pylist(batch, table.schema))


def _target(task: Task) -> str:
    return f"{task['out']}/part-0.parquet"
