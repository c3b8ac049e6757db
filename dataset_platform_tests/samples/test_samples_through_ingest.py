"""The readers find in the samples what was planted there."""

from collections import Counter

import pyarrow.parquet as pq
import pytest

from dataset_platform import ingest, samples
from dataset_platform.ingest import LandedFile


@pytest.fixture(scope="module")
def landed(tmp_path_factory):
    area = tmp_path_factory.mktemp("landed")
    return area, samples.lay_down(area / "raw", area / "sources")


@pytest.mark.parametrize(
    "name", ["dual_persona", "edge_cases", "pixel_voice", "psychology_knowledge", "standard_therapeutic"]
)
def test_readers_keep_the_whole_records_and_quarantine_the_broken(landed, tmp_path, name):
    area, sample = landed
    source = sample.sources[name]
    description = ingest.load_descriptions(area / "sources")[name]
    files = [LandedFile.at(f"{name}/{file}", area / "raw" / name / file) for file in sorted(source.files)]
    ingested = ingest.read_source(description, files, tmp_path)
    kept = [row for path in ingested.records for row in pq.read_table(path).to_pylist()]
    broken = [row for path in ingested.quarantine for row in pq.read_table(path).to_pylist()]
    assert Counter(row["reason"] for row in broken) == Counter(source.quarantined)
    assert Counter(_said(row["messages"]) for row in kept) == Counter(
        tuple((turn.role.value, turn.content) for turn in one.turns) for one in source.conversations
    )


def _said(messages):
    return tuple((message["role"], message["content"]) for message in messages)
