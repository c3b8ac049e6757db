"""States in the project's store, where another machine finds them."""

import shutil
from pathlib import Path

from dataset_platform.storage.files import sha256_of
from dataset_platform.storage.store import Store
from dataset_platform.training.states import KEPT, STATE_NAME


class RemoteStates:
    """States below `prefix` of a store; one whose `state.json` is missing was cut short and is no state."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    def push(self, state: Path) -> None:
        """Copies a state, `state.json` last, and removes all but the newest."""
        place = f"{self._prefix}/{state.name}"
        for file in sorted(state.iterdir(), key=lambda file: file.name == STATE_NAME):
            self._store.put(f"{place}/{file.name}", file, sha256_of(file))
        for old in self._finished()[:-KEPT]:
            self._remove(f"{self._prefix}/{old}")

    def pull(self, into: Path) -> None:
        """Lays the newest states in `into`."""
        for name in self._finished()[-KEPT:]:
            shutil.copytree(self._store.fetch(f"{self._prefix}/{name}"), into / name)

    def clear(self) -> None:
        self._remove(self._prefix)

    def _finished(self) -> list[str]:
        """Names of the states that are whole, oldest first."""
        keys = (stored.key.removeprefix(f"{self._prefix}/") for stored in self._store.list(self._prefix))
        return sorted(key.split("/")[0] for key in keys if key.endswith(f"/{STATE_NAME}"))

    def _remove(self, prefix: str) -> None:
        """`state.json` first, so that what is left of a removal that was cut short is no state."""
        keys = [stored.key for stored in self._store.list(prefix)]
        self._store.delete(sorted(keys, key=lambda key: not key.endswith(STATE_NAME)))
