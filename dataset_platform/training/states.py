"""What a killed run goes on from: weights that train, optimiser, random generators and counts.

step-00000120/
  rank0.safetensors   tensors of one process each; no pickle
  state.json          counts, loss curve and the SHA-256 of every file; written last

A folder is written under another name, flushed, and renamed, so it is there whole or not at all; what a
power cut tears is found by its digests, and the state before it is used.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from dataset_platform.errors import StorageError
from dataset_platform.training.checkpoint import digest_file

STATE_NAME = "state.json"
KEPT = 2
PARTIAL = ".partial-"
DISK_FULL = "no space left"

Tensors = Mapping[str, torch.Tensor]
Facts = dict[str, Any]


class Remote(Protocol):
    """Where states are copied to, so that another machine can go on."""

    def push(self, state: Path) -> None: ...

    def pull(self, into: Path) -> None:
        """Lays the states that are there in `into`, newest KEPT of them."""
        ...

    def clear(self) -> None: ...


class Together(Protocol):
    """The processes of a run; one alone waits for nobody."""

    @property
    def global_rank(self) -> int: ...

    @property
    def world_size(self) -> int: ...

    def barrier(self) -> None: ...


@dataclass(frozen=True)
class State:
    step: int
    facts: Facts
    tensors: Tensors = field(repr=False)


class States:
    """The states of one run below `folder`; `remote` gets each in the background."""

    def __init__(
        self, folder: Path, together: Together, log: Callable[[str], None], remote: Remote | None = None
    ) -> None:
        self._folder = folder
        self._together = together
        self._log = log
        self._remote = remote if together.global_rank == 0 else None
        self._pushing: Future[None] | None = None
        self._pusher = ThreadPoolExecutor(1, "push-state")
        folder.mkdir(parents=True, exist_ok=True)

    def newest(self) -> State | None:
        """The newest state that is whole; torn ones are told of. None where there is none."""
        if self._remote and not self._steps():
            self._remote.pull(self._folder)
        self._together.barrier()
        for folder in reversed(self._steps()):
            if problem := self._problem(folder):
                self._log(f"the state of {folder.name} cannot be used ({problem}); using the one before")
                continue
            facts = json.loads((folder / STATE_NAME).read_text(encoding="utf-8"))
            return State(facts["step"], facts, load_file(folder / self._own_file))
        return None

    def save(self, step: int, tensors: Tensors, facts: Facts) -> None:
        """Writes the state after `step`, atomically; raises StorageError where the disk is full."""
        partial = self._folder / f"{PARTIAL}{step:08}"
        try:
            if self._together.global_rank == 0:
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir()
            self._together.barrier()
            save_file(dict(tensors), partial / self._own_file)
            self._together.barrier()
            if self._together.global_rank == 0:
                self._finish(partial, step, facts)
        except (OSError, SafetensorError) as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise _refusal(error, self._folder, step) from None
        self._together.barrier()

    def keep_best(self, tensors: Tensors) -> None:
        """Writes the weights of the best validation so far, beside the states."""
        partial, place = (self._folder / f"{prefix}best-{self._own_file}" for prefix in (PARTIAL, ""))
        try:
            save_file(dict(tensors), partial)
            _flush(partial)
            partial.rename(place)
        except (OSError, SafetensorError) as error:
            partial.unlink(missing_ok=True)
            raise _refusal(error, self._folder, None) from None

    def best(self) -> Tensors:
        return load_file(self._folder / f"best-{self._own_file}")

    def clear(self) -> None:
        """Removes all states, here and there: the checkpoint is written."""
        self.wait()
        if self._remote:
            self._remote.clear()
        self._together.barrier()
        if self._together.global_rank == 0:
            shutil.rmtree(self._folder, ignore_errors=True)

    def wait(self) -> None:
        """Until what is being pushed has arrived; what could not be pushed is told, not raised."""
        self._pusher.shutdown()
        self._tell_of_push()
        with suppress(OSError):
            self._folder.rmdir()  # a run that stopped before its first state leaves nothing

    def _finish(self, partial: Path, step: int, facts: Facts) -> None:
        files = sorted(partial.iterdir())
        for file in files:
            _flush(file)
        digests = {file.name: digest_file(file).sha256 for file in files}
        state = facts | {"step": step, "world_size": self._together.world_size, "files": digests}
        (partial / STATE_NAME).write_text(json.dumps(state), encoding="utf-8")
        _flush(partial / STATE_NAME)
        place = self._folder / f"step-{step:08}"
        shutil.rmtree(place, ignore_errors=True)  # a torn one, of the run before
        partial.rename(place)
        _flush(self._folder)
        self._push(place)
        self._prune()

    def _push(self, state: Path) -> None:
        """Starts a push, unless the one before still runs: the next state is newer anyway."""
        if self._remote and (self._pushing is None or self._pushing.done()):
            self._tell_of_push()
            self._pushing = self._pusher.submit(self._remote.push, state)

    def _tell_of_push(self) -> None:
        if self._pushing and self._pushing.done() and (error := self._pushing.exception()):
            self._log(f"a state could not be copied to the store ({type(error).__name__}); it is kept here")
            self._pushing = None

    def _prune(self) -> None:
        """Removes all but the newest; while one is being pushed nothing is removed."""
        if self._pushing is None or self._pushing.done() or len(self._steps()) > 2 * KEPT:
            for folder in self._steps()[:-KEPT]:
                shutil.rmtree(folder, ignore_errors=True)

    def _steps(self) -> list[Path]:
        return sorted(self._folder.glob("step-*"))

    def _problem(self, folder: Path) -> str:
        try:
            state = json.loads((folder / STATE_NAME).read_text(encoding="utf-8"))
            digests, world_size = dict(state["files"]), state["world_size"]
        except (OSError, ValueError, KeyError, TypeError):
            return f"{STATE_NAME} is torn or missing"
        if world_size != self._together.world_size:
            return f"written by {world_size} processes, this run has {self._together.world_size}"
        for name, sha256 in digests.items():
            if not (folder / name).is_file() or digest_file(folder / name).sha256 != sha256:
                return f"{name} is torn or missing"
        return ""

    @property
    def _own_file(self) -> str:
        return f"rank{self._together.global_rank}.safetensors"


def _flush(path: Path) -> None:
    """Until the bytes of a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        with suppress(OSError):
            os.close(handle)


def _refusal(error: Exception, folder: Path, step: int | None) -> StorageError:
    what = f"the state of step {step}" if step else "the best weights"
    full = DISK_FULL in str(error).lower()
    return StorageError(
        f"{folder}: {what} cannot be written ({'the disk is full' if full else _reason(error)}). Free space, "
        "or set DATASET_CACHE_DIR to another disk; the same command goes on from the state before"
    )


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or str(error).splitlines()[0])
