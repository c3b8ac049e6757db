"""A text is known by its letters, however it is delivered, and by nothing else."""

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_platform.curate.fingerprints import Snippet, content_digests, letters, letters_said
from dataset_platform.schemas import MESSAGE
from dataset_platform_tests.rows import hexdigest

texts = st.lists(st.text(max_size=30), max_size=8)


def letters_of(*values: str) -> list[str]:
    return letters(pa.array(values, pa.large_string())).to_pylist()


def said_by(*conversations: list[str]) -> pa.Array:
    turns = [[{"role": "user", "content": text} for text in texts] for texts in conversations]
    return letters_said(pa.array(turns, pa.list_(MESSAGE)))


@pytest.mark.parametrize(
    "delivered",
    [
        "I can't sleep, since MAY 2!",
        "i can\u2019t sleep since may 2",
        "I  can't\n\tsleep…since May 2",
        "\uff29 can't sleep since May 2",
    ],
)
def test_layout_case_and_punctuation_do_not_count(delivered):
    assert letters_of(delivered) == ["icantsleepsincemay2"]


def test_accents_count_however_they_are_written():
    composed, apart = unicodedata.normalize("NFC", "café"), unicodedata.normalize("NFD", "café")
    assert letters_of(composed, apart, "cafe") == ["café", "café", "cafe"]


@given(texts)
def test_every_text_gives_the_letters_that_it_gives_alone(values):
    assert letters_of(*values) == [value for text in values for value in letters_of(text)]


@given(st.text())
def test_letters_of_letters_are_the_same(text):
    assert letters_of(*letters_of(text)) == letters_of(text)


@given(st.lists(texts, max_size=6), st.text(min_size=1, max_size=6))
def test_a_snippet_is_found_where_its_letters_stand_and_nowhere_else(conversations, wanted):
    said = said_by(*conversations)
    snippet = Snippet.of(wanted)
    (stretch,) = letters_of(wanted)
    expected = [bool(stretch) and stretch in text for text in said.to_pylist()]
    assert snippet.found_in(said).tolist() == expected


def test_the_same_letters_in_another_order_are_not_found():
    said = said_by(["I can not sleep"], ["sleep I can not"])
    assert Snippet.of("can not sleep").found_in(said).tolist() == [True, False]


def test_silence_has_no_digest():
    said = said_by(["..."], [], ["a"])
    assert content_digests(said).is_null().to_pylist() == [True, True, False]


def test_digests_never_change():
    """Withdrawn rows are known by these for good: a change here lets them back in."""
    assert content_digests(said_by(["Straße, 2 a.m."], ["東京で"])).to_pylist() == [
        hexdigest("strasse2am"),
        hexdigest("東京で"),
    ]
    assert Snippet.of("Can't sleep, Straße 東京").weight == 16806921916843468925
