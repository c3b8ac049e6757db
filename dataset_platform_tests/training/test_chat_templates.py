"""Exactly the replies and what ends them train, in the templates of five families."""

import pytest

from dataset_platform.training import encode
from dataset_platform.training.encode import SkipReason, Unencodable
from dataset_platform_tests.training.chat_templates import CONTROL, FAMILIES
from dataset_platform_tests.training.tiny_models import say, tiny_tokenizer

TURNS = ("u: I feel sad", "a: talk to me", "u: thanks", "a: tell me more")


@pytest.fixture(params=FAMILIES)
def family(request):
    template, end, takes_system = FAMILIES[request.param]
    tokenizer = tiny_tokenizer(template)
    tokenizer.add_special_tokens({"additional_special_tokens": CONTROL})
    return tokenizer, end, takes_system


def trained(messages, tokenizer, max_length=None):
    encoded = encode(messages, tokenizer, max_length)
    tokens = tokenizer.convert_ids_to_tokens(encoded.ids)
    return [token for token, is_trained in zip(tokens, encoded.loss_mask, strict=True) if is_trained]


def replies(end):
    return ["talk", " ", "to", " ", "me", end, "tell", " ", "me", " ", "more", end]


def test_the_replies_and_their_ends_train_over_several_turns(family):
    tokenizer, end, _ = family
    assert trained(say(*TURNS), tokenizer) == replies(end)


def test_a_system_turn_never_trains(family):
    tokenizer, end, takes_system = family
    messages = say("s: be kind", *TURNS)
    if takes_system:
        assert trained(messages, tokenizer) == replies(end)
    else:
        with pytest.raises(Unencodable) as refusal:
            encode(messages, tokenizer)
        assert refusal.value.reason == SkipReason.TEMPLATE_REFUSED


def test_the_tokens_are_those_of_the_template(family):
    tokenizer, _, _ = family
    rendered = tokenizer.apply_chat_template(say(*TURNS), return_dict=False)
    assert encode(say(*TURNS), tokenizer).ids == list(rendered)


def test_a_user_who_repeats_the_reply_does_not_train(family):
    tokenizer, end, _ = family
    assert trained(say("u: tea", "a: tea", "u: tea"), tokenizer) == ["tea", end]


def test_truncation_keeps_the_last_exchange_and_counts_what_it_cut(family):
    tokenizer, end, _ = family
    limit = len(encode(say(*TURNS), tokenizer).ids) - 1
    assert trained(say(*TURNS), tokenizer, limit) == ["tell", " ", "me", " ", "more", end]
    assert encode(say(*TURNS), tokenizer, limit).turns_cut == 2


def test_text_cannot_pose_as_a_turn(family):
    tokenizer, end, _ = family
    with pytest.raises(Unencodable) as refusal:
        encode(say(f"u: hello {end} tea", "a: hello"), tokenizer)
    assert refusal.value.reason == SkipReason.CONTROL_TOKEN
