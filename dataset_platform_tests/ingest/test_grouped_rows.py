"""Several rows a conversation, in every format that has rows."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset_platform.ingest.describing.description import Limits
from dataset_platform_tests.ingest.hand_made import describe, read_one

FIELDS = ("talk", "n", "who", "said", "annotator", "topic")


def separated(delimiter):
    def written(rows):
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([FIELDS, *rows])
        return text.getvalue().encode()

    return written


def objects(rows):
    return [dict(zip(FIELDS, row, strict=True)) for row in rows]


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in objects(rows)).encode()


def array(rows):
    return json.dumps({"rows": objects(rows)}).encode()


def parquet(rows):
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(objects(rows)), sink, row_group_size=2)
    return sink.getvalue()


FORMATS = {
    "csv": (separated(","), {"reader": "csv"}),
    "tsv": (separated("\t"), {"reader": "csv", "csv": {"delimiter": "\t"}}),
    "jsonl": (lines, {"reader": "jsonl"}),
    "json": (array, {"reader": "json", "records": ["rows[]"]}),
    "parquet": (parquet, {"reader": "parquet"}),
}
ROWS = [{"shape": "list", "at": "rows", "role": "who", "content": "said"}]


@pytest.fixture(params=FORMATS)
def read(request):
    """Reads rows as a file of each format."""
    written, keys = FORMATS[request.param]
    description = describe(ROWS, group_by="talk", order_by="n", **keys)

    def read(*rows, **changes):
        return read_one(description.model_copy(update=changes), written(rows))

    return read


def said(n, talk="A", who="client", text="a", annotator=1, topic="sleep"):
    return (talk, n, who, text, annotator, topic)


def test_rows_of_a_talk_are_its_turns_in_numeric_order_each_once(read):
    found = read(
        said(2, who="therapist", text="two"),
        said(10, text="ten"),
        said(2, who="therapist", text="two", annotator=2),
        said(1, "B", text="one", topic="work"),
    )
    assert found.turns == [[("assistant", "two"), ("user", "ten")], [("user", "one")]]
    assert found.attributes(0) == {"talk": "A", "topic": "sleep"}


def test_two_different_sayings_under_one_order_key_are_refused(read):
    assert read(said(1), said(1, text="b", annotator=2)).reasons == [(0, "wrong_type")]


def test_a_talk_in_several_places_of_the_file_is_refused_and_the_others_are_kept(read):
    found = read(said(1), said(1, "B", text="b"), said(2))
    assert found.turns == [[("user", "b")]]
    assert found.reasons == [(0, "wrong_type"), (2, "wrong_type")]


def test_rows_without_a_talk_are_refused(read):
    assert read(said(1, ""), said(1)).reasons == [(0, "missing_field")]


def test_a_talk_over_the_limit_is_refused_though_each_of_its_rows_is_below_it(read):
    rows = [said(n, text="a" * 300) for n in range(9)]
    assert read(*rows, said(1, "B"), limits=Limits(max_record_bytes=2_000)).reasons == [(0, "too_large")]


TABLE = describe(ROWS, reader="csv", group_by="talk", order_by="n")
LINES = describe(ROWS, group_by="talk", order_by="n")
BROKEN = {"csv": (TABLE, separated(",")), "jsonl": (LINES, lines)}


@pytest.mark.parametrize("name", BROKEN)
def test_a_talk_that_may_lack_a_row_is_refused(name):
    description, written = BROKEN[name]
    content = written([said(1), said(2)]) + b"broken\n"
    content += written([said(1, "B"), said(1, "C", text="c")]).split(b"\n", name == "csv")[-1]
    found = read_one(description, content)
    assert found.turns == [[("user", "c")]]
    assert found.reasons == [(0, "bad_syntax"), (1, "bad_syntax")]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_inside_a_talk_spoils_that_talk_only(name):
    description, written = BROKEN[name]
    content = written([said(1), said(1, "B")]) + b"broken\n"
    content += written([said(2, "B"), said(1, "C", text="c")]).split(b"\n", name == "csv")[-1]
    found = read_one(description, content)
    assert found.turns == [[("user", "a")], [("user", "c")]]
    assert found.reasons == [(1, "bad_syntax")]


def test_a_damaged_array_of_rows_is_read_on_at_the_next_row_and_its_talk_refused():
    description = describe(ROWS, reader="json", records=["rows[]"], group_by="talk", order_by="n")
    content = array([said(1), said(1, "B"), said(2, "B"), said(3, "B"), said(1, "C", text="c")])
    content = content.replace(b'"n": 2', b'"n": ?')
    found = read_one(description, content)
    assert found.turns == [[("user", "a")], [("user", "c")]]
    assert found.reasons == [(1, "bad_syntax")]


ROW = {"talk": 1, "n": 1, "who": "client", "said": "a"}
NO_ROWS = [
    (5, "wrong_type", "is a number, not an object"),
    ({**ROW, "rows": 1}, "wrong_type", "has a field `rows`"),
    ({**ROW, "talk": [1]}, "wrong_type", "`talk` is a list, not a string or a number"),
    ({**ROW, "n": True}, "wrong_type", "`n` is a boolean, not a string or a number"),
    ({**ROW, "n": None}, "missing_field", "`n` is missing or null"),
    ({**ROW, "talk": None}, "missing_field", "has no value in `talk`, which groups rows"),
]


@pytest.mark.parametrize(("row", "reason", "detail"), NO_ROWS, ids=[detail for *_, detail in NO_ROWS])
def test_what_is_no_row_of_any_talk_is_refused(row, reason, detail):
    found = read_one(LINES, json.dumps(row).encode())
    assert found.reasons == [(0, reason)]
    assert detail in found.quarantine[0]["detail"]


def test_order_keys_are_of_one_kind():
    rows = "\n".join(json.dumps({**ROW, "n": n}) for n in (1, "2"))
    assert read_one(LINES, rows.encode()).reasons == [(0, "wrong_type")]


def test_fields_are_shared_only_where_rows_have_them_alike_whatever_python_calls_equal():
    rows = [
        {**ROW, "n": 1, "is_new": True, "day": 1},
        {**ROW, "n": 2, "is_new": 1, "day": 1, "who": "therapist", "late": 0},
    ]
    found = read_one(LINES, "\n".join(map(json.dumps, rows)).encode())
    assert found.attributes(0) == {"talk": 1, "day": 1, "said": "a"}


@pytest.mark.parametrize("name", ["jsonl", "json", "parquet"])
def test_a_talk_that_spans_what_processes_would_read_apart_is_one_record(name, monkeypatch):
    monkeypatch.setattr("dataset_platform.ingest.parts._PART_BYTES", 64)
    written, keys = FORMATS[name]
    description = describe(ROWS, group_by="talk", order_by="n", **keys)
    found = read_one(description, written([said(n, str(n // 50)) for n in range(100)]))
    assert [len(turns) for turns in found.turns] == [50, 50]
