"""Transfers are bars on a terminal and plain lines elsewhere."""

import io

from rich.console import Console

from dataset_platform.progress import Progress


def told(**options):
    """What is printed of a file of 50 MB that arrives in two steps."""
    out = io.StringIO()
    with Progress(Console(file=out, width=120, **options)).transfers() as on_file:
        on_file("a.jsonl", 0, None)
        on_file("a.jsonl", 25_000_000, 50_000_000)
        on_file("a.jsonl", 50_000_000, 50_000_000)
    return out.getvalue()


def test_a_terminal_shows_a_bar_with_bytes():
    shown = told(force_terminal=True)
    assert "━" in shown
    assert "50.0/50.0 MB" in shown


def test_elsewhere_there_are_plain_lines():
    assert told(force_terminal=False) == "a.jsonl: 50.0 of 50.0 MB\n"
