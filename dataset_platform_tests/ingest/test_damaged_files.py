"""Whatever happens to a file, every record of it is accounted for and nothing escapes."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform.ingest.describing.description import CsvLayout, Reader
from dataset_platform_tests.ingest.hand_made import REAL_SOURCES, SEED_SOURCES, describe, read_one
from dataset_platform_tests.ingest.packing import PACKERS


def turns(role: str, content: str, speakers: tuple[str, str]) -> list[dict[str, str]]:
    return [{role: speakers[n % 2], content: f'Turn {n}: "well", é {{}} [] , …\n'} for n in range(4)]


def jsonl(records: list[object]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def rows(columns: list[str], values: list[list[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([columns, *values])
    return text.getvalue().encode()


DIALOGUES = [
    {"dialogue_id": n, "conversation": turns("speaker", "content", ("Client", "Therapist"))} for n in range(5)
]
STANDARD = {
    "conversations": [{"messages": turns("role", "content", ("user", "assistant"))} for _ in range(5)]
}
KNOWLEDGE = {"concepts": {f"k{n}": {"title": "T", "content": "C é"} for n in range(8)} | {"s": "string"}}
UTTERANCES = [[n // 4, n % 4, ("client", "therapist")[n % 2], 'a "b"\nc', n] for n in range(16)]
WHOLE_FILES = {
    "dual_persona": (SEED_SOURCES["dual_persona"], jsonl(DIALOGUES)),
    "standard_therapeutic": (SEED_SOURCES["standard_therapeutic"], json.dumps(STANDARD, indent=1).encode()),
    "psychology_knowledge": (SEED_SOURCES["psychology_knowledge"], json.dumps(KNOWLEDGE).encode()),
    "counsel_chat": (REAL_SOURCES["counsel_chat"], rows(["questionText", "answerText"], [["q,\n", "a"]] * 9)),
    "annomi": (
        REAL_SOURCES["annomi"],
        rows(["transcript_id", "utterance_id", "interlocutor", "utterance_text", "x"], UTTERANCES),
    ),
    "vera_mh": (REAL_SOURCES["vera_mh"], "user: Hé\n\nmore\n\nagent: Yes.\n\nuser: Bye".encode()),
}
QA = describe(
    [{"shape": "fields", "turns": [{"content": "q", "role": "user"}, {"content": "a", "role": "assistant"}]}]
)
ENTRIES = [{"q": f'q{n} "é"', "a": f"a{n}\n", "n": [{"x": n}]} for n in range(9)]


TALKS = describe([{"shape": "list", "at": "rows"}], group_by="talk", order_by="n")
TALK_ROWS = [
    {"talk": n // 4, "n": n % 4, "role": ("client", "therapist")[n % 2], "content": f'é "{n}"\n', "x": {}}
    for n in range(12)
]


def parquet_file(records: list[dict[str, object]]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), sink, row_group_size=4)
    return sink.getvalue()


WHOLE_FILES |= {
    "parquet": (QA.model_copy(update={"reader": Reader.PARQUET}), parquet_file(ENTRIES)),
    "yaml": (
        QA.model_copy(update={"reader": Reader.YAML, "records": ("all[]",)}),
        (
            "all: &x\n"
            + "".join(f"- q: {e['q']}\n  a: &a{e['n'][0]['x']} b\n  k: *a{e['n'][0]['x']}\n" for e in ENTRIES)
        ).encode(),
    ),
    "tsv": (
        QA.model_copy(update={"reader": Reader.CSV, "csv": CsvLayout(delimiter="\t", quotes=False)}),
        b"q\ta\n" + b'"x\ty\n' * 9,
    ),
    "jsonl_rows": (TALKS, jsonl(TALK_ROWS)),
    "json_rows": (
        TALKS.model_copy(update={"reader": Reader.JSON, "records": ("[]",)}),
        json.dumps(TALK_ROWS).encode(),
    ),
    "parquet_rows": (
        TALKS.model_copy(update={"reader": Reader.PARQUET}),
        parquet_file([{**row, "x": 1} for row in TALK_ROWS]),
    ),
    "utf16": (QA, jsonl(ENTRIES).decode().encode("utf-16")),
    "cp1252": (QA.model_copy(update={"encoding": "cp1252"}), jsonl(ENTRIES).decode().encode("cp1252")),
}
HARD_BYTES = st.sampled_from(
    [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\r", b"\x00", b"\xff", b"\xef\xbb\xbf", b"NaN"]
)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """The file after one to four mishaps."""
    content = whole
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        to = draw(st.integers(at, min(len(content), at + 60)))
        match draw(
            st.sampled_from(["cut", "flip", "splice", "insert", "drop quotes", "line ends", "remove"])
        ):
            case "cut":
                content = content[:at]
            case "flip":
                content = (
                    content[:at] + bytes(byte ^ 0x41 for byte in content[at : at + 1]) + content[at + 1 :]
                )
            case "splice":
                content = content[:at] + content[to:] + content[at:to]
            case "insert":
                content = content[:at] + draw(HARD_BYTES) + content[at:]
            case "drop quotes":
                content = content[:at] + content[at:to].replace(b'"', b"") + content[to:]
            case "line ends":
                content = content[:at] + content[at:].replace(b"\n", draw(st.sampled_from([b"\r\n", b"\r"])))
            case "remove":
                content = content[:at] + content[to:]
    return content


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_an_undamaged_file_is_read_whole(name):
    description, content = WHOLE_FILES[name]
    read = read_one(description, content)
    strings = 1 if name == "psychology_knowledge" else 0
    assert len(read.records) > 0
    assert len(read.quarantine) == strings


@pytest.mark.parametrize("name", WHOLE_FILES)
@settings(max_examples=15)
@given(data=st.data())
def test_accounts_of_a_damaged_file_close(name, data):
    description, content = WHOLE_FILES[name]
    read = read_one(description, data.draw(damaged(content)))
    assert len(read.files) == 1


@pytest.mark.parametrize("packer", PACKERS)
@settings(max_examples=15)
@given(data=st.data())
def test_accounts_of_a_damaged_packed_file_close(packer, data):
    description, content = WHOLE_FILES[data.draw(st.sampled_from(sorted(WHOLE_FILES)))]
    inside = data.draw(st.booleans())
    packed = PACKERS[packer](data.draw(damaged(content)) if inside else content)
    read = read_one(description, packed if inside else data.draw(damaged(packed)))
    assert len(read.files) == 1


@pytest.mark.parametrize("name", WHOLE_FILES)
@settings(max_examples=6)
@given(content=st.binary(max_size=200))
def test_accounts_of_arbitrary_bytes_close(name, content):
    assert len(read_one(WHOLE_FILES[name][0], content).files) == 1
