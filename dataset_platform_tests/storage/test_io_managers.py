"""Results of every kind come back on every backend, labelled, and without a pickle anywhere."""

from pathlib import Path
from types import SimpleNamespace

import daft
import dagster as dg
import pyarrow as pa
import pytest
from rich.console import Console

import dataset_platform
from dataset_platform.assets.dataset_export import ReleaseIOManager
from dataset_platform.definitions import defs
from dataset_platform.progress import Progress
from dataset_platform.schemas import FILES
from dataset_platform.storage import io_managers, tables
from dataset_platform.storage.io_managers import (
    CheckpointIOManager,
    ReleaseReportIOManager,
    ResultIOManager,
    TableIOManager,
    said_of,
)
from dataset_platform.storage.tables import Table, write_batches
from dataset_platform.storage.work import Folder, Work, read_manifest

VERSIONS = dg.StaticPartitionsDefinition(["1.0.0"])
SOURCES = dg.StaticPartitionsDefinition(["alpha", "beta"])
ROWS = 25
CHECKPOINT = {"adapter/weights.safetensors": b"\x00\x01" * 5_000, "config.json": b"{}"}
REPORT = {"qa_report_v1.0.0.html": b"<p>", "qa_report_v1.0.0.json": b"{}", "qa_report_v1.0.0.md": b"#"}


def test_no_asset_is_stored_by_an_io_manager_that_pickles():
    keys = {
        asset.get_io_manager_key_for_asset_key(key)
        for asset in defs.assets or ()
        if isinstance(asset, dg.AssetsDefinition)
        for key in asset.keys
    }
    assert len(keys) > 3
    for key in keys:
        assert isinstance((defs.resources or {})[key], ResultIOManager | ReleaseIOManager)


def test_no_code_pickles():
    root = Path(dataset_platform.__file__).parent
    assert [
        path.name
        for path in root.rglob("*.py")
        if any(word in path.read_text() for word in ("import pickle", "cloudpickle", "joblib", "torch.load("))
    ] == []


def writing(files):
    def build(folder):
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    return Work({"content": str(sorted(files))}, build)


@dg.asset(partitions_def=VERSIONS, io_manager_key="checkpoints")
def trained_checkpoint() -> Work:
    return writing(CHECKPOINT)


@dg.asset(partitions_def=VERSIONS, io_manager_key="reports")
def qa_report(trained_checkpoint: Folder) -> Work:
    for name, content in CHECKPOINT.items():
        assert (trained_checkpoint.path / name).read_bytes() == content
    return writing(REPORT)


@dg.asset(partitions_def=SOURCES, io_manager_key="tables")
def source_files(context: dg.AssetExecutionContext) -> Work:
    source = context.partition_key
    facts = {"source": source, "origin_sha256": "0" * 64, "bytes": 1, "encoding": "utf-8"}
    facts |= {"compression": "none", "records": 1, "kept": 1, "quarantined": 0}
    rows = [{**facts, "origin_file": f"{source}/{number:02}.jsonl"} for number in range(ROWS)]
    batches = [pa.Table.from_pylist(rows, schema=FILES.arrow)]
    return Work({"source": source}, lambda folder: write_batches(batches, FILES, folder))


@pytest.mark.parametrize("backend", ["local", "s3", "gcs"])
def test_tables_of_all_partitions_come_back_as_one_lazy_frame_over_their_shards(
    new_place, backend, monkeypatch, tmp_path
):
    place, given = new_place(backend), []
    monkeypatch.setenv("DATASET_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(tables, "ROWS_PER_GROUP", 10)
    monkeypatch.setattr(tables, "GROUPS_PER_SHARD", 1)
    store = place.open()

    @dg.asset
    def reader(source_files: Table) -> None:
        given.append(source_files)

    assets, resources = [source_files, reader], {"tables": TableIOManager()}
    with dg.DagsterInstance.ephemeral() as instance:
        for source in SOURCES.get_partition_keys():
            written = dg.materialize(
                assets, selection=[source_files], partition_key=source, resources=resources, instance=instance
            )
        dg.materialize(assets, selection=[reader], resources=resources, instance=instance)

    (table,) = given
    assert isinstance(table.frame, daft.DataFrame)
    assert table.rows == 2 * ROWS
    names = [f"{source}/{number:02}.jsonl" for source in ("alpha", "beta") for number in range(ROWS)]
    assert table.frame.to_pydict()["origin_file"] == names
    shards = [stored.key for stored in store.list("processed/source_files/beta") if "part-" in stored.key]
    assert [key.rpartition("/")[2] for key in shards] == [f"part-0000{number}.parquet" for number in range(3)]
    if backend != "local":
        labels = dict(store.bucket.head(shards[-1]).labels)
        assert len(labels.pop("sha256")) == 64
        assert labels == {
            "asset": "source_files",
            "partition": "beta",
            "run-id": written.run_id,
            "rows": "5",
        }


def test_what_a_run_says_of_a_large_transfer_is_shown_as_a_bar(monkeypatch):
    monkeypatch.setattr(io_managers, "SECONDS_BETWEEN_LINES", -1)
    lines = []
    say = said_of(SimpleNamespace(log=SimpleNamespace(info=lines.append)), "exports/v1.0.0")
    say(250_000_000, 1_000_000_000)
    reporter = Progress(Console())
    reporter.say(lines[0])
    assert lines == ["exports/v1.0.0: 250 of 1,000 MB transferred"]
    assert reporter._bar() is not None


@pytest.mark.parametrize("backend", ["local", "s3", "gcs"])
def test_model_folders_and_reports_come_back(new_place, backend, monkeypatch, tmp_path):
    place = new_place(backend)
    monkeypatch.setenv("DATASET_CACHE_DIR", str(tmp_path / "cache"))
    store = place.open()
    resources = {"checkpoints": CheckpointIOManager(), "reports": ReleaseReportIOManager()}
    with dg.DagsterInstance.ephemeral() as instance:
        for reused in (False, True):
            result = dg.materialize(
                [trained_checkpoint, qa_report],
                resources=resources,
                instance=instance,
                partition_key="1.0.0",
            )
            (done,) = result.asset_materializations_for_node("qa_report")
            assert done.metadata["reused"].value is reused
    assert done.metadata["report"].value == store.url("exports/v1.0.0/qa_report_v1.0.0.html")
    assert str(done.metadata["path"].value).startswith(store.url("processed/qa_report/1.0.0"))
    for name, content in REPORT.items():
        assert store.read(f"exports/v1.0.0/{name}") == content
    manifest = read_manifest(store, "checkpoints/v1.0.0")
    assert manifest.labels["asset"] == "trained_checkpoint"
    assert manifest.labels["partition"] == "1.0.0"
    assert manifest.labels["run-id"]
