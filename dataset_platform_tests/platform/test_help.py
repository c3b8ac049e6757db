"""`--help` teaches at each level, every command prints JSON on request, and shells complete what is typed."""

import os
import subprocess
import sys

import pytest
import typer

from dataset_platform.cli import app
from dataset_platform_tests.pipeline.project import REPOSITORY

PROGRAM = "import sys; sys.argv[0] = 'dataset-platform'; from dataset_platform.cli import run; run()"
GROUP = typer.main.get_command(app)


def leaves(group, path=()):
    """Every command that does something, with its words."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from leaves(command, (*path, name))
        if not hasattr(command, "commands") or command.params:
            yield " ".join((*path, name)), command


COMMANDS = dict(leaves(GROUP))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_says_what_it_does_with_an_example_and_the_exit_statuses(name):
    text = COMMANDS[name].help
    first = text.strip().splitlines()[0]
    assert first[0].isupper()
    assert f"dataset-platform {name}" in text, "an example of this very command"
    assert "Example" in text
    assert "Exit status: 0 " in text


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_prints_json_on_request(name):
    assert "--json" in {option for parameter in COMMANDS[name].params for option in parameter.opts}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_and_argument_is_explained(name):
    unexplained = [
        parameter.name for parameter in COMMANDS[name].params if not getattr(parameter, "help", "")
    ]
    assert unexplained == []


def test_help_of_the_whole_shows_first_steps_and_where_to_read_on():
    text = GROUP.help
    for step in ("sources samples", "sources clean", "export --version 1.0.0", "docs/runbook.md"):
        assert step in text


def test_every_command_of_the_whole_stands_under_a_heading():
    assert [name for name, command in GROUP.commands.items() if not command.rich_help_panel] == []


def printed(environment, *arguments):
    """What the program prints when it is called by its name."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environment,
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def completed(shell, words):
    """What a shell that has completion installed is offered after the words."""
    environment = {
        "_DATASET_PLATFORM_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": f"dataset-platform {words}",
        "COMP_CWORD": str(len(f"dataset-platform {words}".split(" ")) - 1),
        "_TYPER_COMPLETE_ARGS": f"dataset-platform {words}",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    return printed(environment)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_offered_commands(shell):
    offered = completed(shell, "sources ")
    for command in ("samples", "list", "check", "clean", "fetch", "quarantine"):
        assert command in offered


def test_a_shell_is_offered_options_and_their_choices():
    assert "--target-samples" in completed("bash", "export --")
    assert set(completed("bash", "storage copy --from ").split()) == {"local", "s3", "gcs"}


def test_a_shell_is_offered_sources_and_versions_of_the_project(tmp_path, monkeypatch):
    for name in ("sources/alpha.yaml", "sources/beta.yaml", "releases/1.0.0.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert completed("bash", "sources clean ").split() == ["alpha", "beta"]
    assert completed("bash", "verify --version ").split() == ["1.0.0"]


def test_a_shell_gets_a_script_that_it_can_read():
    script = printed({"_DATASET_PLATFORM_COMPLETE": "source_bash"})
    assert "complete" in script
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_completion_is_installed_where_the_shell_looks_for_it(tmp_path):
    home = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    assert "completion installed" in printed(home, "--install-completion", "bash")
    assert "_DATASET_PLATFORM_COMPLETE" in next(tmp_path.glob(".bash_completions/*")).read_text()
