"""Heads: trained on labelled texts, written and read, and in place of the lexical ones where they are."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from dataset_platform.errors import InputError
from dataset_platform.heads import Block, Head
from dataset_platform.quality import head_fitting, read_heads, training_sets, write_heads
from dataset_platform.quality.head_fitting import Cases, Fitted, Origin
from dataset_platform.quality.reply_quality import ReplyQuality
from dataset_platform.quality.reply_signs import NAMES, features
from dataset_platform.quality.text_blocks import Sentences
from dataset_platform.quality.traits import TRAITS, Replies
from dataset_platform_tests.quality.conftest import BagOfWords
from dataset_platform_tests.quality.test_validators import chunk, row

KIND = "I am so sorry to hear that, number {}. It sounds awful."
COLD = "The bus leaves at noon from stop {}. Bring a ticket."


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    """A head for sympathy, fitted on sixty sentences of two sorts in thirty groups."""
    texts = pa.array([(KIND, COLD)[place % 2].format(place) for place in range(60)], pa.large_string())
    positive = np.arange(60) % 2 == 0
    owner = Sentences.of(texts).owner
    cases = Cases(
        texts, features(texts), NAMES, BagOfWords().embed(texts), positive, np.arange(60) // 2,
        shows=positive[owner],
    )  # fmt: skip
    origin = Origin("made_by_hand", "ab" * 32, "ours", "kind replies", "pair")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(head_fitting, "FOLDS", 3)
        return head_fitting.fit(TRAITS[0].name, "1", cases, origin)


def test_a_head_reads_all_blocks_and_tells_unseen_cases_apart(fitted: Fitted) -> None:
    assert {part.block for part in fitted.head.parts} == set(Block)
    assert fitted.head.card.auc == 1
    assert (fitted.head.card.n, fitted.head.card.n_positive) == (60, 30)
    assert sum(point.n for point in fitted.head.card.curve) == 60


def test_a_head_is_read_as_it_was_written_and_no_text_is_in_it(fitted: Fitted, tmp_path: Path) -> None:
    write_heads((fitted.head,), tmp_path)
    assert read_heads(tmp_path) == {TRAITS[0].name: fitted.head}
    written = (tmp_path / f"{TRAITS[0].name}.json").read_text("utf-8")
    assert not any(word in written for word in ("awful.", "bus", "noon"))


def test_a_file_that_is_no_head_is_named(tmp_path: Path) -> None:
    (tmp_path / "crisis.json").write_text("{}", "utf-8")
    with pytest.raises(InputError, match=r"crisis\.json: not a head"):
        read_heads(tmp_path)


def test_a_trained_head_scores_in_place_of_the_lexical_one(fitted: Fitted) -> None:
    rows = chunk([row(place, [("user", "I fell."), ("assistant", KIND.format(place))]) for place in range(2)])
    lexical = ReplyQuality().judge(rows)
    trained = ReplyQuality({TRAITS[0].name: fitted.head}).judge(rows)
    assert trained[TRAITS[0].name][0] != lexical[TRAITS[0].name][0]
    assert all(np.array_equal(trained[trait.name], lexical[trait.name]) for trait in TRAITS[1:])


def test_probabilities_do_not_depend_on_the_other_texts(fitted: Fitted) -> None:
    texts = pa.array([KIND.format(1), COLD.format(2), "", "Why? Tell me!"], pa.large_string())
    together = Replies(texts, BagOfWords().embed(texts)).by(fitted.head)
    alone = [
        Replies(texts[at : at + 1], BagOfWords().embed(texts[at : at + 1])).by(fitted.head)[0]
        for at in range(4)
    ]
    assert together == pytest.approx(alone)


@pytest.mark.parametrize(
    ("trait", "text"),
    [
        ("emotional_reactions", "I'm so sorry to hear that. I hope things get better, hugs."),
        ("interpretations", "I know exactly how you feel, I was the same when I lost my job."),
        ("explorations", "What happened? Do you want to talk about it?"),
        ("reflection", "So you feel torn, and it sounds like you are tired of it."),
        ("open_question", "What would you like to change?"),
    ],
)
def test_each_lexical_head_prefers_what_shows_its_trait(trait: str, text: str) -> None:
    texts = pa.array([text, "The room is on the left."], pa.large_string())
    shown, not_shown = Replies(texts, BagOfWords().embed(texts)).probability(
        next(t for t in TRAITS if t.name == trait), {}
    )
    assert shown > 0.5 > not_shown


def test_lists_of_unequal_length_are_no_head(fitted: Fitted) -> None:
    stored = fitted.head.model_dump(mode="json")
    stored["parts"][0]["weights"].pop()
    with pytest.raises(ValueError, match="lists of lengths"):
        Head.model_validate(stored)


def test_no_set_to_train_on_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none of epitome, crisis_cssrs, annomi"):
        training_sets(tmp_path, tmp_path)
