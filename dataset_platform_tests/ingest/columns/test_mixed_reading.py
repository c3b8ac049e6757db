"""Lines read as columns give the rows that lines read one by one give, whatever is wrong with them."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc as ipc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataset_platform.ingest.columns.column_reading import column_reader
from dataset_platform.ingest.describing.description import Limits, SourceDescription
from dataset_platform.ingest.formats.lines import Span
from dataset_platform.ingest.formats.parquet_rows import row_group_sizes
from dataset_platform.ingest.part_reading import PartRows, read_part
from dataset_platform.ingest.parts import Part
from dataset_platform.ingest.rejection import Rejection
from dataset_platform.ingest.row_batches import RECORD_ROWS, REJECTED_ROWS
from dataset_platform_tests.ingest.hand_made import describe
from dataset_platform_tests.ingest.test_damaged_files import damaged

ROLES = {"user": "user", "human": "user", "Client": "user", "assistant": "assistant", "gpt": "assistant"}
ROLES |= {"Therapist": "assistant"}


def lists(at: str, role: str, content: str, shape: Any = (), **changes: Any) -> SourceDescription:
    whole = {"shape": "list", "at": at, "role": role, "content": content, **dict(shape)}
    return describe([whole], **{"roles": ROLES, **changes})


def ordered(at: str, role: str, content: str, *keep: str) -> SourceDescription:
    return lists(at, role, content, {"speakers": ["user", "assistant"], "keep": keep}, roles={})


def fields(*names: str, **changes: Any) -> SourceDescription:
    roles = ("user", "assistant")
    turns = [{"content": name, "role": roles[n % 2]} for n, name in enumerate(names)]
    return describe([{"shape": "fields", "turns": turns}], **changes)


def talk(number: int) -> list[dict[str, Any]]:
    return [
        {"role": ("user", "assistant")[n % 2], "content": f'{n} "é": {{}}\n[,] 😀'} for n in range(number % 5)
    ]


MESSAGES = [{"id": n, "messages": talk(n), "meta": {"z": n / 7, "a": [None, True]}} for n in range(9)]
SHARED = [
    {"conversations": [{"from": "human", "value": "Hé", "n": n}, {"from": "GPT ", "value": "x" * n}]}
    for n in range(9)
]
PAIRS = [
    {"prompt": f"p{n}", "response": "r:,", "late": None} | ({"k": "v"} if n % 3 else {}) for n in range(9)
]
PREFERENCES = [{"prompt": "p", "chosen": "c\\u", "rejected": [{"content": f"{n}\t"}]} for n in range(9)]
LONG = {"n": 2**63, "m": -(2**63), "f": 1e300, "g": -0.0, "t": "12345678901234567890"}
NUMBERS = [{"q": "1", "a": "2", "x": n * 0.1, "y": 10**n, "long": LONG if n == 4 else 0} for n in range(20)]
DEEP = [
    {
        "id": n,
        "data": {"a": [n, 0.5], "talk": {"turns": talk(n), "z": None}} | ({"late": "l"} if n % 2 else {}),
        "data2": {"e": []},
    }
    for n in range(9)
]
DEEP_PAIRS = [{"in": {"q": f"q{n}", "a": {"text": "é"}, "b": n}, "k": 1} for n in range(9)]
ANNOTATED = [
    {
        "emotion": "é",
        "dialog": [
            {"speaker": ("seeker", "supporter")[t % 2], "content": f"{t}:"}
            | ({"annotation": {"strategy": "Question", "n": t} if t % 2 else {}} if t else {})
            for t in range(n % 5)
        ],
    }
    for n in range(9)
]
NUMBERED = [
    {"turns": [{"who": (41, "b", 7)[(n + t) % (2 + n // 8)], "said": "x", "k": t / 3} for t in range(4)]}
    for n in range(9)
]
AUTHORED = [
    {
        "messages": [
            {"author": {"role": "user", "x": 1}, "message": {"text": 'a "é"', "n": [t]}} for t in range(n)
        ]
    }
    for n in range(9)
]
SHAPES = {
    "deep": (lists("data.talk.turns", "role", "content"), DEEP),
    "deep_kept": (lists("data.talk.turns", "role", "content", attributes=["data", "x"]), DEEP),
    "deep_pairs": (fields("in.q", "in.a.text"), DEEP_PAIRS),
    "annotated": (
        lists(
            "dialog",
            "speaker",
            "content",
            {"keep": ["annotation.strategy", "annotation", "none", "speaker"]},
            roles={"seeker": "user", "supporter": "assistant"},
        ),
        ANNOTATED,
    ),
    "ordered": (ordered("dialog", "speaker", "content", "annotation.strategy"), ANNOTATED),
    "numbered": (ordered("turns", "who", "said", "k"), NUMBERED),
    "authored": (lists("messages", "author.role", "message.text"), AUTHORED),
    "messages": (lists("messages", "role", "content"), MESSAGES),
    "sharegpt": (lists("conversations", "from", "value"), SHARED),
    "pairs": (fields("prompt", "response"), PAIRS),
    "kept": (fields("response", "prompt", attributes=["prompt", "k", "none"]), PAIRS),
    "preferences": (fields("prompt", "chosen"), PREFERENCES),
    "numbers": (fields("q", "a"), NUMBERS),
    "cp1252": (fields("prompt", "response", encoding="cp1252"), PAIRS),
}
ODD_LINES = [
    b'{"prompt":"p","response":"r","response":"s"}',
    b'{"prompt":"p","response":"r","new":1,}',
    b'{"prompt":"p","response":"r\\u002c",}',
    b'{"prompt":"p","response":"r","k":"v","k":"w"}',
    b'{"prompt":5,"response":"r"}',
    b'{"prompt":{"a":"b"},"response":"r"}',
    b'{"prompt":"p","response":null}',
    b'{"prompt":"p"}',
    b'{"prompt":"p","response":"r","k":NaN}',
    b'{"prompt":"p","response":"r","k":1e999}',
    b'{"prompt":"p","response":"r","k":123456789012345678901}',
    b'{"prompt":"p","response":"r","k":{"b":1,"a":2,"b":3}}',
    b'{"prompt":"p","response":"r","k":[1,2,]}',
    b'{"prompt":"p","response":"r","k":' + b"[" * 260 + b"]" * 260 + b"}",
    b'{"prompt":"p","response":"r","k":' + b"[" * 253 + b"]" * 253 + b"}",
    b'{"prompt":"p","response":"r","k":1E5,"late":-0}',
    b'{"prompt":"\\u0000\\u001f\\u007f\x7f","response":"\\u000a\\/\\b"}',
    b'{"prompt":"\\ud800","response":"r"}',
    b'{"prompt":"\\ud83d\\ude00","response":"\xe2\x80\xa8"}',
    b'{"prompt":"\x00","response":"r"}',
    b'{"prompt":"\xff","response":"r"}',
    b'{"prompt":"\xe9\xe8","response":"r"}',
    b'{"PROMPT":"p","response":"r"}',
    b' { "response" : "r" , "prompt" : "p" } \r',
    b'{"prompt":"p","response":"r"} {"prompt":"p"}',
    b'{"prompt":"p","response":"r"',
    b'"prompt"',
    b"[]",
    b"null",
    b"   ",
    b"\r",
    b"",
]
ODD_TALKS = [
    b'{"dialog":[{"speaker":"x","content":"a"},{"speaker":"y","content":"b"},{"speaker":"z","content":"c"}]}',
    b'{"dialog":[{"speaker":1,"content":"a"},{"speaker":1.0,"content":"b"},{"speaker":true,"content":"c"}]}',
    b'{"dialog":[{"speaker":null,"content":"a"}]}',
    b'{"dialog":[{"speaker":["x"],"content":"a"}]}',
    b'{"dialog":["a","b"]}',
    b'{"dialog":[{"speaker":"x","content":"a","annotation":{"strategy":1e16}}]}',
    b'{"dialog":[{"speaker":"x","content":"a","annotation":{"strategy":{"b":1,"a":[]}}}]}',
    b'{"dialog":[{"speaker":"x","content":"a","annotation":{"strategy":null}}]}',
    b'{"dialog":[{"speaker":"x","content":"a","annotation":[{"strategy":1}]}]}',
    b'{"dialog":[{"speaker":"x","content":"a","annotation":"strategy"}]}',
    b'{"dialog":[{"speaker":"x","content":"a"}],"per_turn":1}',
]
ODD_ENTRIES = [
    b'{"messages":[{"role":"user","content":"a"},"b"]}',
    b'{"messages":[{"role":"user","content":"a"},null]}',
    b'{"messages":[{"role":"user","content":"a"},{}]}',
    b'{"messages":[{"role":"user","content":"a","role":"assistant"}]}',
    b'{"messages":[{"role":"user","content":"a","name":"b"}]}',
    b'{"messages":[{"role":"USER ","content":"a"}]}',
    b'{"messages":[{"role":"nobody","content":"a"}]}',
    b'{"messages":[{"role":7,"content":"a"}]}',
    b'{"messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}',
    b'{"messages":[{"role":"user","content":"a"},]}',
    b'{"messages":[],"id":1}',
    b'{"messages":{},"id":1}',
    b'{"messages":null}',
    b'{"id":{"messages":[{"role":"user","content":"a"}]}}',
]


def lines(records: list[Any]) -> bytes:
    return "".join(
        json.dumps(record, ensure_ascii=n % 2 == 0) + "\n" for n, record in enumerate(records)
    ).encode()


def rows(read: PartRows) -> tuple[list[Any], list[Any], str]:
    """Records, rejected records and the encoding, whatever batches they come in."""
    found = []
    for part, schema in ((read.records, RECORD_ROWS), (read.rejected, REJECTED_ROWS)):
        batches = ipc.open_file(part).read_all().to_batches() if isinstance(part, Path) else part
        found.append(pa.Table.from_batches(batches, schema).to_pylist())
    return found[0], found[1], read.encoding


def _whole(description: SourceDescription, path: Path) -> Part:
    """All lines, or all row groups; none of a file that is no Parquet."""
    try:
        size = path.stat().st_size if description.reader == "jsonl" else len(row_group_sizes(path.open("rb")))
    except Rejection:
        size = 0
    return Part(path, Span(0, size), size)


def read_both_ways(description: SourceDescription, content: bytes) -> PartRows:
    """The reading as columns, which is that of lines, or rows, by themselves."""
    columns = column_reader(description)
    assert columns is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(content)
        part = _whole(description, path)
        mixed = read_part(description, part, None, columns)
        one_by_one = read_part(description, part, Path(folder, "rows"))
        assert rows(mixed) == rows(one_by_one)
        assert (mixed.kept, mixed.quarantined) == (one_by_one.kept, one_by_one.quarantined)
    return mixed


@pytest.mark.parametrize("name", SHAPES)
def test_most_lines_of_a_sound_file_are_read_as_columns(name):
    description, records = SHAPES[name]
    read = read_both_ways(description, lines(records))
    assert read.by_column > len(records) / 2


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=10)
@given(data=st.data())
def test_damaged_lines_are_read_alike_both_ways(name, data):
    description, records = SHAPES[name]
    read_both_ways(description, data.draw(damaged(lines(records))))


@pytest.mark.parametrize("line", ODD_LINES)
def test_an_odd_line_is_read_alike_among_others(line):
    sound = lines(PAIRS)
    for content in (sound + line + b"\n" + sound, sound + line, line + b"\n" + sound):
        assert read_both_ways(SHAPES["pairs"][0], content).by_column >= len(PAIRS)


@pytest.mark.parametrize("line", ODD_ENTRIES)
def test_an_odd_entry_is_read_alike_among_others(line):
    sound = lines(MESSAGES[1:5] * 3)
    assert read_both_ways(SHAPES["messages"][0], sound + line + b"\n" + sound).by_column >= 24


@pytest.mark.parametrize("line", ODD_TALKS)
def test_an_odd_talk_is_read_alike_among_others(line):
    sound = lines(ANNOTATED[1:5] * 3)
    assert read_both_ways(SHAPES["ordered"][0], sound + line + b"\n" + sound).by_column >= 24


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=25)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["prompt", "response", "k", "K", 'odd "$', "ö"]), VALUES), max_size=8
    )
)
@example([{"prompt": "p", "response": "r", "k": 1e16}, {"prompt": "p", "response": "r", "k": 1e-7}])
def test_whatever_values_fields_have_is_read_alike_both_ways(records):
    read_both_ways(SHAPES["pairs"][0], lines([*PAIRS, *records]))


def test_lines_over_the_limit_are_read_alike_both_ways():
    limited = SHAPES["pairs"][0].model_copy(update={"limits": Limits(max_record_bytes=60)})
    long = {"prompt": "p" * 100, "response": "r"}
    read = read_both_ways(limited, lines([*PAIRS, long, *PAIRS, long]))
    assert read.quarantined == 2


def test_what_no_column_holds_is_read_line_by_line():
    unlike = [{"shape": "text", "at": "text"}], [{"shape": "list", "at": "a[0].b"}]
    assert all(column_reader(describe(turns)) is None for turns in unlike)
