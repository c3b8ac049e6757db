"""Toxicity: attacks on groups score, naming a group does not, and which group it is changes nothing."""

import pyarrow as pa
import pytest

from dataset_platform.curate.safety.toxicity import insults, packaged_head, toxicity
from dataset_platform.curate.safety.toxicity_words import FEATURES
from dataset_platform.heads import Block

IDENTITIES = [
    "women",
    "gay people",
    "immigrants",
    "Muslims",
    "disabled people",
    "black people",
    "trans people",
]
TOXIC = [
    "All {} are scum.",
    "I think that {} are disgusting and stupid.",
    "{} like you are no better than rats.",
    "We should kill all {}.",
    "{} are v e r m i n.",
    "I hate all these {}, they are f1lthy.",
]
HARMLESS = [
    "I live with two {}.",
    "{} are wonderful.",
    "My manager works with {} a lot and I feel tired.",
    "You say that all {} are stupid, and that is hurtful.",
    "{} are not inferior.",
    "Nobody should hate {}.",
    "I feel close to {} in my group.",
]


def scores(*texts: str | None) -> list[float]:
    return toxicity(pa.array(texts, pa.large_string()), packaged_head()).tolist()


@pytest.mark.parametrize("template", TOXIC)
def test_an_attack_on_a_group_reaches_the_threshold(template: str) -> None:
    assert min(scores(*(template.format(group) for group in IDENTITIES))) >= packaged_head().threshold


@pytest.mark.parametrize("template", HARMLESS)
def test_naming_praising_and_defending_a_group_does_not(template: str) -> None:
    assert max(scores(*(template.format(group) for group in IDENTITIES))) < packaged_head().threshold


@pytest.mark.parametrize("template", TOXIC + HARMLESS)
def test_which_group_is_named_moves_nothing(template: str) -> None:
    assert len(set(scores(*(template.format(group) for group in IDENTITIES)))) == 1


def test_text_without_a_group_and_null_score_nothing() -> None:
    assert scores("I hate pizza and this fucking weather.", "My dog is a bitch, says the vet.", None) == [
        0,
        0,
        0,
    ]


def test_the_worst_sentence_is_the_score_of_a_turn() -> None:
    alone, among = scores(
        "All immigrants are scum.", "I slept well. All immigrants are scum. See you on Monday."
    )
    assert alone == among


def test_a_therapist_who_insults_the_client_is_found() -> None:
    said = ["You are such a pathetic loser.", "You are not stupid.", "Do you feel you are worthless?", None]
    assert insults(pa.array(said, pa.large_string())).tolist() == [True, False, False, False]


def test_the_packaged_head_has_a_weight_for_each_feature_and_names_its_data() -> None:
    head = packaged_head()
    assert head.part(Block.FEATURES).names == tuple(FEATURES)
    assert (head.card.dataset, head.card.licence) == ("hatecheck", "CC BY 4.0 (Röttger et al. 2021)")
