import io
import json

import pytest

from dataset_platform.ingest.describing.record_paths import RecordPath
from dataset_platform.ingest.formats import documents, json_scanner
from dataset_platform.ingest.formats.encodings import TextDecoder
from dataset_platform.ingest.rejection import Rejection
from dataset_platform_tests.ingest.hand_made import describe, read_one

PAIR = {"q": 'quoted \\ "{[', "a": "é"}
TURNS = [
    {"shape": "fields", "turns": [{"content": "q", "role": "user"}, {"content": "a", "role": "assistant"}]}
]
LISTS = describe(TURNS, reader="json", records=["[]", "data.items[]", "by_id.*"], record_key="key")


def document(paths: list[str], content: bytes, max_bytes: int = 2**20) -> list[object]:
    """Contents of the pieces; a rejection is its reason. A record is an object with a field `q`."""
    pieces = documents.read_document(
        io.BytesIO(content),
        [RecordPath.parse(path) for path in paths],
        record_key=None,
        is_record=lambda value: isinstance(value, dict) and "q" in value,
        max_bytes=max_bytes,
        decoder=TextDecoder(None),
    )
    return [p.content.reason.value if isinstance(p.content, Rejection) else p.content for p in pieces]


@pytest.mark.parametrize("chunk_bytes", [1, 2, 7, 64])
@pytest.mark.parametrize("indent", [None, 2])
def test_what_a_window_cuts_does_not_matter(monkeypatch, chunk_bytes, indent):
    monkeypatch.setattr(json_scanner, "_CHUNK_BYTES", chunk_bytes)
    records = [PAIR, 1.5, 's\\"', None, [[], {}], True, {"deep": [{"er": "}]"}]}]
    content = json.dumps({"skip": [{"x": "]"}], "data": {"items": records}}, indent=indent).encode()
    assert document(["data.items[]"], content) == records


def test_records_at_every_place_are_read_in_the_order_of_the_file():
    content = json.dumps({"by_id": {"one": PAIR, "two": PAIR}, "more": 1, "data": {"items": [PAIR]}})
    read = read_one(LISTS, content.encode())
    assert [read.attributes(row).get("key") for row in range(3)] == ["one", "two", None]


def test_the_whole_document_can_be_the_record():
    assert document(["@"], b' {"a": 1} ') == [{"a": 1}]


def test_a_key_does_not_overwrite_a_field_of_the_record():
    read = read_one(LISTS, json.dumps({"by_id": {"one": {**PAIR, "key": "own"}}}).encode())
    assert read.reasons == [(0, "wrong_type")]


BROKEN_DOCUMENTS = [
    (b"   ", ["empty_file"]),
    (b"[1, 2", [1, 2, "truncated"]),
    (b"[1, 2,", [1, 2, "truncated"]),
    (b"[1, 2, ]", [1, 2, "bad_syntax"]),
    (b"[1 2]", [1, "bad_syntax"]),
    (b"[1, {]}, 2]", [1, "bad_syntax"]),
    (b'[{"q": 1}, {"q: 2}, {"q": 3}]', [{"q": 1}, "bad_syntax", {"q": 3}]),
    (b'[{"a": NaN}, {"a": 3}]', ["bad_syntax", {"a": 3}]),
    (b'[{"a" 1}, {"a": 3}]', ["bad_syntax", {"a": 3}]),
    (b'[{"a": "\x01"}, {"a": 3}]', ["bad_syntax", {"a": 3}]),
    (b'["\xff", 2]', ["bad_encoding", 2]),
    (b"[1] trailing", [1, "bad_syntax"]),
    (b"[1]]", [1, "bad_syntax"]),
    (b"[1], [2]", [1, "bad_syntax"]),
    (b'[1]{"q": 2}[3]', [1, "missing_field", 3]),
    (b'{"other": [1]}', ["missing_field"]),
    (b'{"data": [1]}', ["missing_field"]),
    (b'{"data": {"items": {}}}', ["missing_field"]),
    (b"{1: 2}", ["bad_syntax"]),
    (b"hello", ["missing_field"]),
    (b"hello there", ["bad_syntax"]),
    (b"\xff\xfe[\x001\x00]\x00", ["bad_syntax"]),
    (b"]", ["bad_syntax"]),
    (b"[" * 100_000, ["truncated"]),
    (b"[" + b"[" * 5000 + b"]" * 5000 + b", 2]", ["too_large", 2]),
    (b"[]", []),
]


@pytest.mark.parametrize(("content", "expected"), BROKEN_DOCUMENTS, ids=range(len(BROKEN_DOCUMENTS)))
def test_a_broken_document_gives_its_whole_records_and_one_reason(content, expected):
    assert document(["[]", "data.items[]"], content) == expected


DOCUMENTS = [json.dumps({"q": number, "a": {"b": [number]}}, indent=2).encode() for number in range(4)]


@pytest.mark.parametrize("between", [b"\n", b"\r\n", b""])
def test_documents_that_follow_each_other_are_all_read(between):
    assert document(["@"], between.join(DOCUMENTS)) == [json.loads(one) for one in DOCUMENTS]
    arrays = [b"[%b]" % one for one in DOCUMENTS]
    assert document(["[]"], between.join(arrays)) == [json.loads(one) for one in DOCUMENTS]


@pytest.mark.parametrize("lost", [b'"q"', b"}", b"{", b'"', b"[", b",", b":"])
def test_of_documents_that_follow_each_other_a_damaged_one_is_lost_alone(lost):
    damaged = [*DOCUMENTS[:1], DOCUMENTS[1].replace(lost, b"", 1), *DOCUMENTS[2:]]
    first, *others = (json.loads(one) for one in DOCUMENTS)
    assert document(["@"], b"\n".join(damaged)) == [first, "bad_syntax", *others[1:]]


@pytest.mark.parametrize("between", [b",", b",\n", b" , "])
def test_commas_may_part_documents_and_a_damaged_one_is_lost_alone(between):
    whole = [json.loads(one) for one in DOCUMENTS]
    assert document(["@"], between.join(DOCUMENTS)) == whole
    damaged = [*DOCUMENTS[:2], DOCUMENTS[2].replace(b"}", b"", 1), DOCUMENTS[3]]
    assert document(["@"], between.join(damaged)) == [*whole[:2], "bad_syntax", whole[3]]
    assert document(["@"], between.join(DOCUMENTS) + b",") == [*whole, "bad_syntax"]


def test_commas_in_a_damaged_document_part_no_documents():
    inside = b'{"q": 1, "l": [{"x": 1}}, {"q": 2}, {"q": 3}]}'
    assert document(["@"], b'{"q": 0}\n%b\n{"q": 4}' % inside)[-1] == {"q": 4}
    spoilt = inside.replace(b"}}", b"}, NaN")
    assert document(["@"], b'{"q": 0}\n%b\n{"q": 4}' % spoilt) == [{"q": 0}, "bad_syntax", {"q": 4}]


def test_members_that_are_lists_keep_their_key():
    turns = [{"role": "client", "content": "One."}, {"role": "therapist", "content": "Two."}]
    description = describe([{"shape": "list", "at": "turns"}], reader="json", records=["*"], record_key="at")
    content = json.dumps({"2024-03-01T10:00": turns, "x": 1, "a/b": turns}).encode()
    read = read_one(description, content)
    assert [read.attributes(row) for row in range(2)] == [{"at": "2024-03-01T10:00"}, {"at": "a/b"}]
    assert read.reasons == [(1, "wrong_type")]
    damaged = read_one(description, content.replace(b'"x": 1', b'"x": ]'))
    assert [damaged.attributes(row) for row in range(2)] == [{"at": "2024-03-01T10:00"}, {"at": "a/b"}]


def test_a_record_over_the_limit_is_too_large_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(json_scanner, "_CHUNK_BYTES", 64)
    content = json.dumps([1, {"text": "x" * 2000, "list": list(range(100))}, "y" * 900, 2]).encode()
    assert document(["[]"], content, max_bytes=200) == [1, "too_large", "too_large", 2]


def test_the_window_forgets_what_it_passed(monkeypatch):
    monkeypatch.setattr(json_scanner, "_CHUNK_BYTES", 64)
    content = json.dumps(["x" * 100_000, [1] * 10_000, {"k" * 5000: 1}]).encode()
    scanner = json_scanner.Scanner(io.BytesIO(content), 0, max_bytes=200)
    scanner.take("[", "")
    widest = 0
    for _ in range(3):
        scanner.skip()
        widest = max(widest, len(scanner._window))
        scanner.take_if(",")
    assert widest < 1000
