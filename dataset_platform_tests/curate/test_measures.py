"""Figures on conversations: what lowers them, and that they depend on one conversation alone."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform.curate.columns import Turns, strings
from dataset_platform.curate.measures import measures
from dataset_platform.ingest import Filters
from dataset_platform.schemas import RAW

ORDINARY = (
    "I have been feeling quite low for several weeks now, and I do not know what to do about it. "
    "My sister says that I should talk to someone, but it is hard to begin when you are this tired."
)
CONVERSATIONS = st.lists(st.lists(st.text(max_size=30), max_size=4), min_size=1, max_size=5)


def measured(*conversations: list[str], language: str = "en") -> list[dict[str, float]]:
    rows = [[{"role": "user", "content": content} for content in turns] for turns in conversations]
    turns = Turns.of(pa.array(rows, RAW.arrow.field("messages").type))
    columns = measures(turns, strings([language] * len(rows)))
    return [
        dict(zip(columns, values, strict=True))
        for values in zip(*(c.to_pylist() for c in columns.values()), strict=True)
    ]


def quality(text: str, language: str = "en") -> float:
    return measured([text], language=language)[0]["quality"]


@settings(max_examples=100)
@given(CONVERSATIONS)
def test_figures_are_in_range_and_see_one_conversation_at_a_time(conversations: list[list[str]]) -> None:
    together = measured(*conversations)
    assert together == [measured(turns)[0] for turns in conversations]
    for row in together:
        assert 0 <= row["repetition"] < 1
        assert 0 <= row["quality"] <= 1
        assert row["n_tokens"] >= 0


def test_repetition_is_the_share_of_five_words_said_before() -> None:
    assert measured(["a b c d e f"])[0]["repetition"] == 0
    assert measured(["a b c d"])[0]["repetition"] == 0
    assert measured(["a b c d e", "A, b c d e!"])[0]["repetition"] == pytest.approx(1 / 6)
    assert measured(["I am here for you. " * 40])[0]["repetition"] > 0.9


def test_ordinary_text_has_the_best_mark_in_any_language() -> None:
    assert quality(ORDINARY) == 1
    assert quality("Ich fühle mich seit Wochen müde und weiß nicht, was ich noch tun kann.", "de") == 1
    assert quality("Мне очень тяжело, и я не знаю, что делать дальше.", "ru") == 1
    assert quality("我最近睡不好，也不知道该怎么办。" * 5, "zh") == 1  # noqa: RUF001
    assert quality("hi", "und") == 1


@pytest.mark.parametrize(
    "text",
    [
        ORDINARY.upper(),
        ORDINARY.replace(" ", " ## {} "),
        ORDINARY.replace(" ", ""),
        " ".join(ORDINARY.replace(" ", "")),
        "zebra lamp river cloud " * 8,
        ORDINARY * 2 + " and then he",
    ],
    ids=["capitals", "symbols", "no spaces", "single letters", "no stop words", "unfinished"],
)
def test_what_is_no_ordinary_text_lowers_quality(text: str) -> None:
    assert quality(text) < 1


def test_symbols_without_words_fall_below_the_limit() -> None:
    assert quality("{} || ## ~~ <> == @@ ^^ \\\\ __ ++ ** " * 5) < (Filters().min_quality or 0)


def test_tokens_are_estimated_from_words_marks_digits_and_bytes() -> None:
    assert measured(["Hello, how are you?"])[0]["n_tokens"] == 6
    assert measured([ORDINARY])[0]["n_tokens"] == 45
    assert measured([])[0]["n_tokens"] == 0
