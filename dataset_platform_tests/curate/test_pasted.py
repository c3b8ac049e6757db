"""One answer in many conversations is found wherever it stands, however punctuated, edited a little."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_platform import curate
from dataset_platform.curate import pasted as finding
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


def edited(answer: str, place: int, word: str) -> str:
    words = answer.split()
    words[place] = word
    return " ".join(words)


def ngrams(text: str) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}


@pytest.fixture
def pasted(tmp_path: Path):
    def found(records: list[dict[str, object]], pasting: curate.Pasting = PASTING) -> list[dict[str, object]]:
        clean = clean_frame(records)
        table = curate.find_pasted(curate.sign(clean), clean, decisions_on(records), tmp_path, pasting)
        assert PASTED.violations(table.to_batches()) == []
        assert list(tmp_path.iterdir()) == []
        return table.to_pylist()

    return found


def test_the_same_words_in_enough_conversations_are_one_pasted_answer(pasted) -> None:
    records = [record(ANSWER, 0), record(ANSWER.replace(" ", ", ").upper(), 1), record(f"“{ANSWER}…”", 2)]
    found = pasted(records)
    assert [(row["origin_position"], row["conversations"]) for row in found] == [(0, 3), (1, 3), (2, 3)]
    assert len({row["answer"] for row in found}) == 1
    assert {row["similarity"] for row in found} == {1.0}


def test_other_roles_shorter_answers_dropped_rows_and_repeats_do_not_count(pasted) -> None:
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


def test_planted_answers_are_found_with_small_edits_and_their_true_similarity(pasted) -> None:
    """20 answers of 60 words, each verbatim twice and with one or two words changed in ten, among 500.

    A copy of similarity 0.7 is overlooked in 1 of 100 cases: 0.3^4.
    """
    rng = random.Random(3)
    planted: dict[int, tuple[int, str]] = {}
    originals = [" ".join(rng.choices(WORDS, k=60)) for _ in range(20)]
    for number, original in enumerate(originals):
        for copy in range(12):
            text = original
            for change in range(0 if copy < 2 else 1 + copy % 2):
                text = edited(text, rng.randrange(60), f"changed{copy}{change}")
            planted[len(planted)] = (number, text)
    records = [record(text, position) for position, (_, text) in planted.items()]
    records += [record(" ".join(rng.choices(WORDS, k=60)), len(planted) + other) for other in range(500)]
    rng.shuffle(records)

    found = pasted(records, curate.Pasting())
    positions = {row["origin_position"] for row in found}
    assert positions <= set(planted)
    assert len(positions) >= 0.99 * len(planted)
    assert all(row["conversations"] >= 11 for row in found)
    of_answer: dict[object, set[int]] = {}
    for row in found:
        number, text = planted[row["origin_position"]]
        of_answer.setdefault(row["answer"], set()).add(number)
        ours, original = ngrams(text), ngrams(originals[number])
        assert row["similarity"] == pytest.approx(len(ours & original) / len(ours | original))
    assert sorted(map(len, of_answer.values())) == [1] * 20


def test_answers_that_share_less_than_half_are_not_one(pasted) -> None:
    half = " ".join(random.Random(4).choices(WORDS, k=30))
    others = (" ".join(random.Random(seed).choices(WORDS, k=40)) for seed in range(10, 16))
    assert pasted([record(f"{half} {other}", place) for place, other in enumerate(others)]) == []


def test_two_wordings_in_one_conversation_count_once_and_the_closer_one_is_told(pasted) -> None:
    both = [("user", "Hm?"), ("assistant", edited(ANSWER, 19, "x")), ("user", "What?"), ("assistant", ANSWER)]
    found = pasted([clean_record(both, 0), record(ANSWER, 1), record(edited(ANSWER, 0, "x"), 2)])
    assert [row["origin_position"] for row in found] == [0, 1, 2]
    assert [row["similarity"] for row in found] == [1.0, 1.0, pytest.approx(15 / 17)]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(8)))
def test_no_result_depends_on_the_order_of_the_rows(pasted, order: list[int]) -> None:
    records = [record(edited(ANSWER, place % 3, f"x{place % 4}"), place) for place in range(8)]
    assert pasted([records[place] for place in order]) == pasted(records)


def test_few_ngrams_at_a_time_find_the_same(pasted, monkeypatch) -> None:
    records = [record(edited(ANSWER, place, "x"), place) for place in range(6)]
    whole = pasted(records)
    assert whole
    monkeypatch.setattr(finding, "NGRAMS_AT_ONCE", 10)
    assert pasted(records) == whole


def test_nothing_in_gives_nothing(pasted) -> None:
    assert pasted([]) == []
