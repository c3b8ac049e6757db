"""The learning curve trains on parts of parts, scores on one test split, and refuses what is not there."""

import shutil
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
import torch
from rich.console import Console

from dataset_platform.bench import learning_curve
from dataset_platform.bench.learning_curve import learning_curve_report, sizes_of
from dataset_platform.errors import InputError, UsageError
from dataset_platform.progress import Progress
from dataset_platform.training import load_preset
from dataset_platform.training.loop import Fitting
from dataset_platform_tests.training.tiny_models import SMALL_TALK, saved_tiny_llama, write_release

SPLITS = ("train", "train", "train", "validation", "test")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    talks = [(split, "foundation", talk) for split in SPLITS for talk in SMALL_TALK]
    return write_release(tmp_path_factory.mktemp("release") / "dataset_v1.0.0.parquet", talks)


@pytest.fixture
def curve(release, tmp_path):
    def of(*sizes, rows=release):
        config = load_preset("cpu", [
            f"base_model={saved_tiny_llama(tmp_path / 'base')}", "epochs=8", "learning_rate=0.02",
            "warmup_steps=0", "tokens_per_step=64", "tokens_per_forward=64", "max_length=64",
            "save_every=2",
        ])  # fmt: skip
        quiet = Progress(Console(quiet=True))
        return learning_curve_report(tmp_path / "bench", rows, sizes, config, tmp_path / "curve.png", quiet)

    return of


def test_a_model_that_learnt_from_more_foresees_more(curve, tmp_path):
    report = curve(2, 12)
    few, many = report.tables["held-out loss"]
    assert (few["conversations"], many["conversations"]) == ("2", "12")
    assert float(many["loss"]) < float(few["loss"])
    assert many["change"].startswith("-")
    assert int(few["tokens"].replace(",", "")) < int(many["tokens"].replace(",", ""))
    (finding,) = report.findings
    assert "12 conversations" in finding
    assert "met" in finding
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_models_are_scored_on_a_gpu_where_there_is_one(curve, monkeypatch):
    class Moved(Exception):
        pass

    def move(device):
        raise Moved(device)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(learning_curve.training, "load_model", lambda _: SimpleNamespace(to=move))
    with pytest.raises(Moved, match="cuda"):
        curve(2)


def test_equal_sets_give_equal_losses(curve, tmp_path):
    (first,) = curve(3).tables["held-out loss"]
    shutil.rmtree(tmp_path / "bench")
    (again,) = curve(3).tables["held-out loss"]
    assert (first["loss"], first["change"]) == (again["loss"], again["change"])


def test_a_model_that_was_trained_before_is_scored_again_and_not_trained(curve, monkeypatch):
    (first,) = curve(3).tables["held-out loss"]
    trained = []
    train = learning_curve.training.train

    def counted(*arguments, **named):
        trained.append(arguments)
        return train(*arguments, **named)

    monkeypatch.setattr(learning_curve.training, "train", counted)
    again, larger = curve(3, 5).tables["held-out loss"]
    assert again == first
    assert larger["conversations"] == "5"
    assert len(trained) == 1


def test_a_model_that_was_being_trained_goes_on_and_has_no_seconds(curve, monkeypatch):
    advance = Fitting._advance

    def stopped_at_the_sixth(fitting):
        if fitting.fitted.step == 5:
            raise KeyboardInterrupt
        advance(fitting)

    with monkeypatch.context() as patched:
        patched.setattr(Fitting, "_advance", stopped_at_the_sixth)
        with pytest.raises(KeyboardInterrupt):
            curve(5)
    report = curve(5)
    assert report.tables["held-out loss"][0]["seconds"] == "interrupted"
    assert report.findings == ["none was trained within 15 minutes"]


def test_more_conversations_than_there_are_are_refused(curve):
    with pytest.raises(InputError, match="12 conversations in the train split; --sizes asks for 13"):
        curve(5, 13)


def test_a_release_without_a_test_split_is_refused(curve, release, tmp_path):
    rows = pq.read_table(release)
    pq.write_table(rows.filter(rows["split"].to_numpy() != "test"), tmp_path / "rows.parquet")
    with pytest.raises(InputError, match="no conversation in the test split to score"):
        curve(2, rows=tmp_path / "rows.parquet")


def test_sizes_are_numbers_in_order():
    assert sizes_of("500,250,500") == [250, 500]


@pytest.mark.parametrize("wrong", ["", "many", "0,5", "1.5"])
def test_sizes_that_are_none_are_refused(wrong):
    with pytest.raises(UsageError, match="write numbers of conversations"):
        sizes_of(wrong)
