"""Shards as a lazy frame: those of an earlier version are told, not half read."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset_platform.errors import InputError
from dataset_platform.settings import load_settings
from dataset_platform.storage.files import describe
from dataset_platform.storage.shards import Shards, frame_over

SCHEMA = pa.schema({"conversation_id": pa.string(), "split_group": pa.string()})


def test_a_table_that_an_earlier_version_wrote_is_named_with_what_it_lacks(new_place):
    place = new_place("local")
    store = place.open()
    with store.staging() as folder:
        pq.write_table(pa.table({"conversation_id": ["a"]}), folder / "part-00000.parquet")
        files = tuple(describe(folder))
        store.add(folder, "processed/table", files, {})
    with pytest.raises(InputError, match=r"processed/table lacks split_group, as an earlier version") as told:
        frame_over(load_settings(), [Shards("processed/table", files)], SCHEMA)
    assert "\n" not in str(told.value)
