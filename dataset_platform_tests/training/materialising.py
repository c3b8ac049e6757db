"""The asset `trained_checkpoint` over a release that was made by hand."""

from types import SimpleNamespace

import dagster as dg

from dataset_platform import quality
from dataset_platform.assets.partitions import VERSIONS
from dataset_platform.assets.trained_checkpoint import RunsIn, trained_checkpoint
from dataset_platform.storage.io_managers import CheckpointIOManager, Storage
from dataset_platform.storage.work import Folder, open_folder
from dataset_platform.training import verify_checkpoint

SMALL = [
    "max_steps=6", "warmup_steps=1", "tokens_per_step=96", "tokens_per_forward=48", "max_length=64",
    "validate_every=3", "validation_tokens=200",
]  # fmt: skip


@dg.asset(partitions_def=VERSIONS, io_manager_key="given")
def dataset_export() -> None: ...


@dg.asset(partitions_def=VERSIONS, io_manager_key="given")
def qa_report() -> None: ...


class Given(dg.IOManager):
    """Hands over the folder of a release that was made by hand."""

    def __init__(self, folder):
        self._folder = folder

    def handle_output(self, context, obj): ...

    def load_input(self, _context):
        return Folder(self._folder, SimpleNamespace(digest="d"))


def lay_release(rows, store):
    """The folder of release 1.0.0 with these rows, laid by hand below a local store."""
    folder = store / "exports" / "v1.0.0"
    folder.mkdir(parents=True)
    (folder / "manifest_v1.0.0.json").write_text("{}")
    rows.rename(folder / "dataset_v1.0.0.parquet")
    return folder


def materialiser(rows, base_model, tmp_path, monkeypatch):
    """What materialises the asset for a release of these rows; gives the outcome and what was observed."""
    monkeypatch.setenv("DATASET_STORAGE_LOCAL_PATH", str(tmp_path / "data"))
    monkeypatch.setenv("DATASET_CACHE_DIR", str(tmp_path / "cache"))
    release_folder = lay_release(rows, tmp_path / "data")

    def run(failed=(), runs_in=RunsIn.PROCESS, reason=None, overrides=()):
        report = SimpleNamespace(version="1.0.0", passed=not failed, failed=list(failed))
        monkeypatch.setattr(quality, "read_report", lambda *_: report)
        config = {
            "set": [*SMALL, f"base_model={base_model}", *overrides],
            "runs_in": runs_in.name,
            **({"despite_failed_gates": reason} if reason else {}),
        }
        with dg.DagsterInstance.ephemeral() as instance:
            instance.add_dynamic_partitions("version", ["1.0.0"])
            result = dg.materialize(
                [dataset_export, qa_report, trained_checkpoint],
                selection=[trained_checkpoint],
                partition_key="1.0.0",
                instance=instance,
                raise_on_error=False,
                resources={
                    "given": Given(release_folder),
                    "checkpoints": CheckpointIOManager(),
                    "storage": Storage(),
                },
                run_config={"ops": {"trained_checkpoint": {"config": config}}},
            )
            observed = instance.fetch_observations(dg.AssetKey("trained_checkpoint"), limit=50).records
        return result, observed

    return run


def failure(result):
    (event,) = (event for event in result.all_events if event.is_step_failure)
    error = event.step_failure_data.error
    while error.cause:
        error = error.cause
    return error.message


def checkpoint():
    return verify_checkpoint(open_folder(Storage().store, "checkpoints/v1.0.0").path)
