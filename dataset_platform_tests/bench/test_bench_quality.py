"""`bench quality`, small: every validator judges every row, and no text stays behind. Nothing is timed."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dataset_platform.bench.judging import OURS, VECTORS, contestants, repeated_rows
from dataset_platform.errors import InputError
from dataset_platform.schemas import RELEASE
from dataset_platform_tests.bench.test_bench_sources import bench
from dataset_platform_tests.rows import arrow, released, turns

SECRET = "The lamp over the stairs has been broken since spring."


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Two conversations of three turns each."""
    shards = tmp_path / "v1.0.0" / "dataset_v1.0.0.parquet"
    shards.mkdir(parents=True)
    said = (SECRET, "What would it change to mend it?", "I could read again.")
    rows = [
        released(place, messages=turns(*some), n_turns=3) for place, some in enumerate((said, said[::-1]))
    ]
    pq.write_table(arrow(RELEASE, rows), shards / "train-00001-of-00001.parquet")
    return shards.parent


def test_rows_are_taken_again_with_turns_of_their_own(release: Path) -> None:
    rows = repeated_rows(release, turns=8)
    said = rows["messages"].explode().struct.field("content")
    assert (rows.height, rows["conversation_id"].n_unique()) == (3, 3)
    assert [turn.startswith("copy2 ") for turn in said] == [False] * 6 + [True] * 3


def test_a_folder_that_is_no_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder of a release"):
        repeated_rows(tmp_path, turns=8)


@pytest.mark.slow
def test_every_contestant_judges_every_row_and_leaves_no_text(release: Path, tmp_path: Path) -> None:
    only = [option for name in (OURS, VECTORS, "bias") for option in ("--only", name)]
    done = bench(tmp_path, "bench", "quality", str(release), "--turns", "100", *only, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {f["contestant"] for f in found["figures"]} == {OURS, VECTORS, "bias"}
    assert {tuple(f["facts"].values()) for f in found["figures"]} == {(34, 34)}
    assert any(line.startswith("bias: ") for line in found["findings"])
    kept = [path for path in (tmp_path / "bench").rglob("*") if path.is_file()]
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]


def test_each_validator_competes_under_its_name() -> None:
    names = [contestant.name for contestant in contestants()]
    assert names[:2] == [OURS, VECTORS]
    assert len(set(names)) == len(names) > 8
