"""Vectors kept from one report to the next, so that a new version embeds its new turns only."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_platform.quality import embedding
from dataset_platform.quality.embedding import WIDTH, Embedder

MAX_BYTES = 8_000_000_000
_KEYS_PER_QUERY = 500
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Kept:
    """An embedder whose vectors stay in a SQLite file, found by the SHA-256 of their text.

    One file holds vectors of one embedder. It holds no text, is safe to delete, and several processes
    may use it. A file that is damaged or over `MAX_BYTES` is made anew; one that cannot be read or
    written costs time and no report.
    """

    path: Path
    fresh: Embedder

    def embed(self, texts: pa.Array) -> NDArray[np.float32]:
        """Unit vectors, shape (n, WIDTH): kept ones as they were; fresh ones are kept from now on."""
        distinct = texts.dictionary_encode()
        keys = [hashlib.sha256(text.encode()).digest() for text in distinct.dictionary.to_pylist()]
        vectors, is_new = np.empty((len(keys), WIDTH), np.float32), np.ones(len(keys), bool)
        with self._tolerant():
            self._recall(keys, vectors, is_new)
        if is_new.any():
            vectors[is_new] = self.fresh.embed(distinct.dictionary.filter(pa.array(is_new)))
            with self._tolerant():
                self._keep([keys[place] for place in np.flatnonzero(is_new)], vectors[is_new])
        return vectors[distinct.indices.to_numpy(zero_copy_only=False)]

    def _recall(self, keys: Sequence[bytes], vectors: NDArray[np.float32], is_new: NDArray[np.bool_]) -> None:
        """Writes the vectors that are kept into their rows."""
        places = {key: place for place, key in enumerate(keys)}
        with closing(self._connection()) as connection:
            for some in _portions(keys):
                marks = ",".join("?" * len(some))
                found = connection.execute(f"SELECT text, vector FROM vectors WHERE text IN ({marks})", some)
                for key, vector in found:
                    vectors[places[key]] = np.frombuffer(vector, np.float32)
                    is_new[places[key]] = False

    def _keep(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        with closing(self._connection()) as connection, connection:
            connection.executemany(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?)",
                ((key, vector.tobytes()) for key, vector in zip(keys, vectors, strict=True)),
            )

    def _connection(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=_WAIT_SECONDS)
        connection.execute(_TABLE)
        return connection

    @contextmanager
    def _tolerant(self) -> Iterator[None]:
        try:
            yield
            if self.path.stat().st_size > MAX_BYTES:
                self.path.unlink()
        except (OSError, sqlite3.OperationalError):
            return
        except sqlite3.DatabaseError:
            self.path.unlink()


def kept_in(folder: Path) -> Kept:
    """The packaged model, with its vectors kept in the folder, a file for each kind of arithmetic."""
    model = embedding.packaged()
    return Kept(folder / f"{model.name}.sqlite", model)


def _portions(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (keys[start : start + _KEYS_PER_QUERY] for start in range(0, len(keys), _KEYS_PER_QUERY))
