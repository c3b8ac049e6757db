"""The page about training: its files are read, its commands are there, its run config is the asset's."""

import re
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

from dataset_platform.assets.trained_checkpoint import RunsIn, TrainingRun
from dataset_platform.cli import app
from dataset_platform.training import load_config, load_preset, presets

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "training.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
YAMLS = [text for language, text in BLOCKS if language == "yaml"]
COMMANDS = [
    command
    for _, text in BLOCKS
    for command in re.findall(r"dataset-platform ([a-z]+(?: merge| learning-curve)?) ([^\n]*)", text)
]


def test_the_file_of_ones_own_is_read(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(next(text for text in YAMLS if "tokens_per_step" in text))
    assert load_config(path, ["lora.rank=32"]).lora.rank == 32


def test_the_run_config_is_what_the_asset_takes():
    (text,) = (text for text in YAMLS if text.startswith("ops:"))
    config = YAML(typ="safe").load(text)["ops"]["trained_checkpoint"]["config"]
    run = TrainingRun(**{**config, "runs_in": RunsIn[config["runs_in"]]})
    assert load_preset(run.preset, run.set).lora.rank == 8


@pytest.mark.parametrize(("command", "options"), COMMANDS)
def test_each_command_knows_its_options(command, options):
    found = typer.main.get_command(app)
    for name in command.split():
        found = found.commands[name]
    known = {option for parameter in found.params for option in parameter.opts}
    assert {option.split("=")[0] for option in re.findall(r"--[\w-]+", options)} <= known


def test_every_preset_is_on_the_page():
    assert all(f"| `{name}` |" in PAGE for name in presets())
