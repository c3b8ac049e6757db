"""Rules for turns: loops, speakers, reasoning, empty turns and neighbours, and that none is lost silently."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform.curate import Cleaning
from dataset_platform.curate.columns import Turns
from dataset_platform.curate.normalisation import tidy
from dataset_platform.curate.rules import TURN_RULES, Rule, Taken, TurnRule
from dataset_platform.schemas import RAW

Turn = tuple[str, str]
FRAGMENTS = [
    *(
        "<think>",
        "</think>",
        "<THINKING>",
        "</thinking>",
        "<reasoning a='b'>",
        "</reasoning>",
        "<think",
        "< / thinking so",
        "\n",
        " ",
        "x",
    ),
    *(
        "Therapist: ",
        "Client: ",
        "\nTherapist: ",
        "\nclient 2: ",
        "[Patient]: ",
        "a good long sentence of words",
    ),
]
said = st.lists(st.sampled_from(FRAGMENTS), max_size=5).map("".join)
conversation = st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), said), max_size=7)
by_rule = pytest.mark.parametrize("rule", TURN_RULES, ids=lambda rule: rule.name)

TAG = re.compile(r"</?think(?:ing)?>", re.IGNORECASE)
LONG = "I keep waking up at three and cannot sleep."


def turns_of(*conversations: list[Turn]) -> Turns:
    rows = [[{"role": role, "content": content} for role, content in turns] for turns in conversations]
    return Turns.of(pa.array(rows, RAW.arrow.field("messages").type))


def listed(turns: Turns) -> list[list[Turn]]:
    return [[(turn["role"], turn["content"]) for turn in row] for row in turns.messages().to_pylist()]


def tidied(turns: list[Turn]) -> tuple[list[Turn], dict[str, int]]:
    result = tidy(turns_of(turns), Cleaning())
    edits = {str(rule): int(count) for rule, count in zip(Rule, result.edits[0], strict=True) if count}
    return listed(result.turns)[0], edits


@by_rule
@settings(max_examples=30)
@given(turns=conversation)
def test_a_rule_twice_equals_once_and_adds_no_text(rule: TurnRule, turns: list[Turn]) -> None:
    before = turns_of(turns)
    once = rule.apply(before)
    again = rule.apply(once.turns)
    assert listed(again.turns) == listed(once.turns)
    assert again.changed.sum() == 0
    added = len(once.turns.rows) - len(before.rows)
    size = sum(len(content) for content in once.turns.contents.to_pylist())
    joins = once.changed.sum() if rule.name is Rule.MERGED_TURNS else 0
    assert size <= sum(len(content) for _, content in turns) + joins
    assert added <= 0 or rule.name is Rule.SPEAKER_TURNS


@by_rule
@settings(max_examples=30)
@given(conversations=st.lists(conversation, max_size=4))
def test_a_rule_sees_one_conversation_at_a_time(rule: TurnRule, conversations: list[list[Turn]]) -> None:
    together = rule.apply(turns_of(*conversations))
    alone = [rule.apply(turns_of(turns)) for turns in conversations]
    assert listed(together.turns) == [row for one in alone for row in listed(one.turns)]
    assert together.changed.tolist() == [int(count) for one in alone for count in one.changed]


@settings(max_examples=25)
@given(conversations=st.lists(conversation, max_size=3))
def test_no_turn_is_lost_that_is_not_counted(conversations: list[list[Turn]]) -> None:
    before = turns_of(*conversations)
    result = tidy(before, Cleaning())
    edits = {rule: result.edits[:, place] for place, rule in enumerate(Rule)}
    lost = edits[Rule.EMPTY_TURNS] + edits[Rule.REPEATED_TURNS] + edits[Rule.MERGED_TURNS]
    came = np.bincount(before.rows, minlength=before.n_rows)
    stayed = np.bincount(result.turns.rows, minlength=before.n_rows)
    whole = edits[Rule.SPEAKER_TURNS] == 0
    assert (came - lost)[whole].tolist() == stayed[whole].tolist()
    assert (stayed >= came - lost).all()


@settings(max_examples=25)
@given(turns=conversation)
def test_cleaning_twice_equals_once_and_leaves_no_reasoning(turns: list[Turn]) -> None:
    once, _ = tidied(turns)
    assert tidied(once) == (once, {})
    assert not any(TAG.search(content) for role, content in once if role == "assistant")


@pytest.mark.parametrize(
    ("text", "left", "thoughts"),
    [
        ("<think>Sad?</think>\n\nHow are you?", "How are you?", ["Sad?"]),
        ("Hm. <Thinking>a</Thinking> So <reasoning>b</reasoning>?", "Hm. So ?", ["a", "b"]),
        ("Yes. <think>and then", "Yes.", ["and then"]),
        ("I should ask.\n</think>\nHow are you?", "How are you?", ["I should ask."]),
        ("<think>a <think>b</think> c</think>d", "d", ["a", "b", "c"]),
        ("&lt;think&gt;a&lt;/think&gt;b", "b", ["a"]),
        ("<think></think>b", "b", []),
        ("I <3 to think > talk", "I <3 to think > talk", []),
        ("I <think so, and so do you", "I <think so, and so do you", []),
        ("Cut off in </thinki", "Cut off in </thinki", []),
        ("Cut off in <think", "Cut off in <think", []),
        ("<think>a</think>b <think", "b <think", ["a"]),
    ],
)
def test_reasoning_is_taken_out_of_an_assistants_turn(text: str, left: str, thoughts: list[str]) -> None:
    result = tidy(turns_of([("user", "Hi"), ("assistant", text)]), Cleaning())
    assert listed(result.turns) == [[("user", "Hi"), ("assistant", left)]]
    assert result.taken == tuple(Taken(0, 1, thought) for thought in thoughts)


@pytest.mark.parametrize(
    ("mark", "left"),
    [
        ("# ", ["#"]),
        ("--\n", []),
        ("On Monday she wrote:\n> a\n", []),
        ("Therapist: ", []),
        ("\nTherapist: ", []),
        ("</think>", []),
        ("<think", ["<think" * 10_000]),
    ],
)
def test_a_turn_of_nothing_but_marks_takes_time_by_its_length(mark: str, left: list[str]) -> None:
    """As models write that never end. Where each mark takes a pass of its own, this takes hours."""
    turns, _ = tidied([("assistant", mark * 10_000)])
    assert [said for _, said in turns] == left


def test_a_clients_own_tags_stay() -> None:
    assert tidied([("user", "<think> is a tag")])[0] == [("user", "<think> is a tag")]


@pytest.mark.parametrize(
    ("turns", "expected", "edits"),
    [
        ([("assistant", "Therapist: Go on.")], [("assistant", "Go on.")], {"speaker_prefixes": 1}),
        (
            [("assistant", "**Therapist:** Go on.")],
            [("assistant", "Go on.")],
            {"markdown": 1, "speaker_prefixes": 1},
        ),
        (
            [("assistant", "Therapist: Go on.\nTherapist: Please.")],
            [("assistant", "Go on.\nPlease.")],
            {"speaker_prefixes": 1},
        ),
        (
            [("user", "Client: I am low.\nSo low.\nTherapist: Since when?\nClient: May.")],
            [("user", "I am low.\nSo low."), ("assistant", "Since when?"), ("user", "May.")],
            {"speaker_turns": 1},
        ),
        (
            [("user", "Client: Hi.\nTherapist: Hello."), ("assistant", "How are you?")],
            [("user", "Hi."), ("assistant", "Hello.\nHow are you?")],
            {"speaker_turns": 1, "merged_turns": 1},
        ),
    ],
)
def test_names_of_speakers_go_and_lines_of_two_speakers_become_turns(turns, expected, edits) -> None:
    assert tidied(turns) == (expected, edits)


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("user", "Therapist: you are fine. That is what she said."),
        ("user", "It went like this.\nTherapist: Go on.\nClient: No."),
        ("user", "Doctor: my leg hurts"),
        ("assistant", "A client: what a word."),
        ("system", "User: hello\nAssistant: hi"),
    ],
)
def test_quotations_of_speakers_stay(role: str, text: str) -> None:
    assert tidied([(role, text)]) == ([(role, text)], {})


@pytest.mark.parametrize(
    ("turns", "kept", "repeated"),
    [
        ([("user", "Hi"), ("user", "Hi"), ("user", "Hi"), ("assistant", "Yes?")], [0, 3], 2),
        ([("user", LONG), ("assistant", "Tell me more.")] * 4, [0, 1], 6),
        ([("user", LONG), ("assistant", "More?"), ("user", LONG), ("assistant", "Why?")], [0, 1, 2, 3], 0),
        ([("user", "Yes."), ("assistant", "Mm-hm.")] * 3, [0, 1, 2, 3, 4, 5], 0),
        ([("user", "ok"), ("assistant", "ok")], [0, 1], 0),
    ],
)
def test_loops_collapse_to_one(turns: list[Turn], kept: list[int], repeated: int) -> None:
    expected = [turns[place] for place in kept]
    assert tidied(turns) == (expected, {"repeated_turns": repeated} if repeated else {})


def test_a_loop_of_one_conversation_does_not_reach_into_the_next() -> None:
    result = tidy(turns_of([("user", "Hi")], [("user", "Hi")]), Cleaning())
    assert listed(result.turns) == [[("user", "Hi")], [("user", "Hi")]]


def test_turns_keep_the_number_that_they_were_read_with() -> None:
    turns = turns_of(
        [("user", "")] * 2, [("user", "a"), ("user", ""), ("assistant", "b"), ("assistant", "c")]
    )
    assert tidy(turns, Cleaning()).turns.numbers.tolist() == [0, 2]
