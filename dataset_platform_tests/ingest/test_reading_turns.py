import json

import pytest

from dataset_platform.ingest.describing.description import Limits
from dataset_platform_tests.ingest.hand_made import describe, read_one

TRANSCRIPT = describe([{"shape": "text", "at": "text"}], reader="transcript")


def test_blank_lines_and_colons_stay_within_a_turn():
    text = b"client: One.\n\nNote: two.\n\nTherapist:  Three.\nclient:\nFour.\n"
    read = read_one(TRANSCRIPT, text)
    assert read.turns == [[("user", "One.\n\nNote: two."), ("assistant", "Three."), ("user", "Four.")]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"No label at all.", "unknown_role"),
        (b"Title\nclient: Hi.", "unknown_role"),
        (b"client: \xff", "bad_encoding"),
    ],
)
def test_a_transcript_that_cannot_be_read_is_one_row_of_quarantine(text, reason):
    read = read_one(TRANSCRIPT, text)
    assert read.reasons == [(0, reason)]
    assert read.payload(0) == text


def test_a_transcript_over_the_limit_is_too_large():
    limited = TRANSCRIPT.model_copy(update={"limits": Limits(max_record_bytes=10)})
    assert read_one(limited, b"client: Hello there.").reasons == [(0, "too_large")]


@pytest.mark.parametrize(
    "begin",
    [
        "[12/03/2024, 21:04:11] {}: ",
        "\u200e[12.03.24, 9:04:11\u202fPM] {}: ",
        "12/03/2024, 21:04 - {}: ",
        "3/12/24, 9:04 pm \u2013 {}: ",
        "2024-03-12T21:04:11Z {}: ",
        "(00:15) {} : ",
        "00:15\t{}:",
        "12. {}: ",
        "**{}:** ",
        "**{}**: ",
        "  00:15 __{}__: ",
    ],
)
def test_a_time_before_a_name_and_stress_around_it_are_no_part_of_a_turn(begin):
    text = f"{begin.format('client')}One: 12.\n5 of them.\n{begin.format('THERAPIST')}Two."
    read = read_one(TRANSCRIPT, text.encode())
    assert read.turns == [[("user", "One: 12.\n5 of them."), ("assistant", "Two.")]]


@pytest.mark.parametrize(
    "line", ["**client: Two.", "x 12 client: Two.", "12 the client: Two.", "- client: Two."]
)
def test_what_only_looks_like_the_start_of_a_turn_is_part_of_one(line):
    assert read_one(TRANSCRIPT, f"client: One.\n{line}".encode()).turns == [[("user", f"One.\n{line}")]]


HEADED = describe([{"shape": "text", "at": "text", "heading": "before"}], reader="jsonl")


def test_what_stands_before_the_first_turn_is_kept_where_the_description_says_so():
    headed = json.dumps({"id": 1, "text": "Session 1\n\nclient: Hi."})
    plain = json.dumps({"id": 2, "text": "client: Hi."})
    nobody = json.dumps({"id": 3, "text": "Session 1"})
    taken = json.dumps({"before": 4, "text": "Session 1\nclient: Hi."})
    read = read_one(HEADED, "\n".join([headed, plain, nobody, taken]).encode())
    assert read.turns == [[("user", "Hi.")]] * 2
    assert [read.attributes(row) for row in range(2)] == [{"id": 1, "before": "Session 1"}, {"id": 2}]
    assert read.reasons == [(2, "unknown_role"), (3, "wrong_type")]


LIST = describe([{"shape": "list", "at": "talk.turns"}])


@pytest.mark.parametrize(
    ("turns", "reason", "said"),
    [
        ("no list", "wrong_type", "`talk.turns` is a string, not a list"),
        ([], "missing_field", "`talk.turns` is an empty list"),
        (["no object"], "wrong_type", "turn 0 is a string, not an object"),
        ([{"role": "client", "content": 1}], "wrong_type", "turn 0: `content` is a number, not a string"),
        ([{"role": "client", "content": None}], "missing_field", "turn 0: `content` is missing or null"),
        ([{"role": "client"}], "missing_field", "turn 0: `content` is missing or null"),
        ([{"content": "x"}], "missing_field", "turn 0: `role` is missing or null"),
        ([{"role": True, "content": "x"}], "wrong_type", "turn 0: `role` is a boolean, not a string"),
        ([{"role": "x" * 90, "content": "x"}], "unknown_role", f"role '{'x' * 40}' is not known"),
    ],
)
def test_each_defect_of_a_list_of_turns_is_named(turns, reason, said):
    read = read_one(LIST, json.dumps({"talk": {"turns": turns}}).encode())
    assert read.reasons == [(0, reason)]
    assert said in read.quarantine[0]["detail"]


def test_role_names_are_compared_without_regard_to_case_or_space():
    turns = [{"role": " CLIENT ", "content": "x"}, {"role": "Therapist", "content": "y"}]
    read = read_one(LIST, json.dumps({"talk": {"turns": turns, "place": "room 3"}}).encode())
    assert read.turns == [[("user", "x"), ("assistant", "y")]]
    assert read.attributes(0) == {"talk": {"place": "room 3"}}


def test_only_the_attributes_that_are_asked_for_are_kept():
    description = describe([{"shape": "list", "at": "turns"}], attributes=["topic", "absent"])
    record = {"turns": [{"role": "client", "content": "x"}], "topic": "t", "name": "n"}
    assert read_one(description, json.dumps(record).encode()).attributes(0) == {"topic": "t"}


def test_a_query_that_does_not_fit_a_record_quarantines_it():
    description = describe(
        [
            {
                "shape": "template",
                "values": {"all": "join(', ', names)"},
                "turns": [{"text": "{all}", "role": "user"}],
            }
        ]
    )
    read = read_one(description, b'{"names": ["a", "b"]}\n{"names": [1]}\n{}')
    assert read.turns == [[("user", "a, b")]]
    assert read.reasons == [(1, "wrong_type"), (2, "wrong_type")]
