"""Results of every kind come back on every backend, labelled, and without a pickle anywhere."""

from pathlib import Path

import dagster as dg
import pytest

import dataset_platform
from dataset_platform.assets.dataset_export import ReleaseIOManager
from dataset_platform.definitions import defs
from dataset_platform.storage.io_managers import CheckpointIOManager, ReleaseReportIOManager, ResultIOManager
from dataset_platform.storage.work import Folder, Work, read_manifest

VERSIONS = dg.StaticPartitionsDefinition(["1.0.0"])
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
