"""Corpora are the same bytes everywhere, and their damage is counted."""

import json
import subprocess
import sys

import pytest

from dataset_platform.bench.corpus import Damage, Layout, Specification, corpus

ROWS = 2_000
GOLDEN = "79e3548d384f"


def parsed(line):
    try:
        return json.loads(line)
    except ValueError:
        return None


def test_the_same_specification_gives_the_same_bytes(tmp_path):
    first, again = (corpus(Specification(200), tmp_path / name) for name in ("a", "b"))
    assert first.path.read_bytes() == again.path.read_bytes()
    assert first.sha256.startswith(GOLDEN), "other bytes: raise VERSION in corpus.py, then renew GOLDEN"
    assert corpus(Specification(200, seed=2), tmp_path / "a").sha256 != first.sha256


def test_a_corpus_is_written_once(tmp_path):
    written = corpus(Specification(200), tmp_path)
    before = written.path.stat().st_mtime_ns
    assert corpus(Specification(200), tmp_path) == written
    assert written.path.stat().st_mtime_ns == before


def test_conversations_have_many_lengths(tmp_path):
    lines = corpus(Specification(ROWS), tmp_path).path.read_bytes().splitlines()
    turns = sorted(len(json.loads(line)["conversation"]) for line in lines)
    sizes = sorted(map(len, lines))
    assert (turns[0], turns[ROWS // 2] in range(5, 9), turns[-1] > 25) == (2, True, True)
    assert 1_250 < sum(sizes) / ROWS < 1_450
    assert sizes[-1] > 5 * sizes[ROWS // 2]


@pytest.mark.parametrize("damage", [Damage.BAD_LINES, Damage.BAD_UTF8, Damage.TRUNCATED])
def test_as_many_lines_are_broken_as_the_notes_say(damage, tmp_path):
    written = corpus(Specification(ROWS, damage), tmp_path)
    lines = written.path.read_bytes().split(b"\n")[:ROWS]
    broken = 1 if damage is Damage.TRUNCATED else ROWS // 1_000
    assert (written.broken, sum(parsed(line) is None for line in lines)) == (broken, broken)


def test_late_keys_and_changed_types_are_counted(tmp_path):
    written = corpus(Specification(ROWS, Damage.SHIFTING), tmp_path)
    rows = [json.loads(line) for line in written.path.read_bytes().splitlines()]
    assert not any("supervision" in row or isinstance(row["rating"], str) for row in rows[: ROWS // 2])
    assert written.late_keys == sum("supervision" in row for row in rows) > 0
    assert written.changed_types == sum(isinstance(row["rating"], str) for row in rows) > 0


def test_a_document_is_one_array_of_the_same_records(tmp_path):
    document = corpus(Specification(200, layout=Layout.DOCUMENT), tmp_path).path.read_bytes()
    lines = corpus(Specification(200), tmp_path).path.read_bytes().splitlines()
    assert json.loads(document) == [json.loads(line) for line in lines]


def test_a_document_that_breaks_off_has_no_end(tmp_path):
    broken = corpus(Specification(200, Damage.TRUNCATED, Layout.DOCUMENT), tmp_path)
    whole = corpus(Specification(200, layout=Layout.DOCUMENT), tmp_path)
    assert whole.path.read_bytes().startswith(broken.path.read_bytes())
    assert broken.broken == 1


def test_writing_takes_no_more_memory_for_more_rows(tmp_path):
    code = (
        "import sys; from pathlib import Path;"
        "from dataset_platform.bench.corpus import Specification, corpus;"
        "corpus(Specification(int(sys.argv[1])), Path(sys.argv[2]));"
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    few, many = (
        int(
            subprocess.run(
                [sys.executable, "-c", code, rows, tmp_path], capture_output=True, check=True
            ).stdout
        )
        for rows in ("100", "10000")
    )
    assert many - few < 3_000  # KiB, where the corpus has 13,000
