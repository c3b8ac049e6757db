"""Transfers show their bytes: a bar on a terminal, plain lines elsewhere, and one line is left behind."""

import io
import time

import pytest
from rich.console import Console

from dataset_platform import progress
from dataset_platform.progress import Progress

MEGABYTE = 1_000_000
PATIENCE_S = 5


def said(terminal, transfer):
    out = io.StringIO()
    reporter = Progress(Console(file=out, force_terminal=terminal, width=120, color_system=None))
    transfer(reporter)
    return out.getvalue()


def transfer_half(reporter):
    with reporter.transfer("Write release 1.0.0") as on_bytes:
        on_bytes(3 * MEGABYTE, 6 * MEGABYTE)


def test_a_terminal_shows_a_bar_in_bytes_that_goes_away():
    out = said(True, transfer_half)
    assert "3.0/6.0 MB" in out
    assert out.rstrip().splitlines()[-1].endswith("✓ Write release 1.0.0  0 s")


def test_elsewhere_there_are_plain_lines(monkeypatch):
    monkeypatch.setattr(progress, "HEARTBEAT_S", 0.01)

    def transfer(reporter):
        with reporter.transfer("Write release 1.0.0") as on_bytes:
            on_bytes(3 * MEGABYTE, 6 * MEGABYTE)
            while "3.0 of 6.0 MB" not in reporter._console.file.getvalue():
                pass

    out = said(False, transfer)
    assert "\x1b" not in out
    assert out.endswith("✓ Write release 1.0.0  0 s\n")


@pytest.mark.parametrize("terminal", [True, False])
def test_a_transfer_that_fails_is_marked(terminal):
    def transfer(reporter):
        with pytest.raises(OSError, match="broken"), reporter.transfer("Write release 1.0.0"):
            raise OSError("broken")

    assert "✗ Write release 1.0.0" in said(terminal, transfer)


def arriving(**options):
    """What is printed of a file of 50 MB that arrives in two steps."""
    out = io.StringIO()
    with Progress(Console(file=out, width=120, **options)).transfers() as on_file:
        on_file("a.jsonl", 0, None)
        on_file("a.jsonl", 25_000_000, 50_000_000)
        on_file("a.jsonl", 50_000_000, 50_000_000)
    return out.getvalue()


def test_files_that_arrive_have_a_bar_each_on_a_terminal():
    shown = arriving(force_terminal=True)
    assert "━" in shown
    assert "50.0/50.0 MB" in shown


def test_files_that_arrive_have_a_line_each_elsewhere():
    assert arriving(force_terminal=False) == "a.jsonl: 50.0 of 50.0 MB\n"


def task_at(detail):
    """What a terminal shows of a task that says the detail and goes on for a while."""

    def work(reporter):
        with reporter.task("Read and clean alpha"):
            reporter.say(detail)
            deadline = time.monotonic() + PATIENCE_S
            while detail not in reporter._console.file.getvalue() and time.monotonic() < deadline:
                time.sleep(0.02)

    return said(True, work)


def test_a_terminal_shows_a_bar_where_it_is_known_how_much_is_done():
    assert "━" in task_at("alpha: 2,000 of 10,000 rows cleaned")


def test_a_terminal_shows_no_bar_of_what_is_no_progress():
    assert "━" not in task_at("0 of 3 files were read, the others have not changed")
