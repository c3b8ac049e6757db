"""The order of conversations and the learning rate follow from settings alone."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_platform.schemas import Stage
from dataset_platform.training.config import TrainingConfig
from dataset_platform.training.ordering import in_halves, plan_steps
from dataset_platform.training.schedules import learning_rate

BASE = {
    "tokens_per_step": 64,
    "tokens_per_forward": 32,
    "max_length": 64,
    "learning_rate": 1.0,
    "validate_every": 1,
    "validation_tokens": 1,
}
lengths_lists = st.lists(st.integers(1, 50), min_size=1, max_size=30)


def config(**changes):
    return TrainingConfig.model_validate({**BASE, "max_steps": 40, **changes})


def flat(step):
    return [i for row in step for i in row]


@given(lengths_lists, st.integers(0, 5), st.booleans())
def test_a_plan_follows_from_its_seed_and_uses_every_conversation(lengths, seed, length_bucketing):
    wanted = config(seed=seed, length_bucketing=length_bucketing)
    plan = plan_steps(lengths, ["foundation"] * len(lengths), wanted)
    assert plan == plan_steps(lengths, ["foundation"] * len(lengths), wanted)
    assert len(plan) == 40
    uses = Counter(i for step in plan for i in flat(step))
    assert set(uses) == set(range(len(lengths)))
    if not length_bucketing:
        assert max(uses.values()) - min(uses.values()) <= 1


@given(lengths_lists, st.integers(1, 3))
def test_epochs_are_whole_passes(lengths, epochs):
    plan = plan_steps(lengths, ["expertise"] * len(lengths), config(max_steps=None, epochs=epochs))
    assert set(Counter(i for step in plan for i in flat(step)).values()) == {epochs}


@given(st.lists(st.tuples(st.integers(1, 50), st.sampled_from(list(Stage))), min_size=1, max_size=40))
def test_a_curriculum_meets_the_stages_in_their_order(examples):
    lengths, stages = [length for length, _ in examples], [stage.value for _, stage in examples]
    plan = plan_steps(lengths, stages, config(curriculum="stages", max_steps=None, epochs=1))
    met = [stages[i] for step in plan for i in flat(step)]
    assert met == sorted(met, key=list(Stage).index)
    assert Counter(met) == Counter(stages)


def test_a_curriculum_shares_its_steps_among_stages_by_their_tokens():
    stages = ["voice_persona"] * 10 + ["foundation"] * 30
    plan = plan_steps([32] * 40, stages, config(curriculum="stages", max_steps=8))
    assert [stages[flat(step)[0]] for step in plan] == ["foundation"] * 6 + ["voice_persona"] * 2


@given(lengths_lists)
def test_halved_rows_hold_the_same_conversations_in_the_same_order(lengths):
    (step, *_) = plan_steps(lengths, ["foundation"] * len(lengths), config())
    halved = in_halves(step, lengths, 32)
    assert flat(halved) == flat(step)
    assert all(sum(lengths[i] for i in row) <= 16 or len(row) == 1 for row in halved)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [0.5, 1, 1, 1, 1]),
        ("linear", [0.5, 1, 0.75, 0.5, 0.25]),
        ("cosine", [0.5, 1, 0.853553, 0.5, 0.146447]),
        ("wsd", [0.5, 1, 1, 1, 0.5]),
    ],
)
def test_learning_rates(schedule, expected):
    wanted = config(schedule=schedule, warmup_steps=1, decay_share=0.4, max_steps=5)
    assert [learning_rate(wanted, step, 5) for step in range(5)] == pytest.approx(expected, abs=1e-6)
