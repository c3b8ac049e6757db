"""The tagger: exact, indifferent to neighbours and batches, and written as it was read."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataset_platform.curate.naming import Label, Tagger, known_words, packaged
from dataset_platform.curate.naming.gazetteer import Gazetteer, packaged_gazetteer
from dataset_platform.curate.naming.lexicon import Lexicon
from dataset_platform.curate.naming.words import WORD

TAGGER = packaged()
TEXTS = [
    "My name is Siobhan Okonkwo and I live in Boston.",
    "I talked to my sister on Monday.",
    "",
    "marcus told me. Then Tobias left!",
]


def labels(texts: list[str], tagger: Tagger = TAGGER) -> list[tuple[int, str, Label]]:
    words = tagger.words(texts)
    best = tagger.scores(words).argmax(axis=1)
    return [(int(words.texts[p]), words.said[p], Label(b)) for p, b in zip(words.places, best, strict=True)]


def test_names_and_places_are_told_apart() -> None:
    found = {word: label for _, word, label in labels(TEXTS)}
    assert (found["Siobhan"], found["Okonkwo"], found["Boston"]) == (Label.NAME, Label.NAME, Label.PLACE)
    assert "Monday" not in found


@settings(max_examples=50)
@given(st.lists(st.text("aB.é'’-_[]1 \n\t\u00a0", max_size=12), max_size=5))  # noqa: RUF001
def test_every_word_stands_where_it_is_said_to_stand(texts: list[str]) -> None:
    words = TAGGER.words(texts)
    found = [
        (int(words.texts[i]), int(words.starts[i]), int(words.ends[i]), words.said[i])
        for i in range(len(words.said))
    ]
    assert found == [
        (number, *match.span(), match[0])
        for number, text in enumerate(texts)
        for match in WORD.finditer(text)
    ]


@settings(max_examples=30)
@given(st.permutations(TEXTS))
def test_what_is_found_in_a_text_does_not_depend_on_the_others(texts: list[str]) -> None:
    alone = [(place, word, label) for place, text in enumerate(texts) for _, word, label in labels([text])]
    assert labels(list(texts)) == alone


def test_words_that_were_forgotten_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_words, "_MOST_WORDS", 3)
    forgetful = packaged()
    for text in [*TEXTS, *TEXTS]:
        assert labels([text], forgetful) == labels([text])


def test_threads_may_share_a_tagger() -> None:
    texts = [
        f"{name} met {name.lower()}, and Anna{number}." for number, name in enumerate("ABCDEFGHIJKLMNOP")
    ]
    alone, shared = [labels([text]) for text in texts], packaged()
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda text: labels([text], shared), texts * 20)) == alone * 20


def test_scores_are_sums_of_whole_numbers() -> None:
    for weights in (TAGGER.hidden, TAGGER.hidden_bias, TAGGER.output, TAGGER.output_bias):
        assert np.array_equal(weights, np.round(weights))
    largest = np.abs(TAGGER.hidden).sum(axis=0) * 64 * 3 + np.abs(TAGGER.hidden_bias)
    assert (largest @ np.abs(TAGGER.output) + np.abs(TAGGER.output_bias)).max() < 2**53


def test_a_tagger_is_written_as_it_was_read(tmp_path: Path) -> None:
    first, second = TAGGER.write(tmp_path / "a.npz"), TAGGER.write(tmp_path / "b.npz")
    assert first.read_bytes() == second.read_bytes()
    with first.open("rb") as file:
        again = Tagger.read(file)
    assert np.array_equal(again.scores(again.words(TEXTS)), TAGGER.scores(TAGGER.words(TEXTS)))


def test_an_unknown_word_is_judged_by_its_letters() -> None:
    lexicon: Lexicon = TAGGER.lexicon
    assert lexicon.likeness("gairbekov") > 0 > lexicon.likeness("mindfulness")


@pytest.mark.slow
def test_invented_sentences_are_the_same_again_and_their_spans_fit() -> None:
    pytest.importorskip("faker", reason="the packages for fitting are not installed")
    from dataset_platform.curate.naming.gathering import sources
    from dataset_platform.curate.naming.inventing import Inventor

    inventor = Inventor.of(sources())
    drawn = [inventor.sentence(Random(seed)) for seed in range(200)]
    assert drawn == [inventor.sentence(Random(seed)) for seed in range(200)]
    for text, spans in drawn:
        assert all(0 <= start < end <= len(text) for start, end, _ in spans)
        assert all(text[start:end].strip() == text[start:end] for start, end, _ in spans)


def test_the_gazetteer_knows_towns_with_and_without_accents_and_is_written_as_it_was_read(
    tmp_path: Path,
) -> None:
    towns = Gazetteer.of(["Malmö", "Fort Worth"])
    assert [towns.knows(name) for name in ("malmö", "Malmo", "fort worth", "worth")] == [
        True,
        True,
        True,
        False,
    ]
    with np.load(towns.write(tmp_path / "towns.npz")) as stored:
        assert np.array_equal(np.cumsum(stored["gaps"], dtype=np.uint32), towns.hashes)
    assert packaged_gazetteer().knows("Salina")
