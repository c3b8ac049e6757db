"""Damage in the middle of a JSON document: whole records before it, and after it."""

import json

import pytest

from dataset_platform_tests.ingest.hand_made import SEED_SOURCES, contents, describe, read_one

LISTS = describe([{"shape": "list", "at": "conversation"}], reader="json", records=["[]", "data.all[]"])
KEYED = describe(
    [{"shape": "fields", "turns": [{"content": "q", "role": "user"}, {"content": "a", "role": "assistant"}]}],
    reader="json",
    records=["concepts.*"],
    record_key="key",
)


def talk(number: int) -> str:
    turns = [
        {"role": "client", "content": f'{number} says "hello", {{really}} [twice]'},
        {"role": "therapist", "content": f"{number} answers: é"},
    ]
    return json.dumps({"id": number, "conversation": turns, "extra": {"list": [{"x": 1}, []]}})


TALKS = [talk(number) for number in range(5)]
SPOILT = TALKS[2]
DAMAGES = {
    "lost quote": SPOILT.replace('"client"', 'client"'),
    "lost closing quote": SPOILT.replace('answers: \\u00e9"', "answers: \\u00e9"),
    "lost opening brace": SPOILT[1:],
    "lost closing brace": SPOILT[:-1],
    "lost brace of a turn": SPOILT.replace("}, {", ", {", 1),
    "lost bracket": SPOILT.replace("[]", "[", 1),
    "garbage": SPOILT[:30] + "\x01\x02]]}}" + SPOILT[60:],
    "block of NUL": SPOILT[:20] + "\0" * 500 + SPOILT[-10:],
    "half a record spliced in": SPOILT[: len(SPOILT) // 2],
    "two halves": SPOILT[: len(SPOILT) // 2] + TALKS[4][len(SPOILT) // 3 :],
    "end and begin lost": SPOILT[10:-10],
}


@pytest.mark.parametrize("name", DAMAGES)
def test_records_before_and_after_damage_are_kept(name):
    document = f"[{', '.join([*TALKS[:2], DAMAGES[name], *TALKS[3:]])}]"
    read = read_one(LISTS, document.encode())
    assert [read.attributes(row)["id"] for row in range(len(read.records))] == [0, 1, 3, 4]
    assert all(row["origin_position"] for row in read.quarantine)


def test_the_skipped_bytes_are_one_record_with_offset_and_length():
    spoilt = DAMAGES["lost closing brace"]
    document = '{"data": {"all": [' + ",\n".join([*TALKS[:2], spoilt, *TALKS[3:]]) + "]}}"
    read = read_one(LISTS, document.encode())
    start, resumed = document.index(spoilt), document.index(TALKS[3])
    assert read.reasons == [(2, "bad_syntax")]
    assert read.quarantine[0]["detail"] == (
        f"made/part, record 2, byte {start}: is damaged: {resumed - start} bytes are skipped, "
        f"reading goes on at byte {resumed}"
    )
    assert read.payload(0) == document[start:resumed].encode()


def test_separators_that_are_lost_cost_no_more_than_a_record():
    read = read_one(LISTS, f"[{TALKS[0]} {TALKS[1]}, {TALKS[2]}, {TALKS[3]}]".encode())
    assert [read.attributes(row)["id"] for row in range(len(read.records))] == [0, 1, 2, 3]
    assert read.reasons == [(1, "bad_syntax")]


def test_records_of_an_object_are_found_again_with_their_keys():
    entries = [f'"k{number}": ' + json.dumps({"q": f"q{number}", "a": "x: {y}"}) for number in range(5)]
    entries[2] = entries[2].replace('"a"', 'a"')
    read = read_one(KEYED, f'{{"concepts": {{{", ".join(entries)}}}, "more": 1}}'.encode())
    assert [read.attributes(row)["key"] for row in range(len(read.records))] == ["k0", "k1", "k3", "k4"]
    assert read.reasons == [(2, "bad_syntax")]


def test_parts_of_a_damaged_record_never_pass_for_records():
    source = SEED_SOURCES["standard_therapeutic"]
    whole = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    text = json.dumps(whole)
    for at in range(1, len(text)):
        document = f"[{text[:at]}{text[at + 1 :]}, {text}]"
        found = [content for content in contents(source, document.encode()) if isinstance(content, dict)]
        assert found[-1:] == [whole]
        assert len(found) <= 2


def test_many_brackets_are_no_long_search():
    read = read_one(LISTS, b"[" + b"[{" * 300_000 + b'"')
    assert len(read.quarantine) == 1
