"""Shapes that teams deliver, each read by a description alone: what is in the file, and the expected rows."""

import datetime
import decimal
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset_platform_tests.ingest.hand_made import REAL_FILES, describe, read_files, read_one

ASKED = [("user", "Hi"), ("assistant", "Hello")]


def lines(*records):
    return "\n".join(json.dumps(record) for record in records).encode()


def pair(first, second):
    turns = [{"content": first, "role": "user"}, {"content": second, "role": "assistant"}]
    return {"shape": "fields", "turns": turns}


SHAREGPT = describe(
    [{"shape": "list", "at": "conversations", "role": "from", "content": "value"}],
    roles={"human": "user", "gpt": "assistant", "system": "system"},
)
OPENAI = describe(
    [{"shape": "list", "at": "messages"}],
    roles={"user": "user", "assistant": "assistant", "system": "system"},
)
ALPACA = describe(
    [
        {
            "shape": "template",
            "values": {"instruction": "instruction", "input": "input || ''", "output": "output"},
            "turns": [
                {"text": "{instruction}\n\n{input}", "role": "user"},
                {"text": "{output}", "role": "assistant"},
            ],
        }
    ],
    attributes=["id"],
)
ROLES = {"user": "user", "assistant": "assistant", "Human": "user"}
PREFERENCES = describe(
    [pair("prompt", "chosen"), {"shape": "list", "at": "chosen"}, {"shape": "text", "at": "chosen"}],
    roles=ROLES,
)
JOINED = describe([{"shape": "list", "at": "[prompt, chosen][]"}], roles=ROLES)
STRATEGIES = describe(
    [
        {
            "shape": "list",
            "at": "dialog",
            "role": "speaker",
            "keep": ["annotation.strategy"],
        }
    ],
    roles={"seeker": "user", "supporter": "assistant"},
)


def test_sharegpt():
    read = read_one(
        SHAREGPT,
        lines(
            {"id": 7, "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}
        ),
    )
    assert read.turns == [ASKED]
    assert read.attributes(0) == {"id": 7}


def test_openai_content_may_come_in_parts():
    parts = [{"type": "text", "text": "He"}, {"type": "output_text", "text": "llo"}]
    image = [{"type": "image_url", "image_url": {"url": "x"}}]
    read = read_one(
        OPENAI,
        lines(
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": parts}]},
            {"messages": [{"role": "user", "content": image}]},
            {"messages": [{"role": "user", "content": []}]},
        ),
    )
    assert read.turns == [ASKED]
    assert read.reasons == [(1, "wrong_type"), (2, "missing_field")]


def test_alpaca_without_input_leaves_no_blank_lines():
    read = read_one(
        ALPACA,
        lines(
            {"instruction": "Hi", "input": "", "output": "Hello", "id": 1},
            {"instruction": "Hi", "output": "Hello"},
            {"instruction": "Sum up", "input": " a text ", "output": "Hello"},
        ),
    )
    assert read.turns[:2] == [ASKED, ASKED]
    assert read.turns[2][0] == ("user", "Sum up\n\n a text ")
    assert read.attributes(0) == {"id": 1}


CHOSEN = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
PREFERENCE_PAIRS = [
    (PREFERENCES, {"prompt": "Hi", "chosen": "Hello", "rejected": "Go"}, {"rejected": "Go"}),
    (PREFERENCES, {"chosen": CHOSEN, "rejected": CHOSEN[:1]}, {"rejected": CHOSEN[:1]}),
    (PREFERENCES, {"prompt": "Hi", "chosen": CHOSEN, "rejected": []}, {"prompt": "Hi", "rejected": []}),
    (PREFERENCES, {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello", "rejected": "x"}, {"rejected": "x"}),
    (JOINED, {"prompt": CHOSEN[:1], "chosen": CHOSEN[1:], "rejected": 0}, {"rejected": 0}),
]


@pytest.mark.parametrize(("description", "record", "rest"), PREFERENCE_PAIRS)
def test_the_chosen_side_of_a_preference_pair_is_the_conversation(description, record, rest):
    read = read_one(description, lines(record))
    assert read.turns == [ASKED]
    assert read.attributes(0) == rest


def test_strategies_of_turns_are_kept_in_parallel_lists():
    turns = [
        {"speaker": "seeker", "annotation": {}, "content": "Hi"},
        {"speaker": "supporter", "annotation": {"strategy": "Question"}, "content": "Hello"},
    ]
    read = read_one(STRATEGIES, lines({"topic": "job", "dialog": turns}, {"dialog": turns, "per_turn": 1}))
    assert read.turns == [ASKED]
    assert read.attributes(0) == {"topic": "job", "per_turn": {"annotation.strategy": [None, "Question"]}}
    assert read.reasons == [(1, "wrong_type")]


TABLE = describe(
    [
        {
            "shape": "list",
            "at": "rows",
            "role": "speaker_idx",
            "content": "utterance",
            "speakers": ["user", "assistant"],
        }
    ],
    reader="csv",
    group_by="conv_id",
    order_by="utterance_idx",
    roles={},
    attributes=["conv_id", "context"],
)


def test_speakers_without_fixed_meaning_have_roles_in_the_order_they_appear():
    content = (
        b"conv_id,utterance_idx,context,speaker_idx,utterance\n"
        b"hit:0,2,sad,13,Hello\nhit:0,1,sad,97,Hi\n"
        b"hit:1,1,glad,13,Hi\nhit:1,2,glad,97,Hello\n"
        b"hit:2,1,glad,13,Hi\nhit:2,2,glad,97,Hello\nhit:2,3,glad,5,Both\n"
    )
    read = read_one(TABLE, content)
    assert read.turns == [ASKED, ASKED]
    assert read.attributes(0) == {"conv_id": "hit:0", "context": "sad"}
    assert read.reasons == [(2, "unknown_role")]


def test_tab_separated_values_without_quoting_keep_their_quotes():
    description = describe([pair("q", "a")], reader="csv", csv={"delimiter": "\t", "quotes": False})
    read = read_one(description, b'q\ta\n"Hi\tHello" \n')
    assert read.turns == [[("user", '"Hi'), ("assistant", 'Hello" ')]]


def test_records_deep_in_a_document():
    description = describe([pair("q", "a")], reader="json", records=["data.by_day.list[]"])
    document = {"data": {"n": 1, "by_day": {"list": [{"q": "Hi", "a": "Hello", "k": {"x": 1}}]}}}
    read = read_one(description, json.dumps(document).encode())
    assert (read.turns, read.attributes(0)) == ([ASKED], {"k": {"x": 1}})


LISTS = describe(
    [{"shape": "list", "at": "@", "speakers": ["user", "assistant"]}],
    reader="yaml",
    records=["conversations[]"],
    roles={},
)


def test_lists_of_strings_in_yaml_are_turns_of_alternating_speakers():
    content = b"""\
categories: [greetings]
conversations:
- - Hi
  - Hello
- - "Yes?"
  - No
  - 'two

    lines'
- [Hi, 3]
- just text
---
conversations: [[Hi, Hello]]
"""
    read = read_one(LISTS, content)
    assert read.turns == [
        ASKED,
        [("user", "Yes?"), ("assistant", "No"), ("user", "two\nlines")],
        ASKED,
    ]
    assert read.reasons == [(2, "wrong_type"), (3, "wrong_type")]
    assert read.payload(1).startswith(b"just text")
    assert f"byte {content.index(b'just text')}:" in read.quarantine[1]["detail"]


def test_objects_in_yaml_are_records_with_their_key():
    description = describe([pair("q", "a")], reader="yaml", records=["all.*"], record_key="name")
    read = read_one(description, b"all:\n  one: {q: Hi, a: Hello, n: 0x1F, day: 2020-01-01, yes: yes}\n")
    assert read.turns == [ASKED]
    assert read.attributes(0) == {"name": "one", "n": 31, "day": "2020-01-01", "yes": "yes"}


def parquet(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def test_parquet_with_nested_lists_and_types_that_json_lacks():
    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    table = pa.table(
        {
            "messages": pa.array([CHOSEN, None, []], pa.list_(message)),
            "day": pa.array([datetime.date(2020, 1, 2)] * 3),
            "at": pa.array([datetime.datetime(2020, 1, 2, 3, 4, 5)] * 3, pa.timestamp("us", "UTC")),
            "price": pa.array([decimal.Decimal("1.50")] * 3),
            "raw": pa.array([b"text", b"\xff", None]),
            "score": pa.array([float("nan"), 0.5, None]),
            "tags": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int64())),
            "kind": pa.array(["x", "y", None]).dictionary_encode(),
        }
    )
    read = read_one(
        describe([{"shape": "list", "at": "messages"}], reader="parquet", roles=ROLES), parquet(table)
    )
    assert read.turns == [ASKED]
    assert read.attributes(0) == {
        "day": "2020-01-02",
        "at": "2020-01-02 03:04:05.000000Z",
        "price": "1.50",
        "raw": "text",
        "score": None,
        "tags": [{"key": "a", "value": 1}],
        "kind": "x",
    }
    assert read.reasons == [(1, "bad_encoding"), (2, "missing_field")]


def test_parquet_that_is_broken_is_quarantined_row_group_by_row_group():
    description = describe([pair("q", "a")], reader="parquet")
    table = pa.table({"q": ["Hi"] * 3000, "a": [f"Hello {n}" for n in range(3000)]})
    content = bytearray(parquet(table, row_group_size=1000, compression="none", use_dictionary=False))
    at = content.index(b"Hello 1500")
    content[at - 4 : at] = b"\xff\xff\xff\x7f"  # the length of a string in the second row group
    read = read_one(description, bytes(content))
    assert read.quarantine[0]["reason"] == "bad_syntax"
    assert len(read.quarantine) == 1
    assert len(read.records) >= 2000
    assert read_one(description, bytes(content[:-20])).reasons == [(0, "bad_syntax")]
    assert read_one(description, b"PAR1 is not enough").reasons == [(0, "bad_syntax")]


@pytest.mark.skipif(not REAL_FILES.is_dir(), reason=f"no real sources here: {REAL_FILES}")
def test_the_real_corpus_of_lists_in_yaml_is_read():
    folder = REAL_FILES / "chatterbot_english"
    files = {path.name: path.read_bytes() for path in sorted(folder.rglob("*.y*ml"))}
    read = read_files(LISTS.model_copy(update={"files": ("**",)}), files)
    assert len(read.records) / (len(read.records) + len(read.quarantine)) > 0.99
