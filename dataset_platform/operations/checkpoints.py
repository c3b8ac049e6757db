"""From a published release to a checkpoint and the report that decides on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataset_platform import release, training
from dataset_platform.assets.partitions import VERSIONS
from dataset_platform.jobs import evaluate_checkpoint, train_checkpoint
from dataset_platform.operations.releases import Releases
from dataset_platform.operations.runs import ByRuns
from dataset_platform.storage.io_managers import not_made
from dataset_platform.storage.work import open_folder


@dataclass(frozen=True)
class TrainingWish:
    """How somebody wants to train: a preset or YAML file, and what is to differ from it."""

    preset: str = "cpu-demo"
    overrides: Sequence[str] = ()
    despite_failed_gates: str | None = None
    runs_in: str = "process"

    @property
    def run_config(self) -> dict[str, Any]:
        """As Dagster's run config of `trained_checkpoint`; where the asset runs, paths are those of here."""
        is_file = self.preset.endswith((".yaml", ".yml"))
        reason = self.despite_failed_gates
        return {
            "preset": str(Path(self.preset).absolute()) if is_file else self.preset,
            "set": list(self.overrides),
            "runs_in": self.runs_in.upper(),
            **({"despite_failed_gates": reason} if reason else {}),
        }


class Checkpoints(ByRuns):
    """What is done with checkpoints, each of a release."""

    @property
    def releases(self) -> Releases:
        return Releases(self.runs)

    def train(self, version: str, wanted: TrainingWish) -> None:
        """Fine-tunes the base model; the configuration is checked before the run starts."""
        training.load_preset(wanted.preset, wanted.overrides)
        self.releases.require_published(version)
        config = {"ops": {"trained_checkpoint": {"config": wanted.run_config}}}
        self.runs.run_partition(
            train_checkpoint.name, VERSIONS, version, f"Train on release {version}", run_config=config
        )

    def plan(self, version: str, wanted: TrainingWish) -> "training.Forecast":
        """What training would be; no run, as nothing is made. Raises TrainingFailed where it will not fit."""
        config = training.load_preset(wanted.preset, wanted.overrides)
        self.releases.require_published(version)
        with self.runs.progress.task(f"Plan training on release {version}"):
            folder = self.storage.store.fetch(self.storage.release_prefix(version))
            base_model = training.find_base_model(config.base_model, self.storage.settings.cache)
            return training.forecast(release.parquet_path(folder, version), config, base_model)

    def merge(self, version: str, base_model: str | None, out: Path) -> Path:
        """A checkpoint of a release as a plain model in `out`; no run, as nothing of the project changes."""
        prefix = self.storage.checkpoint_prefix(version)
        folder = open_folder(self.storage.store, prefix)
        if folder is None:
            raise not_made("trained_checkpoint", [version])
        with self.runs.progress.task(f"Merge the checkpoint of {version}"):
            named = base_model or training.verify_checkpoint(folder.path).manifest.config.base_model
            base = training.find_base_model(named, self.storage.settings.cache)
            return training.merge_checkpoint(folder.path, base, out)

    def evaluate(
        self, version: str, against: str | None = None, quick: bool = False, base_model: str | None = None
    ) -> None:
        """Compares the checkpoint of a published release with the base model and an earlier checkpoint.

        `against` is the earlier version, `none` for no comparison; the newest with the same base model if not
        given. `base_model` is where the base model lies, if not where the checkpoint says.
        """
        self.releases.require_published(version)
        asked = {"against": against or "", "quick": quick, "base_model": base_model or ""}
        config = {"ops": {"eval_report": {"config": asked}}}
        title = f"Evaluate the checkpoint of {version}"
        self.runs.run_partition(evaluate_checkpoint.name, VERSIONS, version, title, run_config=config)
