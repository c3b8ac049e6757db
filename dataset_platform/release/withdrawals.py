"""The log of withdrawals: what may never stand in a release again, since when and why.

withdrawals/
└── 3f9a6c0e1b2d4758/          one folder a withdrawal, named by its content, published once, never changed
    ├── fingerprints.parquet   digests of the rows, by which they are known wherever they are delivered again
    └── withdrawal.json        what was named, why and when

The log is the set of these folders, so withdrawals made at once on two machines cannot overwrite each other,
and two logs are merged by copying both.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, ValidationError

from dataset_platform.curate.fingerprints import Snippet
from dataset_platform.errors import AlreadyPublished, VerificationFailed
from dataset_platform.release.lock import canonical
from dataset_platform.release.manifest import SHA256
from dataset_platform.release.spec import Frozen
from dataset_platform.schemas import FINGERPRINTS, WithdrawnBy
from dataset_platform.storage.files import describe, sha256_of
from dataset_platform.storage.store import Store, published_folders

FORMAT = "dataset-platform/withdrawal/1"
FINGERPRINTS_FILE = "fingerprints.parquet"
WITHDRAWAL_FILE = "withdrawal.json"
ID_DIGITS = 16
NOT_WRITTEN = "0" * 64


class Stretch(Frozen):
    """Letters that conversations are searched for; see `curate.fingerprints.Snippet`."""

    length: int = Field(ge=1)
    weight: str = Field(pattern=r"^[0-9a-f]{16}$")

    @classmethod
    def of(cls, snippet: Snippet) -> "Stretch":
        return cls(length=snippet.length, weight=f"{snippet.weight:016x}")


class Request(Frozen):
    """What somebody wants withdrawn, why and when."""

    by: WithdrawnBy
    value: str = Field(description="Id, SHA-256 of the file, name of the source, or SHA-256 of the letters.")
    stretch: Stretch | None = Field(None, description="How texts are searched, for withdrawals by text.")
    reason: str
    withdrawn_at: datetime


class Withdrawal(Request):
    """Content of `withdrawal.json`."""

    format: str = FORMAT
    rows: int = Field(ge=0, description="Rows that were known then; each has a fingerprint.")
    fingerprints_sha256: str = SHA256

    @classmethod
    def of(cls, request: Request, rows: int = 0, fingerprints_sha256: str = NOT_WRITTEN) -> "Withdrawal":
        return cls(**dict(request), rows=rows, fingerprints_sha256=fingerprints_sha256)

    @property
    def content(self) -> bytes:
        return canonical(self.model_dump(mode="json"))

    @property
    def sha256(self) -> str:
        """Names the withdrawal: equal for equal content only."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def id(self) -> str:
        return self.sha256[:ID_DIGITS]

    @property
    def snippet(self) -> Snippet | None:
        if self.stretch is None:
            return None
        return Snippet(self.stretch.length, int(self.stretch.weight, 16), self.value)


@dataclass(frozen=True)
class Entry:
    """A withdrawal, and the fingerprints of its rows (schemas.FINGERPRINTS)."""

    withdrawal: Withdrawal
    fingerprints: pa.Table


@dataclass(frozen=True)
class WithdrawalLog:
    """Every withdrawal, oldest first."""

    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> "WithdrawalLog":
        """The log of these entries, in whatever order and however often they come."""
        once = {entry.withdrawal.sha256: entry for entry in entries}
        return cls(tuple(sorted(once.values(), key=_by_age)))

    @property
    def withdrawals(self) -> tuple[Withdrawal, ...]:
        return tuple(entry.withdrawal for entry in self.entries)

    @property
    def sha256s(self) -> tuple[str, ...]:
        return tuple(sorted(withdrawal.sha256 for withdrawal in self.withdrawals))

    @property
    def digest(self) -> str:
        """Changes with every withdrawal, and with nothing else."""
        return hashlib.sha256("".join(self.sha256s).encode()).hexdigest()

    def merged(self, other: "WithdrawalLog") -> "WithdrawalLog":
        """What two logs say together."""
        return self.of([*self.entries, *other.entries])


def _by_age(entry: Entry) -> tuple[datetime, str]:
    return entry.withdrawal.withdrawn_at, entry.withdrawal.sha256


def record(store: Store, prefix: str, request: Request, fingerprints: pa.Table) -> Withdrawal:
    """Adds a withdrawal to the log: whole, or not at all; nothing that stands there is touched."""
    with store.staging() as folder:
        withdrawal = _write(folder, request, fingerprints)
        with suppress(AlreadyPublished):  # the same one, to the microsecond
            store.publish(folder, f"{prefix}/{withdrawal.id}", [*describe(folder)], {"asset": "withdrawal"})
    return withdrawal


def _write(folder: Path, request: Request, fingerprints: pa.Table) -> Withdrawal:
    """The entry, in an empty folder; equal rows give equal bytes, in whatever order they come."""
    path = folder / FINGERPRINTS_FILE
    ordered = fingerprints.sort_by([(name, "ascending") for name in FINGERPRINTS.names])
    pq.write_table(ordered.cast(FINGERPRINTS.arrow), path, compression="zstd")
    withdrawal = Withdrawal.of(request, fingerprints.num_rows, sha256_of(path))
    (folder / WITHDRAWAL_FILE).write_bytes(withdrawal.content)
    return withdrawal


def read_log(store: Store, prefix: str) -> WithdrawalLog:
    """The whole log; raises VerificationFailed for an entry that is not what was recorded."""
    return WithdrawalLog.of(
        read_entry(store.fetch(key), key.rpartition("/")[2], store.url(key))
        for key in published_folders(store, prefix)
    )


def read_entry(folder: Path, id_: str, place: str) -> Entry:
    """The entry in a folder; raises VerificationFailed, naming the place, when it is not that of the id."""
    try:
        withdrawal = Withdrawal.model_validate_json((folder / WITHDRAWAL_FILE).read_bytes())
        whole = sha256_of(folder / FINGERPRINTS_FILE) == withdrawal.fingerprints_sha256
    except (OSError, ValidationError):
        whole = False
    if not whole or withdrawal.id != id_:
        raise VerificationFailed(
            f"{place}: is not the withdrawal that was recorded; restore it from a backup"
        )
    return Entry(withdrawal, pq.read_table(folder / FINGERPRINTS_FILE))
