"""Figures follow from the runs, and every form of a report says the same."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dataset_platform.bench.contestant import Case, Contestant, Outcome, Run
from dataset_platform.bench.figures import Spread, figures_of
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.report import OursFailed, Report

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
KEYS = {
    "workload",
    "part",
    "contestant",
    "seconds",
    "mb_per_s",
    "rows_per_s",
    "ratio",
    "process_s",
    "cpu_s",
    "peak_bytes",
    "facts",
    "failure",
}


def outcome(name, seconds, failure="", ours=False):
    contestant = Contestant(name, None, "work", ours=ours)
    runs = [
        Run({"read": s}, s + 1, s, 500_000_000, {"kept": 10}, {"python": "3", name: "1.0"}) for s in seconds
    ]
    return Outcome(Case(contestant, "clean", {}, 100_000_000), runs, failure)


@pytest.fixture
def report():
    outcomes = [outcome("ours", [1.0, 2.0, 4.0], ours=True), outcome("peer", [2.0, 3.0, 2.0])]
    failing = outcome("gone", [], "not installed: pip install gone")
    return Report("sources", this_machine(), 3, [*outcomes, failing], ["clean: 10 rows"], ["target: met"])


def test_ratios_are_paired_round_by_round(report):
    ours, peer, gone = figures_of(report.outcomes)
    assert ours.ratio == Spread(1.0, 1.0, 1.0)
    assert peer.ratio == Spread(1.5, 0.5, 2.0)  # of 2/1, 3/2, 2/4; medians divided would give 1
    assert gone.ratio is None


def test_throughput_is_of_the_work_alone(report):
    assert figures_of(report.outcomes)[0].mb_per_s == Spread(50.0, 25.0, 100.0)


def test_the_json_has_its_keys_and_nothing_else(report):
    found = json.loads(json.dumps(report.as_dict()))
    assert set(found) == {
        "schema", "benchmark", "machine", "rounds", "about", "versions", "figures", "findings", "tables",
    }  # fmt: skip
    assert all(set(figures) == KEYS for figures in found["figures"])
    assert found["versions"] == {"ours": "1.0", "peer": "1.0"}
    assert found["figures"][2]["failure"] == "not installed: pip install gone"


def test_every_contestant_has_a_row_measured_or_not(report):
    (rows,) = report.shown().tables.values()
    assert [row["contestant"] for row in rows] == ["ours", "peer", "gone"]
    assert len({tuple(row) for row in rows}) == 1


def test_ours_not_finishing_is_a_failure_of_the_command():
    failing = Report("sources", this_machine(), 1, [outcome("ours", [], "broke", ours=True)], [], [])
    with pytest.raises(OursFailed, match="clean: broke"):
        failing.shown().print(as_json=True)


def test_writing_again_replaces_the_section_and_leaves_the_page(report, tmp_path):
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n")
    report.write_markdown(page)
    page.write_text(f"{page.read_text()}\nAfterwards.\n")
    again = Report("sources", report.machine, 5, report.outcomes, [], [])
    again.write_markdown(page)
    text = page.read_text()
    assert text.startswith("# Benchmarks\n\n<!-- bench sources: begin")
    assert text.endswith("-->\n\nAfterwards.\n")
    assert (text.count("bench sources: begin"), "5 rounds" in text, "3 rounds" in text) == (1, True, False)


def test_a_section_of_another_benchmark_stays(report, tmp_path):
    page = tmp_path / "benchmarks.md"
    report.write_markdown(page)
    Report("storage", report.machine, 1, report.outcomes, [], []).write_markdown(page)
    assert [page.read_text().count(f"bench {name}: end") for name in ("sources", "storage")] == [1, 1]


@pytest.mark.parametrize("benchmark", ["sources", "sources document", "sources folder", "storage", "curate"])
def test_the_docs_have_a_place_for_each_benchmark(benchmark, report, tmp_path):
    page = tmp_path / "benchmarks.md"
    shutil.copy(PAGE, page)
    replace(report, benchmark=benchmark).write_markdown(page)
    assert page.read_text().count(f"<!-- bench {benchmark}: begin") == 1
