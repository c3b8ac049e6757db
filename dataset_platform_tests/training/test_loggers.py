"""Figures reach the trackers that people use, go on in the same run after a kill, and stop no training."""

import json
import sys
import time
from types import SimpleNamespace

import pytest

from dataset_platform.errors import InputError
from dataset_platform.training.loggers import TENSORBOARD_FOLDER, open_sinks
from dataset_platform.training.run import Places
from dataset_platform_tests.training.tiny_models import changed

NAME = "v1.0.0-abc"
WRITTEN_WITHIN_S = 60.0


@pytest.mark.parametrize("logger", ["wandb", "mlflow"])
def test_a_logger_that_is_not_installed_is_one_line(run, logger, monkeypatch):
    monkeypatch.setitem(sys.modules, logger, None)
    with pytest.raises(InputError, match=f"{logger} is not installed: pip install {logger}"):
        run(loggers=(logger,))


def test_tensorboard_gets_the_figures(run, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run(loggers=("tensorboard",), places=Places(logs=tmp_path / "logs"))
    (folder,) = (tmp_path / "logs" / TENSORBOARD_FOLDER).iterdir()
    events = EventAccumulator(str(folder)).Reload()
    assert [event.step for event in events.Scalars("train_loss")] == list(range(1, 13))
    assert set(events.Tags()["scalars"]) == {"train_loss", "learning_rate", "tokens_per_s", "validation_loss"}


def test_a_tracker_that_refuses_to_start_is_one_line_without_its_address(run, monkeypatch):
    def refuse(**_):
        raise ConnectionError("no answer from tracker.example for quagmire")

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=refuse))
    with pytest.raises(InputError) as failure:
        run(loggers=("wandb",))
    assert "loggers: wandb does not start (ConnectionError): run `wandb login`" in str(failure.value)
    assert "quagmire" not in str(failure.value)


def test_a_tracker_that_fails_is_told_once_and_the_training_goes_on(run, monkeypatch, capsys):
    calls = []

    def log(_, step):
        calls.append(step)
        if step == 3:
            raise TimeoutError("no answer")

    tracker = SimpleNamespace(log=log, finish=lambda **_: calls.append("end"))
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=lambda **_: tracker))
    checkpoint = run(loggers=("wandb",))
    told = [line for line in capsys.readouterr().out.splitlines() if "wandb" in line]
    assert told == ["wandb takes no figures from step 3 on (TimeoutError); the CSV file has them all"]
    assert (checkpoint.manifest.steps, calls[-1]) == (12, 3)


def go_on_after_a_stop(config, logger, folder):
    """Logs two steps and is stopped, then logs the second again and a third, and finishes."""
    for steps, finished in (((1, 2), False), ((2, 3), True)):
        (sink,) = open_sinks(changed(config, loggers=(logger,)), NAME, folder, pytest.fail)
        for step in steps:
            sink.log(step, {"train_loss": 1 / step})
        sink.close(finished)


@pytest.mark.slow
def test_mlflow_has_one_run_of_a_training_that_was_stopped(config, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    go_on_after_a_stop(config, "mlflow", tmp_path)
    (run,) = mlflow.search_runs(search_all_experiments=True, output_format="list")
    assert (run.info.run_name, run.info.status) == (NAME, "FINISHED")
    assert run.data.params["learning_rate"] == str(config.learning_rate)
    history = mlflow.MlflowClient(uri).get_metric_history(run.info.run_id, "train_loss")
    assert {point.step: point.value for point in history} == {1: 1, 2: 0.5, 3: pytest.approx(1 / 3)}
    go_on_after_a_stop(config, "mlflow", tmp_path)
    assert len(mlflow.search_runs(search_all_experiments=True, output_format="list")) == 2


@pytest.mark.slow
def test_wandb_keeps_figures_with_their_step_under_one_id(config, tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    go_on_after_a_stop(config, "wandb", tmp_path)
    files = sorted((tmp_path / "wandb").glob(f"offline-run-*-{NAME}/run-{NAME}.wandb"))
    deadline = time.monotonic() + WRITTEN_WITHIN_S
    while 3 not in logged(files[-1]) and time.monotonic() < deadline:
        time.sleep(0.1)  # a process of wandb's writes them, and may do so after it said that it is done
    assert [logged(file) for file in files] == [{1: 1, 2: 0.5}, {2: 0.5, 3: pytest.approx(1 / 3)}]


def logged(file):
    """The losses in a file of wandb's, by step: records in LevelDB's log format, in one block of 32 KiB."""
    from wandb.proto.wandb_internal_pb2 import Record

    stored, place, losses = file.read_bytes(), 7, {}
    while place < len(stored):
        length = int.from_bytes(stored[place + 4 : place + 6], "little")
        if len(stored) < place + 7 + length:
            break  # not wholly written yet
        record = Record.FromString(stored[place + 7 : place + 7 + length])
        place += 7 + length
        if record.WhichOneof("record_type") == "history":
            items = {item.key or item.nested_key[0]: item.value_json for item in record.history.item}
            losses[record.history.step.num] = json.loads(items["train_loss"])
    return losses
