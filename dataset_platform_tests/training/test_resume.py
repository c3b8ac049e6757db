"""A run that dies goes on: same losses, same weights, whatever it died of."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from dataset_platform.errors import StorageError, TrainingFailed
from dataset_platform.storage.local import LocalStore
from dataset_platform.training import Places, train
from dataset_platform.training import loop as loop_module
from dataset_platform.training.remote_states import RemoteStates
from dataset_platform_tests.training import dying
from dataset_platform_tests.training.tiny_models import changed

RELEASE_SHA256 = "ab" * 32
WEIGHTS = "adapter_model.safetensors"


class Died(Exception):
    pass


@pytest.fixture
def config(config):
    """Dropout, so that the random generators count; a state every three steps; several passes."""
    lora = config.lora.model_copy(update={"dropout": 0.2})
    return config.model_copy(update={"save_every": 3, "lora": lora, "patience": 5})


@pytest.fixture
def run(rows, config, base_model, tmp_path):
    def start(
        out, die_after=None, log=lambda _: None, config=config, remote=None, states=tmp_path / "states"
    ):
        def on_progress(report):
            if report.step == die_after:
                raise Died

        places = Places(states=states, remote=remote)
        shutil.rmtree(tmp_path / out, ignore_errors=True)
        arguments = (rows, RELEASE_SHA256, "1.0.0", config, base_model, tmp_path / out, log)
        return train(*arguments, on_progress, places)

    return start


@pytest.fixture
def uninterrupted(run, tmp_path):
    return run("whole", states=tmp_path / "others")


def interrupted(run, *deaths, **kwargs):
    for die_after in deaths:
        with pytest.raises(Died):
            run("half", die_after, **kwargs)
    return run("half", **kwargs)


def same(first, second):
    """Bit by bit: the losses are written with all their digits."""
    assert first.manifest.loss_curve == second.manifest.loss_curve
    assert first.manifest.files[WEIGHTS] == second.manifest.files[WEIGHTS]
    assert first.manifest.counts == second.manifest.counts
    assert first.manifest.tokens_trained == second.manifest.tokens_trained


def killed(task, folder, die_after):
    path = folder / "task.json"
    path.write_text(json.dumps({**task, "die_after": die_after}))
    paths = (str(Path(dying.__file__).parents[2]), os.environ.get("PYTHONPATH"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return subprocess.run(
        [sys.executable, dying.__file__, str(path)], env=environment, check=False, capture_output=True
    )


def test_a_killed_run_goes_on_to_the_same_losses_and_weights(run, task, tmp_path, uninterrupted):
    assert killed(task, tmp_path, 8).returncode == -signal.SIGKILL
    resumed = run("resumed")
    assert resumed.manifest.course.resumed_at == (6,)
    same(resumed, uninterrupted)
    assert not (tmp_path / "states").exists()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dora", "full"])
def test_a_run_killed_after_every_step_ends_the_same(run, task, tmp_path, config, method):
    config = changed(config, save_every=1, method=method)
    task["config"] = config.model_dump(mode="json")
    for step in range(1, config.max_steps, 3):
        assert killed(task, tmp_path, step).returncode == -signal.SIGKILL
    resumed, whole = run("resumed", config=config), run("whole", config=config, states=tmp_path / "others")
    assert len(resumed.manifest.course.resumed_at) > 2
    assert resumed.manifest.loss_curve == whole.manifest.loss_curve
    digests = [
        {name: file for name, file in one.manifest.files.items() if name.endswith(".safetensors")}
        for one in (resumed, whole)
    ]
    assert digests[0] == digests[1]


def test_a_run_that_dies_twice_and_at_its_last_step_goes_on_to_the_same(run, uninterrupted):
    same(interrupted(run, 7, 8, 12), uninterrupted)


def test_a_run_whose_rows_go_side_by_side_goes_on_to_the_same(run, config, tmp_path):
    config = changed(config, lora=config.lora.model_copy(update={"dropout": 0.0}), tokens_per_forward=96)
    whole = run("whole", config=config, states=tmp_path / "others")
    same(interrupted(run, 4, 8, config=config), whole)


def test_a_torn_state_is_told_of_and_the_one_before_used(run, tmp_path, uninterrupted):
    with pytest.raises(Died):
        run("half", 11)
    torn = tmp_path / "states" / "step-00000009" / "rank0.safetensors"
    torn.write_bytes(torn.read_bytes()[:-64])
    lines = []
    resumed = run("half", log=lines.append)
    assert any("step-00000009 cannot be used (rank0.safetensors is torn" in line for line in lines)
    assert resumed.manifest.course.resumed_at == (6,)
    same(resumed, uninterrupted)


def test_a_state_without_its_facts_is_no_state(run, tmp_path, uninterrupted):
    with pytest.raises(Died):
        run("half", 5)
    (tmp_path / "states" / "step-00000003" / "state.json").write_text('{"step": 3, "fil')
    resumed = run("half")
    assert resumed.manifest.course.resumed_at == ()
    same(resumed, uninterrupted)


def test_states_hold_no_pickle_and_only_the_newest_two_stay(run, tmp_path):
    with pytest.raises(Died):
        run("half", 10)
    found = sorted(p.relative_to(tmp_path / "states").as_posix() for p in (tmp_path / "states").rglob("*.*"))
    assert found == [
        "best-rank0.safetensors",
        *(f"step-0000000{step}/{name}" for step in (6, 9) for name in ("rank0.safetensors", "state.json")),
    ]
    load_file(tmp_path / "states" / "step-00000009" / "rank0.safetensors")


def test_another_machine_goes_on_from_the_store(run, tmp_path, uninterrupted):
    store = LocalStore(tmp_path / "store")
    with pytest.raises(Died):
        run("half", 11, remote=RemoteStates(store, "processed/training_states/k"))
    shutil.rmtree(tmp_path / "states")
    resumed = run("half", remote=RemoteStates(store, "processed/training_states/k"))
    assert resumed.manifest.course.resumed_at[0] in (3, 6, 9)  # one that was pushed while the run went on
    same(resumed, uninterrupted)
    assert not list(store.list("processed/training_states"))


def test_a_state_that_was_not_wholly_pushed_is_no_state(run, tmp_path):
    store = LocalStore(tmp_path / "store")
    remote = RemoteStates(store, "processed/training_states/k")
    with pytest.raises(Died):
        run("half", 4, remote=remote)
    store.delete([s.key for s in store.list("processed") if s.key.endswith("state.json")])
    remote.pull(tmp_path / "pulled")
    assert not (tmp_path / "pulled").exists()


def test_a_store_that_takes_no_states_does_not_stop_the_run(run, uninterrupted):
    class Down:
        def push(self, _state):
            raise StorageError("the store is down")

        def pull(self, _into):
            pass

        def clear(self):
            pass

    lines = []
    same(run("half", remote=Down(), log=lines.append), uninterrupted)
    assert any("could not be copied to the store (StorageError)" in line for line in lines)


def test_a_full_disk_is_one_line_and_the_state_before_stays(run, tmp_path, monkeypatch):
    from dataset_platform.training import states as states_module

    honest = states_module.save_file

    def full(tensors, path):
        if "00000006" in str(path):
            raise OSError(28, "No space left on device", str(path))
        honest(tensors, path)

    monkeypatch.setattr(states_module, "save_file", full)
    with pytest.raises(
        StorageError, match=r"state of step 6 cannot be written \(the disk is full\)"
    ) as failure:
        run("half")
    assert "\n" not in str(failure.value)
    left = sorted(path.name for path in (tmp_path / "states").glob("*step*"))
    assert left == ["step-00000003"]


def test_a_loss_that_is_no_number_keeps_the_last_good_state(run, tmp_path, monkeypatch):
    from dataset_platform.training.objectives import ReplyLikelihood

    honest, calls = ReplyLikelihood.total, []

    def broken(self, model, row):
        calls.append(model.training)
        total = honest(self, model, row)
        return total * float("nan") if sum(calls) > 10 else total

    monkeypatch.setattr(ReplyLikelihood, "total", broken)
    with pytest.raises(TrainingFailed, match="is not finite, in the conversations"):
        run("half")
    assert list((tmp_path / "states").glob("step-*"))


def test_running_out_of_memory_once_halves_the_rows_and_goes_on(run, monkeypatch, config):
    lora = config.lora.model_copy(update={"dropout": 0.0})
    config = config.model_copy(update={"lora": lora, "tokens_per_forward": 96})
    honest, lines = loop_module.Fitting._backward, []

    def hungry(self, parts, share):
        lengths = [length for part in parts for length in part.lengths]
        if sum(lengths) > config.tokens_per_forward // 2 and len(lengths) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return honest(self, parts, share)

    monkeypatch.setattr(loop_module.Fitting, "_backward", hungry)
    halved = run("halved", config=config, log=lines.append)
    assert halved.manifest.course.micro_batch_halved_at is not None
    assert halved.manifest.course.tokens_per_forward == config.tokens_per_forward // 2
    assert sum("out of memory" in line for line in lines) == 1
    monkeypatch.undo()
    whole = run("whole", config=config)
    losses = [[p.train_loss for p in one.manifest.loss_curve if p.train_loss] for one in (halved, whole)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_running_out_of_memory_twice_says_what_to_change(run, monkeypatch):
    def hungry(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(loop_module.Fitting, "_backward", hungry)
    with pytest.raises(
        TrainingFailed, match="Set gradient_checkpointing to true, or lower tokens_per_forward"
    ):
        run("half")
