"""A training run for a machine that shares nothing with this one but the project's store."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from torch import distributed

from dataset_platform import release
from dataset_platform.errors import InputError, VerificationFailed
from dataset_platform.settings import Settings, load_settings
from dataset_platform.storage.files import sha256_of
from dataset_platform.storage.opening import open_store
from dataset_platform.storage.store import Store
from dataset_platform.training.base_model import describe_base, find_base_model
from dataset_platform.training.checkpoint import GateOverride, verify_checkpoint
from dataset_platform.training.config import Frozen, TrainingConfig
from dataset_platform.training.recording import OnProgress
from dataset_platform.training.task import RANK, STATES_FOLDER, Task, states_prefix
from dataset_platform.training.version import VERSION


class StoredTask(Frozen):
    """As `Task`; the release is fetched from the store, and the checkpoint is handed over through it.

    Digests and the code's version say what has to lie there, so that a machine with another base model, or
    other software, is refused.
    """

    key: str
    release_prefix: str
    manifest_sha256: str
    version: str
    config: TrainingConfig
    base_model_sha256: str
    training_version: str = VERSION
    overridden: GateOverride | None = None

    def run(self, log: Callable[[str], None], on_progress: OnProgress | None = None) -> None:
        """Trains, and leaves the checkpoint in the store, where `collect` takes it from.

        Raises InputError or VerificationFailed where this machine would train on anything else.
        """
        settings = load_settings()
        store = open_store(settings)
        out = settings.cache / STATES_FOLDER / f"{self.key}.out"
        is_first = os.environ.get(RANK, "0") == "0"
        try:
            self._as_task(store, settings, out).run(log, on_progress)
            if distributed.is_initialized():
                distributed.barrier()  # until the others have verified what is moved away next
            if is_first:
                self._hand_over(store, settings, out)
        finally:
            if is_first:
                shutil.rmtree(out, ignore_errors=True)

    def collect(self, store: Store, settings: Settings, folder: Path) -> None:
        """Moves the checkpoint that a machine handed over into `folder`, and verifies it there."""
        shutil.copytree(store.fetch(self._handover(settings)), folder, dirs_exist_ok=True)
        verify_checkpoint(folder)
        self._clear(store, settings)

    def _as_task(self, store: Store, settings: Settings, out: Path) -> Task:
        if self.training_version != VERSION:
            raise InputError(
                f"this machine has version {VERSION} of the training code, the run has "
                f"{self.training_version}: give it the image of the run"
            )
        base_model = find_base_model(self.config.base_model, settings.cache)
        if describe_base(base_model).sha256 != self.base_model_sha256:
            raise InputError(f"{base_model}: another model lies here than on the machine of the run")
        return Task(
            key=self.key,
            rows=release.parquet_path(self._release_folder(store), self.version),
            manifest_sha256=self.manifest_sha256,
            version=self.version,
            config=self.config,
            base_model=base_model,
            out=out,
            overridden=self.overridden,
        )

    def _release_folder(self, store: Store) -> Path:
        try:
            folder = store.fetch(self.release_prefix)
        except FileNotFoundError:
            raise InputError(
                f"{store.url(self.release_prefix)} is not on this machine: train where the store is S3, GCS, "
                "or a folder that every machine has at the same path"
            ) from None
        if release.manifest_sha256(folder) != self.manifest_sha256:
            raise VerificationFailed(
                f"{store.url(self.release_prefix)} is another release than the run was given"
            )
        return folder

    def _hand_over(self, store: Store, settings: Settings, out: Path) -> None:
        self._clear(store, settings)
        for file in sorted(path for path in out.rglob("*") if path.is_file()):
            name = file.relative_to(out).as_posix()
            store.put(f"{self._handover(settings)}/{name}", file, sha256_of(file))

    def _clear(self, store: Store, settings: Settings) -> None:
        store.delete([stored.key for stored in store.list(self._handover(settings))])

    def _handover(self, settings: Settings) -> str:
        """Beside the run's states, so that garbage collection takes what nobody collected."""
        return f"{states_prefix(settings, self.key)}/checkpoint"
