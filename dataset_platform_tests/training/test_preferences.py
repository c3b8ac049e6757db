"""Preference pairs: from a release's rows to a model that prefers what was chosen."""

import json

import pyarrow.parquet as pq
import pytest
import torch

from dataset_platform.errors import TrainingFailed
from dataset_platform.schemas import Split
from dataset_platform.training import TrainingConfig, encode, load_checkpoint, train
from dataset_platform.training.encode import Intake, SkipReason
from dataset_platform.training.objectives import Pair, Preference
from dataset_platform.training.packing import attention_per_conversation
from dataset_platform.training.preferences import encode_pairs, rejected_ending
from dataset_platform.training.rows import Conversation, read_split
from dataset_platform_tests.training.tiny_models import changed, say, write_release

ASKED = say("u: hello", "a: tell me more")


def conversation(rejected, messages=ASKED):
    return Conversation("1", "foundation", messages, json.dumps({"rejected": rejected}))


def with_rejected(path, rejected):
    table = pq.read_table(path)
    column = [json.dumps({"rejected": text} if text else {}) for text in rejected]
    at = table.schema.get_field_index("attributes")
    pq.write_table(table.set_column(at, table.schema.field(at), [column]), path)
    return path


@pytest.fixture
def rows(tmp_path):
    talks = [say("u: hello", "a: tell me more"), say("u: I feel sad", "a: talk to me")]
    conversations = [
        (split, "foundation", talks[i % 2]) for split in ("train", "validation") for i in range(8)
    ]
    path = write_release(tmp_path / "pairs.parquet", conversations)
    return with_rejected(path, ["sleep", "tea , tea"] * 8)


@pytest.mark.parametrize(
    "rejected",
    [
        "sleep",
        {"role": "assistant", "content": "sleep"},
        [{"role": "assistant", "content": "sleep"}],
        say("u: hello", "a: sleep"),
    ],
    ids=["text", "a message", "one message in a list", "all messages"],
)
def test_each_shape_that_ingestion_keeps_is_read(rejected):
    assert rejected_ending(conversation(rejected)) == say("u: hello", "a: sleep")


@pytest.mark.parametrize("rejected", ["tell me more", "", None, 3, [], say("a: sleep", "u: hello")], ids=str)
def test_no_other_ending_is_no_pair(rejected, tokenizer):
    intake = Intake()
    assert not list(encode_pairs([conversation(rejected)], tokenizer, 64, intake))
    assert dict(intake.skipped) == {SkipReason.NO_PAIR: 1}


def test_a_system_turn_stands_before_both_endings():
    kept = conversation(say("u: hello", "a: sleep"), say("s: be kind", "u: hello", "a: tell me more"))
    assert rejected_ending(kept)[0] == {"role": "system", "content": "be kind"}


def test_pairs_reach_training_in_a_releases_attributes(rows, tokenizer):
    pairs = list(encode_pairs(read_split(rows, Split.TRAIN), tokenizer, 64, Intake()))
    assert len(pairs) == 8
    assert pairs[0].rejected == encode(say("u: hello", "a: sleep"), tokenizer)


def test_the_first_loss_is_that_of_no_preference(tokenizer, base_model, config):
    """Fresh adapters change nothing, so policy and reference agree: log 2 a pair."""
    from dataset_platform.training.methods import trainable_model

    model = trainable_model(base_model, config)
    pair = Pair("1", "foundation", encode(ASKED, tokenizer), encode(say("u: hello", "a: sleep"), tokenizer))
    loss = Preference(0.1)
    row = loss.row([pair, pair])
    with attention_per_conversation(model):
        assert loss.total(model, row).item() == pytest.approx(2 * 0.693147, abs=1e-4)
    assert loss.count(row) == 2


def test_training_makes_what_was_chosen_likelier_than_what_was_rejected(
    rows, config, base_model, tmp_path, tokenizer
):
    wanted = changed(config, objective="dpo", dpo_beta=0.5, max_steps=20)
    checkpoint = train(rows, "ab" * 32, "1.0.0", wanted, base_model, tmp_path / "out", print)
    losses = checkpoint.manifest.validation_losses
    assert losses[0] == pytest.approx(0.6931, abs=1e-3)
    assert losses[-1] < 0.3
    model, _ = load_checkpoint(checkpoint.folder, base_model)
    assert margin(model, tokenizer) > 0
    assert "dpo" in (checkpoint.folder / "README.md").read_text()


def margin(model, tokenizer):
    likelihoods = []
    for messages in (ASKED, say("u: hello", "a: sleep")):
        encoded = encode(messages, tokenizer)
        ids, mask = torch.tensor(encoded.ids), torch.tensor(encoded.loss_mask)
        with torch.no_grad():
            logits = model(input_ids=ids[None]).logits[0].log_softmax(-1)
        likelihoods.append(logits[:-1].gather(1, ids[1:, None])[:, 0][mask[1:]].mean())
    return likelihoods[0] - likelihoods[1]


def test_a_release_without_pairs_is_refused(tmp_path, config, base_model):
    rows = write_release(tmp_path / "none.parquet", [("train", "foundation", ASKED)])
    wanted = TrainingConfig.model_validate(config.model_dump() | {"objective": "dpo"})
    with pytest.raises(
        TrainingFailed, match=r"skipped: 1 no_pair\). Export a release of a source that keeps"
    ):
        train(rows, "ab" * 32, "1.0.0", wanted, base_model, tmp_path / "out", print)
