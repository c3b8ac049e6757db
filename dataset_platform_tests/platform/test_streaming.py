import time
from collections import Counter

import daft
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from daft import col

from dataset_platform.streaming import streamed

FILES, ROWS = 40, 10_000
READ = Counter[str]()


def count(rows: int) -> None:
    READ["rows"] += rows


@pytest.fixture
def frame(tmp_path):
    for file in range(FILES):
        pq.write_table(
            pa.table({"n": range(ROWS * file, ROWS * (file + 1))}), tmp_path / f"{file:02}.parquet"
        )

    @daft.func.batch(return_dtype=daft.DataType.int64())
    def counted(column: daft.Series) -> daft.Series:
        from dataset_platform_tests.platform.test_streaming import count  # not a copy of it

        count(len(column))
        return column

    READ.clear()
    return daft.read_parquet(f"{tmp_path}/*.parquet").select(counted(col("n")))


def test_all_rows_arrive(frame):
    assert sorted(n for batch in streamed(frame) for n in batch["n"].to_pylist()) == [*range(FILES * ROWS)]


def test_no_more_is_read_than_is_taken_but_for_a_few_batches(frame):
    batches = streamed(frame)
    next(batches)
    time.sleep(0.3)
    assert READ["rows"] < FILES * ROWS / 2
    batches.close()
