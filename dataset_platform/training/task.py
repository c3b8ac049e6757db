"""A training run as one JSON document, for processes and machines that are told what to do."""

from collections.abc import Callable
from pathlib import Path

from dataset_platform.settings import Settings, StorageBackend, load_settings
from dataset_platform.storage.garbage import TRAINING_STATES
from dataset_platform.storage.opening import open_store
from dataset_platform.training.checkpoint import Checkpoint, GateOverride
from dataset_platform.training.config import Frozen, TrainingConfig
from dataset_platform.training.recording import OnProgress
from dataset_platform.training.remote_states import RemoteStates
from dataset_platform.training.run import Places, train

STATES_FOLDER = "training"
RANK = "RANK"  # set by torchrun


def states_prefix(settings: Settings, key: str) -> str:
    """Where the store keeps what a run leaves for another to go on with."""
    return f"{settings.processed_prefix}/{TRAINING_STATES}/{key}"


class Task(Frozen):
    """The arguments of `train`; `key` is the same for the same work, and names its states."""

    key: str
    rows: Path
    manifest_sha256: str
    version: str
    config: TrainingConfig
    base_model: Path
    out: Path
    overridden: GateOverride | None = None

    def run(self, log: Callable[[str], None], on_progress: OnProgress | None = None) -> Checkpoint:
        """Trains, with states in the cache, and in the store as well where that is on another machine."""
        settings = load_settings()
        remote = None
        if settings.storage_backend is not StorageBackend.LOCAL:
            remote = RemoteStates(open_store(settings), states_prefix(settings, self.key))
        places = Places(
            states=settings.cache / STATES_FOLDER / self.key,
            remote=remote,
            logs=settings.storage_local_path / settings.logs_prefix,
        )
        return train(
            rows=self.rows,
            manifest_sha256=self.manifest_sha256,
            version=self.version,
            config=self.config,
            base_model=self.base_model,
            out=self.out,
            log=log,
            on_progress=on_progress,
            places=places,
            overridden=self.overridden,
        )
