"""`bench export`, small: everything runs, and ours writes a release that verifies. Nothing is timed."""

import json

import pytest

from dataset_platform_tests.bench.test_bench_sources import bench

pytestmark = pytest.mark.slow

ROWS = 1_500


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    arguments = ("--rows", str(ROWS), "--rounds", "1", "--only", "ours", "--only", "pyarrow", "--json")
    done = bench(tmp_path_factory.mktemp("bench"), "bench", "export", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_all_contestants_write_every_row_that_is_no_duplicate(found):
    facts = {figures["contestant"]: figures["facts"] for figures in found["figures"]}
    kept = ROWS - ROWS // 50
    assert facts == {"ours": {"rows": kept, "findings": 0}, "pyarrow, no logic": {"rows": kept}}


def test_targets_are_judged(found):
    assert any(line.startswith("ours against pyarrow, times as fast ") for line in found["findings"])
