"""What is printed: counts in words, colours on a terminal, plain text in a pipe."""

import json

import pytest
from rich.console import Console

from dataset_platform import display
from dataset_platform.display import Shown, counted

GATES = Shown({"passed": False}, {"Quality gates": [{"gate": "Bias", "verdict": "failed"}]}, ["the end"])


def printed(shown, capsys, monkeypatch, **terminal):
    monkeypatch.setattr(display, "Console", lambda **given: Console(**given, **terminal))
    shown.print(as_json=False)
    return capsys.readouterr().out


def test_a_terminal_shows_a_verdict_in_colour(capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = printed(GATES, capsys, monkeypatch, force_terminal=True, color_system="standard")
    assert "\x1b[31mfailed" in shown
    assert "\x1b[1mQuality gates\x1b[0m" in shown


def test_a_pipe_gets_a_plain_line_a_row(capsys, monkeypatch):
    rows = [{"gate": "x" * 150, "verdict": "passed"}]
    shown = printed(Shown({}, {"Quality gates": rows}), capsys, monkeypatch)
    assert "\x1b" not in shown
    assert [line.split() for line in shown.splitlines()] == [
        ["Quality", "gates"],
        ["gate", "verdict"],
        ["x" * 150, "passed"],
    ]


def test_machines_get_one_document(capsys):
    GATES.print(as_json=True)
    assert json.loads(capsys.readouterr().out) == {"passed": False}


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 records"), (1, "1 record"), (2, "2 records"), (2000, "2,000 records")]
)
def test_one_thing_is_counted_in_the_singular(number, words):
    assert counted(number, "record") == words
