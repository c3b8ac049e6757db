"""Bytes kept from one report to the next under digests, in a SQLite file that is safe to delete."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 8_000_000_000
_KEYS_PER_QUERY = 500
_TABLE = "CREATE TABLE IF NOT EXISTS kept (digest BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
_WAIT_SECONDS = 60


@dataclass(frozen=True)
class KeptBytes:
    """Several processes may use one file.

    A file that is damaged or over `MAX_BYTES` is made anew; one that cannot be read or written costs time
    and no report.
    """

    path: Path

    def recall(self, digests: Sequence[bytes]) -> dict[bytes, bytes]:
        """What is kept under these digests."""
        found: dict[bytes, bytes] = {}
        with self._tolerant(), closing(self._connection()) as connection:
            for some in _portions(digests):
                marks = ",".join("?" * len(some))
                found |= dict(
                    connection.execute(f"SELECT digest, value FROM kept WHERE digest IN ({marks})", some)
                )
        return found

    def keep(self, values: Mapping[bytes, bytes]) -> None:
        """Keeps the values under their digests; what stands there already stays."""
        with self._tolerant(), closing(self._connection()) as connection, connection:
            connection.executemany("INSERT OR IGNORE INTO kept VALUES (?, ?)", values.items())

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


def _portions(digests: Sequence[bytes]) -> Iterable[Sequence[bytes]]:
    return (digests[start : start + _KEYS_PER_QUERY] for start in range(0, len(digests), _KEYS_PER_QUERY))
