"""What finding duplicates holds in memory is bounded, whatever the number of rows: run under a limit."""

import subprocess
import sys
from pathlib import Path

import pytest

N_ROWS = 100_000
ALLOWED_MB = 35
UNDER_A_LIMIT = """
import resource, sys
from pathlib import Path

import numpy as np
import pyarrow as pa

from dataset_platform.curate import candidates, measuring, signed_rows
from dataset_platform.curate.configuration import Deduplication

n_rows, allowed_mb = map(int, sys.argv[2:])

def at_once(hashes, rows, shingles):
    candidates.HASHES_AT_ONCE, signed_rows.ROWS_AT_ONCE = hashes, rows
    measuring.SHINGLES_AT_ONCE = shingles

folder, size = Path(sys.argv[1]), 60
rng = np.random.default_rng(1)
with (folder / "sketches").open("wb") as sketches, (folder / "shingles").open("wb") as shingles:
    for start in range(0, n_rows, 10_000):
        sets = np.sort(rng.integers(0, 2**56, (10_000, size), np.uint64), axis=1)
        sets[1::100] = sets[::100]  # every hundredth row has a copy beside it
        sets[:, :16].tofile(sketches)
        sets.tofile(shingles)
numbers = np.arange(n_rows)
rows = signed_rows.SignedRows(
    places=numbers, ids=np.zeros((n_rows, 4), np.uint64), texts=np.zeros((n_rows, 2), np.uint64),
    sources=np.zeros(n_rows, np.int32), sizes=np.full(n_rows, size, np.int32), stored=numbers,
    sketches=signed_rows.Sketches(folder / "sketches", 16), source_names=pa.array(["s"]),
)
measured = measuring.Measured(folder / "shingles", numbers, numbers * size, np.full(n_rows, size))
(used,) = (int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmData"))
limit = used * 1024 + allowed_mb * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
at_once(1 << 18, 1 << 15, 1 << 18)
left, right = candidates.candidate_pairs(rows, numbers, Deduplication())
assert (np.sort(left) == np.arange(0, n_rows, 100)).all() and (right == left + 1).all()
one, other = np.arange(0, n_rows, 2), np.arange(1, n_rows, 2)
similarity = measured.similarity(one, other)
assert (similarity[::50] == 1).all() and similarity.sum() == n_rows // 100
at_once(1 << 25, 1 << 20, 1 << 26)
try:
    candidates.candidate_pairs(rows, numbers, Deduplication())
    measured.similarity(one, other)
except MemoryError:
    print("refused")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory as Linux has them")
def test_hashes_and_shingles_of_all_rows_are_never_in_memory_together(tmp_path: Path) -> None:
    """The files have 60 MB; what is sorted of them at once is set by three constants."""
    command = [sys.executable, "-c", UNDER_A_LIMIT, str(tmp_path), str(N_ROWS), str(ALLOWED_MB)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "refused\n"
