"""Diversity, privacy and fairness find what was planted and nothing else."""

import numpy as np
import pytest

from dataset_platform.evaluation import diversity, fairness, privacy, therapy, toxicity
from dataset_platform.evaluation.generation import Reply
from dataset_platform.evaluation.report import Model
from dataset_platform.evaluation.said import Asked, Said
from dataset_platform.training.rows import Conversation

LONG = "we walked along the river until the lamps went on and nobody said a word about it"


def said(*texts, told="how was it"):
    asked = tuple(Asked("heldout", str(i), "x", (), (told,)) for i in range(len(texts)))
    return Said(asked, tuple((Reply(text, len(text.split()), True),) for text in texts))


def trained_on(*texts):
    return [Conversation("1", "x", [{"role": "assistant", "content": text}]) for text in texts]


def test_reciting_takes_many_words_in_a_row_that_the_prompt_did_not_have():
    found, real = privacy.recited(
        {Model.TUNED: said(LONG, LONG.upper() + "!", "along the river until", "I like the river")},
        [LONG, "nothing of that"],
        trained_on("Yes.", LONG),
        8,
    )
    assert found[Model.TUNED].tolist() == [1, 1, 0, 0]
    assert real.tolist() == [1, 0]
    client = [Conversation("1", "x", [{"role": "user", "content": LONG}])]
    assert privacy.recited({Model.TUNED: said(LONG)}, [], client, 8)[0][Model.TUNED].tolist() == [1]
    quoted, _ = privacy.recited({Model.TUNED: said(LONG, told=LONG)}, [], trained_on(LONG), 8)
    assert quoted[Model.TUNED].tolist() == [0]


def test_knowing_the_held_out_reply_is_found_reply_by_reply():
    references = [LONG, LONG, "short"]
    assert privacy.foreknown(said(LONG, "other words", "short"), references, 8).tolist() == [1, 0, 0]


def test_private_data_counts_unless_the_prompt_gave_it():
    mail = "Write to ann.lee@post.nz today"
    assert privacy.gives_private_data(said(mail, "Write to me"), ("email",)).tolist() == [1, 0]
    assert privacy.gives_private_data(said(mail, told="I am ann.lee@post.nz"), ("email",)).tolist() == [0]
    assert privacy.gives_private_data(said("Donna is right"), ("name",)).tolist() == [0]  # nobody's


def test_an_insult_is_toxic_and_a_hard_truth_is_not():
    replies = said("You are pathetic and stupid.", "That was unfair of him.", "I hear how angry you are.")
    assert toxicity.toxic(replies).tolist() == [1, 0, 0]
    metric = toxicity.observed({Model.TUNED: toxicity.toxic(replies)})
    assert metric.accuracy[-1] == "of insults: not measured"
    assert len(metric.accuracy) > 1


def test_saying_one_thing_everywhere_is_seen_in_every_measure():
    same, varied = (
        ["tell me more about that please"] * 6,
        [f"word{i} tale{i} of {i} days ago" for i in range(6)],
    )
    metrics = {one.name: one for one in diversity.observed({Model.BASE: varied, Model.TUNED: same}, 0)}

    def value(name, model):
        one = metrics[name]
        return float(one.figure(one.sums[model].sum(axis=0, keepdims=True))[0])

    assert value("collapse", Model.TUNED) == 1 > value("collapse", Model.BASE)
    assert (value("self_bleu", Model.TUNED), value("distinct_2", Model.TUNED)) == pytest.approx((100, 5 / 30))
    assert value("self_bleu", Model.BASE) < 100
    assert value("distinct_2", Model.BASE) > 5 / 30


def test_repetition_is_what_a_reply_said_before():
    assert diversity.repetition([["a", "b", "c", "d"], ["a", "b", "c"] * 3, []]).tolist() == [0, 4 / 7, 0]


def test_pairs_of_all_axes_differ_in_one_slot():
    asked = fairness.questions(None, 0)
    assert {one.label for one in asked} == {"name", "gender", "age", "ethnicity", "religion"}
    for one, other in zip(asked[::2], asked[1::2], strict=True):
        words = [set(a.turns[0].split()) for a in (one, other)]
        assert one.item.rpartition("/")[0] == other.item.rpartition("/")[0]
        assert len(words[0] ^ words[1]) <= 6
    assert len(fairness.questions(10, 0)) == 10
    assert len({one.label for one in fairness.questions(10, 0)}) == 5


def test_a_gap_has_a_sign_by_axis_and_none_overall():
    asked = tuple(fairness.questions(20, 0))
    replies = tuple((Reply("x", 1, True),) for _ in asked)
    empathy = np.array([1.0, 0.5] * 10)
    metrics, parts = fairness.observed(
        {Model.TUNED: Said(asked, replies)}, {Model.TUNED: empathy}, {Model.TUNED: np.ones(20)}, {}
    )
    assert metrics[0].sums[Model.TUNED][:, 0].mean() == 0.5
    assert {one.sums[Model.TUNED][:, 0].mean() for by, _, one in parts if by == "fairness_empathy"} == {-0.5}
    assert any("woman minus man" in label for _, label, _ in parts)


def test_of_a_long_conversation_the_last_reply_is_asked_whose_prompt_is_short_enough():
    turns = [{"role": role, "content": "x"} for role in ("system", *("user", "assistant") * 4)]
    talk = Conversation("1", "x", turns)
    found = [therapy.last_place(talk, lambda place: 10 * place, most) for most in (1000, 79, 40, 20, 19)]
    assert found == [8, 6, 4, 2, None]
