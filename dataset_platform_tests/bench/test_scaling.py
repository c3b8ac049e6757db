"""Signatures at any size: the clusters that were planted, in memory that is bounded."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from dataset_platform.bench import scaling, scaling_contestant, signature_tables
from dataset_platform.bench.race import run_case


def test_planted_twins_are_found_and_nothing_else(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(signature_tables, "BATCH_ROWS", 500)
    tables = signature_tables.signature_tables(2_000, tmp_path / "corpora")
    task = {"tables": str(tables.folder), "out": str(tmp_path)}
    scaling_contestant.ours(task, lambda _: nullcontext())
    assert scaling.audit(tables, task) == {"members": 80, "planted": 80}


def test_the_same_number_of_rows_gives_the_same_tables(tmp_path: Path) -> None:
    one, two = (signature_tables.signature_tables(1_000, tmp_path / name) for name in ("a", "b"))
    files = [sorted(tables.folder.rglob("*.parquet")) for tables in (one, two)]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]


@pytest.mark.slow
def test_a_million_signatures_are_clustered_within_a_gigabyte(tmp_path: Path) -> None:
    """About 0.4 GB are the interpreter, the engine and what is held at a time; each row adds 0.3 KB."""
    tables = signature_tables.signature_tables(1_000_000, tmp_path / "corpora")
    run = run_case(scaling.case(tables), tmp_path / "work")
    assert run.facts["members"] == run.facts["planted"] == 40_000
    assert run.peak_bytes < 1e9
