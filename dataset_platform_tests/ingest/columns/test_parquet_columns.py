"""Rows of Parquet read as columns give what reading them one by one gives, whatever types they have."""

import datetime
import io
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform.ingest import part_readers
from dataset_platform.ingest.describing.description import Limits, Reader, SourceDescription
from dataset_platform_tests.ingest.columns.test_mixed_reading import SHAPES, fields, lists, read_both_ways
from dataset_platform_tests.ingest.hand_made import landed_files, read_landed
from dataset_platform_tests.ingest.test_damaged_files import damaged

PAIRS = fields("q", "a", reader="parquet")
SMALL = {name: shape for name, shape in SHAPES.items() if name not in ("numbers", "numbered", "cp1252")}


def parquet(description: SourceDescription) -> SourceDescription:
    return description.model_copy(update={"reader": Reader.PARQUET})


def written(table: pa.Table, group: int = 7) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=group)
    return sink.getvalue()


@pytest.mark.parametrize("name", SMALL)
def test_most_rows_of_a_sound_file_are_read_as_columns(name):
    description, records = SMALL[name]
    read = read_both_ways(parquet(description), written(pa.Table.from_pylist(records)))
    assert read.by_column > len(records) / 2


@pytest.mark.parametrize("name", ["messages", "deep_pairs"])
@settings(max_examples=8)
@given(data=st.data())
def test_damaged_files_are_read_alike_both_ways(name, data):
    description, records = SMALL[name]
    content = data.draw(damaged(written(pa.Table.from_pylist(records))))
    read_both_ways(parquet(description), content)


DAY, MOMENT = datetime.date(2026, 2, 3), datetime.datetime(2026, 2, 3, 4, 5, 6, 789)
COLUMNS = {
    "double": pa.array([0.1, float("nan"), float("inf"), -0.0, 1e16, 5e-324, None, 1e22]),
    "float": pa.array([0.1, 1e10, None, 3.0], pa.float32()),
    "half": pa.array([np.float16(0.1), None], pa.float16()),
    "unsigned": pa.array([0, 2**64 - 1, None], pa.uint64()),
    "integer": pa.array([-(2**63), 2**63 - 1, None], pa.int64()),
    "byte": pa.array([-128, None], pa.int8()),
    "boolean": pa.array([True, None, False]),
    "null": pa.nulls(2),
    "text": pa.array(["".join(map(chr, range(40))), '\x7f/\\"é\u2028😀', "\\u00e9", None]),
    "large": pa.array(["x", None, "\x1f"], pa.large_string()),
    "binary": pa.array([b"\xc3\xa9", None], pa.binary()),
    "no text": pa.array([b"a", b"\xff", None], pa.binary()),
    "fixed": pa.array([b"ab", None], pa.binary(2)),
    "date": pa.array([DAY, None]),
    "moment": pa.array([MOMENT, None], pa.timestamp("us", "Europe/Berlin")),
    "time": pa.array([MOMENT.time(), None], pa.time64("us")),
    "length": pa.array([7, None], pa.duration("ms")),
    "decimal": pa.array([Decimal("1.50"), None]),
    "category": pa.array(["x", None, "y"]).dictionary_encode(),
    "map": pa.array([[("k", 1.5), ("j", None)], [], None], pa.map_(pa.string(), pa.float64())),
    "list": pa.array([[1, None], [], None]),
    "array": pa.array([[1.0, 2.0], [3.0, None]], pa.list_(pa.float64(), 2)),
    "object": pa.array([{"z": 1e16, "a": {"c": "\x01", "b": [{"y": None}]}}, {"z": None, "a": None}, None]),
    "cases": pa.StructArray.from_arrays([pa.array([1, 2]), pa.array([3, 4])], ["a", "A"]),
    "odd name": pa.array([{'é "$.': 1}, None]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_values_of_a_type_are_read_alike_both_ways(name):
    values = COLUMNS[name]
    texts = pa.array([f"{number}" for number in range(len(values))])
    table = pa.table({"q": texts, "a": texts, 'x "é': values})
    read = read_both_ways(PAIRS, written(table))
    assert read.by_column == (0 if name in ("no text", "cases") else len(values))


TYPES = {
    pa.string(): st.text(max_size=4),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(),
    pa.bool_(): st.booleans(),
    pa.binary(): st.binary(max_size=3),
    pa.timestamp("ms"): st.datetimes(datetime.datetime(1, 1, 2)).map(lambda at: at.replace(microsecond=0)),
}


@st.composite
def typed(draw: st.DrawFn, depth: int = 2) -> tuple[pa.DataType, st.SearchStrategy[Any]]:
    """A type and its values."""
    shape = draw(st.sampled_from(["leaf", "leaf", "list", "struct"] if depth else ["leaf"]))
    if shape == "leaf":
        kind = draw(st.sampled_from(list(TYPES)))
        return kind, st.none() | TYPES[kind]
    if shape == "list":
        kind, values = draw(typed(depth - 1))
        return pa.list_(kind), st.none() | st.lists(values, max_size=3)
    names = draw(st.lists(st.sampled_from(["q", "b", "B", "é", "role"]), min_size=1, max_size=3, unique=True))
    inner = {name: draw(typed(depth - 1)) for name in names}
    struct = pa.struct([(name, kind) for name, (kind, _) in inner.items()])
    return struct, st.none() | st.fixed_dictionaries({name: values for name, (_, values) in inner.items()})


@settings(max_examples=25)
@given(data=st.data())
def test_whatever_columns_a_file_has_is_read_alike_both_ways(data):
    rows = data.draw(st.integers(1, 6))
    columns = {}
    for name in ("x", "a", "q"):
        kind, values = data.draw(typed()) if name == "x" else (pa.string(), st.none() | st.text(max_size=3))
        columns[name] = pa.array(data.draw(st.lists(values, min_size=rows, max_size=rows)), kind)
    read_both_ways(PAIRS, written(pa.table(columns), group=4))


UNLIKE = {
    "no turns": pa.table({"x": ["a"], "q": ["b"]}),
    "turns that are no text": pa.table({"q": [1], "a": ["b"]}),
    "text that is no UTF-8": pa.table(
        {"q": pa.array([b"\xff", b"x"], pa.binary()).view(pa.string()), "a": ["b", "c"]}
    ),
    "a column twice": pa.Table.from_arrays(
        [pa.array(["x"]), pa.array(["y"]), pa.array(["z"])], ["q", "a", "a"]
    ),
}


@pytest.mark.parametrize("name", UNLIKE)
def test_what_no_column_holds_is_read_row_by_row(name):
    assert read_both_ways(PAIRS, written(UNLIKE[name])).by_column == 0


def test_who_reads_a_file_changes_no_byte(tmp_path, monkeypatch):
    description, records = SMALL["annotated"]
    rows = pa.Table.from_pylist([*records, {"dialog": [{"speaker": "x", "content": "y"}]}] * 30)
    files = landed_files("made", {"a.parquet": written(rows)}, tmp_path)
    here = read_landed(parquet(description), files, tmp_path / "here")
    for name in ("_WORTH_PROCESSES_BYTES", "_WORTH_COLUMNS_BYTES"):
        monkeypatch.setattr(part_readers, name, 0)
    monkeypatch.setattr("dataset_platform.ingest.parts._PART_BYTES", 1_000)
    assert read_landed(parquet(description), files, tmp_path / "apart") == here
    for path in (tmp_path / "here").glob("*.parquet"):
        assert (tmp_path / "apart" / path.name).read_bytes() == path.read_bytes()


def test_only_odd_rows_are_read_by_themselves():
    talk = [{"role": "user", "content": "x"}]
    odd = [None, [], [{"role": "nobody", "content": "x"}], [{"role": "user", "content": None}], [None]]
    table = pa.Table.from_pylist([{"messages": each} for each in [talk, *odd, talk, talk]])
    read = read_both_ways(lists("messages", "role", "content", reader="parquet"), written(table))
    assert (read.by_column, read.quarantined) == (3, len(odd))


def test_rows_over_the_limit_are_read_alike_both_ways():
    limits = Limits(max_record_bytes=len('{"a":"","q":"x"}'))
    limited = PAIRS.model_copy(update={"limits": limits})
    read = read_both_ways(limited, written(pa.table({"q": ["", "x", ""], "a": ["", "", "yyyy"]})))
    assert (read.by_column, read.quarantined) == (2, 1)
