"""`bench sources`, small: everything runs, and what is said of losses is true. Nothing is timed."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from dataset_platform.bench import reading
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.race import chosen, race
from dataset_platform.bench.reading_folders import folders_report
from dataset_platform.bench.report import Report
from dataset_platform.errors import InputError
from dataset_platform.progress import Progress

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ROWS = 2_000
QUIET = Progress(Console(quiet=True))
LIBRARIES_WE_HAVE = ("ours", "polars", "daft", "orjson")


COMMAND = [sys.executable, "-c", "from dataset_platform.cli import run; run()"]


def surroundings(folder):
    """Where a command runs: a folder of its own, nothing of the user's environment."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "DATASET_CACHE_DIR": str(folder)}
    return {"cwd": folder, "env": environment, "text": True}


def bench(folder, *arguments):
    command = [*COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, check=False, **surroundings(folder))


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """What the command would find, of one round without a warm-up."""
    folder = tmp_path_factory.mktemp("bench")
    competing = chosen(reading.contestants(document=False), LIBRARIES_WE_HAVE)
    cases = reading.cases(competing, ROWS, False, folder / "corpora")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(ROOT))
        outcomes = race([replace(case, once=True) for case in cases], 1, folder / "work", QUIET)
    return Report("sources", this_machine(), 1, outcomes, [], reading.findings(outcomes, False)).as_dict()


def of(found, workload, contestant):
    (figures,) = [f for f in found["figures"] if (f["workload"], f["contestant"]) == (workload, contestant)]
    return figures


def test_ours_accounts_for_every_row_whatever_the_damage(lines):
    lost = {"lost rows": 0, "lost values": 0}
    broken = ROWS // 1_000
    assert of(lines, "clean", "ours")["facts"] == {"kept": ROWS, "quarantined": 0, **lost}
    assert of(lines, "shifting", "ours")["facts"] == {"kept": ROWS, "quarantined": 0, **lost}
    assert of(lines, "bad_lines", "ours")["facts"] == {"kept": ROWS - broken, "quarantined": broken, **lost}


def test_a_plain_script_that_skips_bad_lines_loses_them(lines):
    facts = of(lines, "bad_lines", "orjson + pyarrow, except: continue")["facts"]
    assert (facts["lost rows"], facts["quarantined"]) == (ROWS // 1_000, 0)


def test_readers_without_a_way_past_bad_lines_are_reported_as_failed(lines):
    for peer in ("polars", "daft", "orjson + pyarrow"):
        figures = of(lines, "bad_lines", peer)
        assert figures["seconds"] is None
        assert str(ROOT) not in figures["failure"] != ""


def test_values_that_a_guessed_schema_loses_are_counted(lines):
    assert of(lines, "shifting", "daft")["facts"]["lost values"] > 0


def test_targets_are_judged(lines):
    assert any(line.startswith("ours: polars on clean lines, seconds ") for line in lines["findings"])


def test_a_document_that_breaks_off_is_salvaged_by_ours_alone(tmp_path):
    page = tmp_path / "page.md"
    arguments = ("--document", "--rows", "1000", "--rounds", "1", "--only", "ours", "--only", "json")
    done = bench(tmp_path, "bench", "sources", *arguments, "--markdown", str(page))
    assert done.returncode == 0, done.stderr
    section = page.read_text()
    assert "| 999 | 1 | 0 | 0 |  |" in section
    assert "JSONDecodeError: " in section
    assert "json.load + pandas" in done.stdout


def test_a_peer_that_is_not_installed_is_named_with_its_pip_line(tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    arguments = (
        "--rows",
        "1000",
        "--rounds",
        "1",
        "--only",
        "polars",
        "--peers-python",
        str(bare / "bin/python"),
    )
    done = bench(tmp_path, "bench", "sources", *arguments)
    assert done.returncode == 0, done.stderr
    assert "not installed: pip install polars" in done.stdout


def test_an_unknown_contestant_is_bad_usage(tmp_path):
    done = bench(tmp_path, "bench", "sources", "--only", "spark")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --only spark: no such contestant. There are: ours, polars, ")


def test_an_interrupt_stops_the_contestant_too(tmp_path):
    command = [*COMMAND, "bench", "sources", "--rows", "1000", "--rounds", "1000", "--only", "ours"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, **surroundings(tmp_path))
    contestants = []
    while process.poll() is None and not contestants:
        contestants = psutil.Process(process.pid).children()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert said.endswith("stopped, contestants and servers too; no figure was kept\n")
    assert psutil.wait_procs(contestants, timeout=5)[1] == []
    assert list((tmp_path / "bench/work").iterdir()) == []


def test_folders_are_read_as_drafted_and_told_with_what_was_quarantined(tmp_path):
    lines = '{"prompt": "Hi", "response": "Hello"}\n' * 3
    files = {"talks/a.jsonl": f"{lines}{{\n[]\n", "talks/README.md": "Read me.", "other/b.txt": "Nothing."}
    for name, text in files.items():
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = bench(tmp_path, "bench", "sources", "--folder", "mine", "--rounds", "1", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    told = {"format": "jsonl", "files": 1, "records": 5, "kept": 3}
    assert of(found, "sources", "talks")["facts"] == {
        **told,
        "quarantined": "1 bad_syntax, 1 wrong_type",
    }
    assert "no conversations in other" in found["about"]


def test_a_folder_without_conversations_is_refused(tmp_path):
    (tmp_path / "mine/other").mkdir(parents=True)
    (tmp_path / "mine/other/b.txt").write_text("Nothing.")
    with pytest.raises(InputError, match="mine: no folder in it holds conversations"):
        folders_report(tmp_path, tmp_path / "mine", 1, QUIET)
