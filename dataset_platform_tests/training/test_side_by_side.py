"""Parts of a row on several processors: the same step, and the same bits each time."""

import threading
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dataset_platform.training import loop
from dataset_platform.training.loop import Fitting
from dataset_platform.training.objectives import Preference, ReplyLikelihood
from dataset_platform.training.side_by_side import SideBySide

PROCESSORS = 3


@pytest.fixture(autouse=True)
def processors() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(PROCESSORS)
    yield
    torch.set_num_threads(before)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=12))
def test_parts_hold_every_item_once_and_are_about_as_long(lengths: list[int]) -> None:
    parts = SideBySide().parts(range(len(lengths)), lengths)
    assert sorted(item for part in parts for item in part) == list(range(len(lengths)))
    assert len(parts) == min(PROCESSORS, len(lengths))
    sizes = [sum(lengths[item] for item in part) for part in parts]
    assert min(sizes) > 0
    assert max(sizes) - min(sizes) <= max(lengths)


def test_results_come_in_order_and_torch_has_its_threads_again() -> None:
    together = threading.Barrier(PROCESSORS, timeout=20)

    def work(part: int) -> tuple[int, int]:
        together.wait()
        return part, torch.get_num_threads()

    assert SideBySide().each(work, [5, 1, 3]) == [(5, 1), (1, 1), (3, 1)]
    assert torch.get_num_threads() == PROCESSORS
    assert SideBySide().each(lambda part: (part, torch.get_num_threads()), [7]) == [(7, PROCESSORS)]


def test_an_error_waits_for_the_others() -> None:
    ended = []

    def work(part: int) -> None:
        if part == 0:
            raise RuntimeError("out of memory")
        threading.Event().wait(0.2)
        ended.append(part)

    with pytest.raises(RuntimeError, match="out of memory"):
        SideBySide().each(work, [0, 1, 2])
    assert sorted(ended) == [1, 2]
    assert torch.get_num_threads() == PROCESSORS


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_rows_side_by_side_teach_what_they_teach_in_turn(run, config, monkeypatch, precision) -> None:
    wide = {"tokens_per_forward": config.tokens_per_step, "precision": precision}
    apart, again = (run(out=name, **wide).manifest for name in ("apart", "again"))
    assert apart.loss_curve == again.loss_curve
    assert apart.files["adapter_model.safetensors"] == again.files["adapter_model.safetensors"]
    monkeypatch.setattr(Fitting, "_goes_side_by_side", lambda _: False)
    in_turn = run(out="in turn", **wide).manifest
    losses, others = ([(p.train_loss, p.validation_loss) for p in one.loss_curve] for one in (apart, in_turn))
    tolerance = 1e-4 if precision == "fp32" else 0.05
    assert losses == [tuple(loss and pytest.approx(loss, rel=tolerance) for loss in pair) for pair in others]
    assert apart.tokens_trained == in_turn.tokens_trained


@pytest.mark.parametrize("changes", [{"method": "full"}, {"lora": {"dropout": 0.1}}])
def test_what_has_large_gradients_or_draws_at_random_goes_in_turn(run, monkeypatch, changes) -> None:
    started = []

    class Watched(SideBySide):
        def __init__(self) -> None:
            started.append(self)
            super().__init__()

    monkeypatch.setattr(loop, "SideBySide", Watched)
    run(out="in turn", max_steps=3, **changes)
    assert not started
    run(out="side by side", max_steps=3)
    assert started


def test_a_loss_that_switches_adapters_goes_in_turn() -> None:
    assert ReplyLikelihood().is_of_one_model
    assert not Preference(beta=0.1).is_of_one_model
