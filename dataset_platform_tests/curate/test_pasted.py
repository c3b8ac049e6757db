"""One answer in many conversations is found, wherever it stands and however it is punctuated."""

import random

from dataset_platform import curate
from dataset_platform.schemas import PASTED
from dataset_platform_tests.curate.conversations import clean_frame, clean_record, decisions_on

WORDS = [f"word{number}" for number in range(400)]
ANSWER = " ".join(random.Random(1).choices(WORDS, k=20))
PASTING = curate.Pasting(conversations=3)


def record(answer: str, position: int, role: str = "assistant", **fields: object) -> dict[str, object]:
    rng = random.Random(position)
    asked, other = (" ".join(rng.choices(WORDS, k=25)) for _ in range(2))
    return clean_record(
        [("user", asked), ("assistant", other), ("user", "Why?"), (role, answer)], position, **fields
    )


def pasted(records: list[dict[str, object]]) -> list[dict[str, object]]:
    signatures = curate.sign(clean_frame(records))
    table = curate.find_pasted(signatures, decisions_on(records), PASTING)
    assert PASTED.violations(table.to_batches()) == []
    return table.to_pylist()


def test_the_same_words_in_enough_conversations_are_one_pasted_answer() -> None:
    records = [record(ANSWER, 0), record(ANSWER.replace(" ", ", ").upper(), 1), record(f"“{ANSWER}…”", 2)]
    found = pasted(records)
    assert [(row["origin_position"], row["conversations"]) for row in found] == [(0, 3), (1, 3), (2, 3)]
    assert len({row["answer"] for row in found}) == 1


def test_other_roles_shorter_answers_dropped_rows_and_repeats_do_not_count() -> None:
    short = ANSWER.rpartition(" ")[0]
    twice = [("user", "Hm?"), ("assistant", ANSWER), ("user", "What?"), ("assistant", ANSWER)]
    records = [
        *(record(ANSWER, place, role="user") for place in range(3)),
        *(record(short, place) for place in range(3, 6)),
        record(ANSWER, 6, n_user_turns=0),
        clean_record(twice, 7),
        record(ANSWER, 8),
    ]
    assert pasted(records) == []


def test_nothing_in_gives_nothing() -> None:
    assert pasted([]) == []
