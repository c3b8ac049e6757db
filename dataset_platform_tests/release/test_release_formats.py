"""What people open a release with, and the shapes that conversations have in it."""

import json
from io import BytesIO

import polars as pl
import pyarrow as pa
import pytest

from dataset_platform import release
from dataset_platform.release.rendering import json_lines
from dataset_platform.release.spec import Rendering
from dataset_platform.schemas import RELEASE
from dataset_platform_tests.release.release_records import FILES, JSONL_SHARDS, full_inputs, make_spec

TALK = (("system", "Be kind."), ("user", "Hello"), ("assistant", "Hi"), ("user", "I…"), ("assistant", "Yes?"))
AS_MESSAGES = [{"role": role, "content": content} for role, content in TALK]
SHAPES = {
    Rendering.MESSAGES: {"messages": AS_MESSAGES},
    Rendering.SHAREGPT: {
        "conversations": [
            {"from": "system", "value": "Be kind."},
            {"from": "human", "value": "Hello"},
            {"from": "gpt", "value": "Hi"},
            {"from": "human", "value": "I…"},
            {"from": "gpt", "value": "Yes?"},
        ]
    },
    Rendering.ALPACA: {
        "instruction": "I…",
        "input": "system: Be kind.\n\nuser: Hello\n\nassistant: Hi",
        "output": "Yes?",
    },
    Rendering.PROMPT_RESPONSE: {
        "prompt": "system: Be kind.\n\nuser: Hello\n\nassistant: Hi\n\nuser: I…",
        "response": "Yes?",
    },
}


def shown(rendering, *talks):
    rows = pl.DataFrame(
        {"id": range(len(talks)), "messages": talks, "split": "train"},
        schema_overrides={"messages": pl.List(pl.Struct({"role": pl.String, "content": pl.String}))},
    )
    lines = json_lines(rows.to_arrow(), rendering, BytesIO())
    return [json.loads(line) for line in bytes(lines).splitlines()]


@pytest.mark.parametrize("rendering", Rendering)
def test_a_conversation_has_the_shape_that_trainers_know(rendering):
    (row,) = shown(rendering, AS_MESSAGES)
    assert row == {"id": 0, **SHAPES[rendering], "split": "train"}
    assert list(row) == ["id", *SHAPES[rendering], "split"]


def test_a_buffer_that_is_used_again_gives_nothing_of_what_lay_there():
    rows, lines = pa.table({"a": ["first", "second"]}), BytesIO()
    assert json_lines(rows, Rendering.MESSAGES, lines) == b'{"a":"first"}\n{"a":"second"}\n'
    assert json_lines(rows[:1], Rendering.MESSAGES, lines) == b'{"a":"first"}\n'
    assert json_lines(rows[:0], Rendering.MESSAGES, lines) == b""


def test_a_turn_behind_the_last_answer_stands_in_no_prompt():
    difficult = [{"role": "assistant", "content": "How was it?"}, {"role": "user", "content": "Bad"}]
    assert shown(Rendering.PROMPT_RESPONSE, difficult)[0]["prompt"] == ""
    assert shown(Rendering.ALPACA, difficult)[0] | {"id": 0, "split": ""} == {
        "id": 0, "split": "", "instruction": "", "input": "", "output": "How was it?",
    }  # fmt: skip


def test_a_rendered_release_is_verified_as_any_other(tmp_path):
    spec = make_spec(formats=release.Formats(rendering=Rendering.SHAREGPT))
    built = full_inputs().build(tmp_path / "out", spec)
    assert release.verify(built.folder).findings == ()
    first = json.loads((built.folder / JSONL_SHARDS[0]).read_text().split("\n")[0])
    assert "messages" not in first
    assert [turn["from"] for turn in first["conversations"]] == ["human", "gpt"]


@pytest.fixture(scope="module")
def opened(pristine):
    """The rows of each split as each library finds them, without a network."""
    counts = {}
    for count in pristine.manifest.distribution:
        counts[count.split] = counts.get(count.split, 0) + count.rows
    return pristine.folder, counts


def test_pandas_opens_all_rows_with_their_splits(opened):
    import pandas as pd

    folder, counts = opened
    assert pd.read_parquet(folder / FILES.parquet)["split"].value_counts().to_dict() == counts
    assert len(pd.read_json(folder / JSONL_SHARDS[0], lines=True)) == counts["train"]


def test_polars_opens_all_rows_with_their_splits(opened):
    folder, counts = opened
    assert dict(pl.read_parquet(folder / FILES.parquet).group_by("split").len().iter_rows()) == counts
    assert pl.read_ndjson(folder / JSONL_SHARDS[0], infer_schema_length=None).height == counts["train"]


def test_duckdb_opens_all_rows_with_their_splits(opened):
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    folder, counts = opened
    for files in (f"{FILES.parquet}/*.parquet", f"{FILES.jsonl}/*.jsonl"):
        found = duckdb.sql(f"select split, count(*) from '{folder}/{files}' group by split").fetchall()
        assert dict(found) == counts
    (only,) = duckdb.sql(f"select distinct split from '{folder}/{FILES.parquet}/test-*.parquet'").fetchall()
    assert only == ("test",)


def test_datasets_opens_the_folder_with_its_splits_and_features(opened, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    folder, counts = opened
    splits = datasets.load_dataset(str(folder), cache_dir=str(tmp_path))
    assert {name: rows.num_rows for name, rows in splits.items()} == counts
    assert splits["test"].column_names == RELEASE.names
    assert set(splits["test"]["split"]) == {"test"}
    assert splits["train"][0]["messages"][0]["role"] == "user"


def test_datasets_streams_a_split(opened, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    folder, counts = opened
    rows = datasets.load_dataset(str(folder), split="train", streaming=True)
    assert sum(1 for _ in rows) == counts["train"]
