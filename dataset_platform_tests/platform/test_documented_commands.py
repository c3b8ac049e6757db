"""Every command in the docs runs as it stands there, in one project; what cannot, says so on its page."""

import shlex
import shutil
from contextlib import suppress

import pytest
import typer
from typer._click.exceptions import MissingParameter

from dataset_platform.cli import app
from dataset_platform_tests.pipeline.project import conversations
from dataset_platform_tests.platform.documented_commands import OURS, ROOT, documented_commands

COMMANDS = list(documented_commands())
# Their own tests run them from top to bottom and hold what they print.
PAGES_WITH_TESTS = ("adding-a-source.md", "gallery.md", "releases.md")
# Parsed here, and run by their own tests: they take minutes, servers or data sets.
RUN_ELSEWHERE = (
    ("bench",),
    ("train",),
    ("checkpoint", "merge"),
    ("evaluate",),
    ("eval-tasks",),
    ("eval-judge",),
    ("leaderboard",),
    ("qa", "calibrate"),
    ("qa", "fit-names"),
    ("qa", "train-heads"),
    ("sources", "fetch"),
    ("storage", "copy"),
)
PLACEHOLDERS = {
    "<source or folder>": "beta",
    "<source>": "beta",
    "<folder>": "data/raw/beta",
    "<name>": "beta",
    "<id, file or source>": "beta",
    "<conversation_id or file>": "beta/file.jsonl",
    "<id>": None,  # of a conversation of the project
    "export --version <version>": "export --version 1.1.0",
    "rebuild --version <version>": "rebuild --version 1.0.0",
    "diff <version> <version>": "diff 1.0.0 1.1.0",
    "<version>": "2.0.0",
    "<new version>": "3.0.0",
    "<file>": "key.pem",
    "sources quarantine x": "sources quarantine beta",
    "trace edge_cases": "trace beta",
}
OURS_TO_RUN = sorted(
    {
        command.line.split(" #")[0].strip()
        for command in COMMANDS
        if command.is_ours and not command.not_run and command.page not in PAGES_WITH_TESTS
    }
)


def filled(line, conversation_id="0123"):
    """The words after the program's name, with something of the project in each placeholder's place."""
    for placeholder, value in PLACEHOLDERS.items():
        line = line.replace(placeholder, value or conversation_id)
    return shlex.split(line)[1:]


def is_run_elsewhere(words):
    return any(tuple(words[: len(prefix)]) == prefix for prefix in RUN_ELSEWHERE)


def parse(words):
    """As the command line does, without doing it; raises for an option or argument that there is not."""
    group, context = typer.main.get_command(app), None
    while hasattr(group, "commands") and words and words[0] in group.commands:
        context = typer.Context(group, parent=context, info_name=OURS)
        group, words = group.commands[words[0]], words[1:]
    group.make_context(OURS, list(words), parent=context)


def test_every_other_command_is_one_that_is_run_or_says_why_not():
    others = {command.line for command in COMMANDS if not command.is_ours and not command.not_run}
    assert others == {"dagster instance concurrency set sources 2"}


def test_every_command_that_is_run_elsewhere_is_spelt_as_the_program_wants_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FOLDER").mkdir()
    (tmp_path / "docs").mkdir()
    elsewhere = [filled(line) for line in OURS_TO_RUN if is_run_elsewhere(filled(line))]
    assert elsewhere
    for words in elsewhere:
        with suppress(MissingParameter):  # a command that is only named
            parse(words)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_other_command_of_ours_runs(released):
    """In the order of their names, but that what removes rows comes last."""
    project = released
    project.add_source("talks", conversations("talks", 12))
    project.done("sources", "clean", "talks")
    project.spec("1.1.0")
    shutil.copy(ROOT / "workspace.yaml", project.path)
    conversation_id = project.exported("2.0.0")[0]["conversation_id"]
    commands = {tuple(filled(line, conversation_id)) for line in OURS_TO_RUN}
    ordered = sorted(
        (words for words in commands if not is_run_elsewhere(words)),
        key=lambda words: ("withdraw" in words, "clean" not in words, "export" not in words, words),
    )
    ended = {" ".join(words): project.command(*words) for words in ordered}
    assert {line: outcome.err[-300:] for line, outcome in ended.items() if outcome.status} == {}
