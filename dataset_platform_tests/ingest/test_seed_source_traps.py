"""Each trap in the design's table of seed sources: broken input, expected rows."""

import json

from dataset_platform.schemas import QuarantineReason
from dataset_platform_tests.ingest.hand_made import SEED_SOURCES, contents, read_one

DUAL_PERSONA = SEED_SOURCES["dual_persona"]
KNOWLEDGE = SEED_SOURCES["psychology_knowledge"]
EDGE_CASES = SEED_SOURCES["edge_cases"]
PIXEL_VOICE = SEED_SOURCES["pixel_voice"]
STANDARD = SEED_SOURCES["standard_therapeutic"]


def test_every_persona_that_speaks_as_therapist_is_the_assistant():
    dialogue = {
        "dialogue_id": "d1",
        "persona_1": "gentle",
        "persona_2": "direct",
        "consistency_score": 0.9,
        "conversation": [
            {"speaker": "Client", "content": "I cannot sleep."},
            {"speaker": "Therapist", "persona": "gentle", "content": "That sounds tiring."},
            {"speaker": "Therapist", "persona": "direct", "content": "Since when?"},
        ],
    }
    read = read_one(DUAL_PERSONA, json.dumps(dialogue).encode())
    assert read.turns == [
        [("user", "I cannot sleep."), ("assistant", "That sounds tiring."), ("assistant", "Since when?")]
    ]
    assert read.attributes(0) == {
        "dialogue_id": "d1",
        "persona_1": "gentle",
        "persona_2": "direct",
        "consistency_score": 0.9,
    }


def test_an_unknown_speaker_is_named_with_file_and_record():
    known = b'{"conversation":[{"speaker":"Client","content":"a"}]}\n'
    coach = b'{"conversation":[{"speaker":"Coach","content":"secret words"}]}\n'
    read = read_one(DUAL_PERSONA, known + coach)
    assert read.reasons == [(1, "unknown_role")]
    assert read.quarantine[0]["detail"] == (
        f"dual_persona/part.jsonl, record 1, byte {len(known)}: role 'Coach' is not known; "
        "map it under `roles` in the source's description"
    )
    assert read.payload(0) == coach


def test_concepts_of_an_object_are_records_with_their_key_and_strings_are_quarantined():
    document = {
        "version": "3",
        "concepts": {
            "anchoring": {"title": "Anchoring", "content": "A first number sways us.", "category": "bias"},
            "loose_note": "only a string",
            "priming": {"name": "Priming", "definition": "One thing readies another.", "category": "memory"},
            "nameless": {"content": "No title."},
        },
    }
    read = read_one(KNOWLEDGE, json.dumps(document).encode())
    assert read.turns == [
        [("user", "What does Anchoring mean?"), ("assistant", "A first number sways us.")],
        [("user", "What does Priming mean?"), ("assistant", "One thing readies another.")],
    ]
    assert read.attributes(0) == {"concept_id": "anchoring", "title": "Anchoring", "category": "bias"}
    assert read.reasons == [(1, "wrong_type"), (3, "missing_field")]
    assert read.quarantine[0]["detail"].endswith("is a string, not an object")
    assert read.quarantine[1]["detail"].endswith("`title || name` is missing or null")


def test_a_knowledge_base_may_be_a_list_or_an_object_with_a_list():
    entry = {"title": "Flow", "content": "Being absorbed."}
    for document in ([entry, "string"], {"knowledge": [entry, "string"]}):
        read = read_one(KNOWLEDGE, json.dumps(document).encode())
        assert read.turns == [[("user", "What does Flow mean?"), ("assistant", "Being absorbed.")]]
        assert read.reasons == [(1, "wrong_type")]


def test_the_prompt_of_an_edge_case_is_the_therapists():
    record = {"prompt": "How was it?", "response": "Leave me alone.", "category": "hostile"}
    read = read_one(EDGE_CASES, json.dumps(record).encode())
    assert read.turns == [[("assistant", "How was it?"), ("user", "Leave me alone.")]]
    assert read.records[0]["is_edge_case"]
    assert read.attributes(0) == {"category": "hostile"}


def test_missing_nested_scores_do_not_matter_to_pixel_voice():
    records = [
        {"turn_1": "Hi.", "turn_2": "Hello.", "validation": {"empathy_turn_1": [{"score": 0.4}]}},
        {"turn_1": "Hi.", "turn_2": "Hello.", "validation": {}},
        {"turn_1": "Hi.", "turn_2": None},
        {"turn_1": "Hi.", "turn_2": 7},
    ]
    read = read_one(PIXEL_VOICE, json.dumps(records).encode())
    assert len(read.records) == 2
    assert read.attributes(0) == {"validation": {"empathy_turn_1": [{"score": 0.4}]}}
    assert read.reasons == [(2, "missing_field"), (3, "wrong_type")]


FOUR_SHAPES = [
    {"conversation": [{"role": "client", "content": "c"}, {"role": "therapist", "content": "t"}]},
    {"messages": [{"role": "user", "content": "c"}, {"role": "assistant", "content": "t"}]},
    {"text": "Client: c\nTherapist: t"},
    {"prompt": "c", "response": "t"},
]


def test_standard_therapeutic_has_four_shapes_in_a_list_or_an_object():
    for document in (FOUR_SHAPES, {"conversations": FOUR_SHAPES}):
        read = read_one(STANDARD, json.dumps(document).encode())
        assert read.turns == [[("user", "c"), ("assistant", "t")]] * 4


def test_a_document_that_breaks_off_inside_a_string_keeps_every_whole_record():
    for document in (FOUR_SHAPES, {"conversations": FOUR_SHAPES}):
        whole = json.dumps(document)
        cut = whole.index('"response"') + 12
        read = read_one(STANDARD, whole[:cut].encode())
        start = whole.index('{"prompt"')
        assert len(read.records) == 3
        assert read.reasons == [(3, "truncated")]
        assert f"byte {start}:" in read.quarantine[0]["detail"]
        assert read.payload(0) == whole[start:cut].encode()


def test_a_document_cut_anywhere_keeps_exactly_the_records_that_are_whole():
    whole = json.dumps({"conversations": FOUR_SHAPES}).encode()
    ends = [whole.index(json.dumps(shape).encode()) + len(json.dumps(shape)) for shape in FOUR_SHAPES]
    for cut in range(1, len(whole)):
        *kept, last = contents(STANDARD, whole[:cut])
        assert kept == [shape for shape, end in zip(FOUR_SHAPES, ends, strict=True) if end <= cut]
        assert last.reason == QuarantineReason.TRUNCATED


def test_bad_utf8_spoils_only_its_own_record():
    good = b'{"prompt": "a", "response": "b"}'
    bad = b'{"prompt": "a\xff", "response": "b"}'
    for description, content in (
        (EDGE_CASES, b"\n".join([good, bad, good])),
        (STANDARD, b"[" + b",".join([good, bad, good]) + b"]"),
    ):
        read = read_one(description, content)
        assert [row["origin_position"] for row in read.records] == [0, 2]
        assert read.reasons == [(1, "bad_encoding")]
        assert read.payload(0).strip() == bad


def test_an_empty_file_is_one_row_of_quarantine():
    for description in SEED_SOURCES.values():
        read = read_one(description, b"")
        assert (read.records, read.reasons) == ([], [(0, "empty_file")])


def test_an_empty_list_of_turns_is_a_missing_field():
    read = read_one(DUAL_PERSONA, b'{"dialogue_id": "d", "conversation": []}')
    assert read.reasons == [(0, "missing_field")]
