"""The manifest: what a release holds. It is written last, so it decides that the release exists."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Self

import polars as pl
from pydantic import Field, ValidationError

from dataset_platform.errors import VerificationFailed
from dataset_platform.release.files import MANIFEST_PATTERN
from dataset_platform.release.sampling import Quota
from dataset_platform.release.spec import Frozen, Splits
from dataset_platform.schemas import Fate, Split

_IN_ONE_FILE = re.compile(rb'"name": ?"dataset_v[^"/]+\.parquet"')
CANARIES = "(canaries)"
"""Source and file of a canary, see `canaries`: no folder can be called so."""
SHA256 = Field(pattern=r"^[0-9a-f]{64}$")


class FileEntry(Frozen):
    """One file: its name, bytes, SHA-256 and, for tables, rows."""

    name: str
    bytes: int = Field(ge=0)
    rows: int | None = Field(ge=0)
    sha256: str = SHA256


class RowCount(Frozen):
    """Rows of one split, source and stage."""

    split: str
    source: str
    stage: str
    rows: int


class SplitShare(Frozen):
    """Rows of one split, the share of all rows that was asked for, and the one that came out."""

    split: str
    rows: int
    asked: float
    got: float


class Leaks(Frozen):
    """What stands in more than one split, counted in the files as written; a release has 0 of each."""

    texts: int = Field(description="Identical texts.")
    clusters: int = Field(description="Clusters of near-duplicates.")
    groups: int = Field(description="Groups of rows that a source's description keeps together.")


class LedgerLine(Frozen):
    """Records of one source by fate; they sum to `records`."""

    source: str
    records: int
    exported: int
    not_sampled: int
    duplicate: int
    filtered: int
    quarantined: int
    withdrawn: int = 0


class LedgerReason(Frozen):
    """Records of one source that met one fate for one reason."""

    source: str
    fate: str
    reason: str
    records: int


class MixLine(Frozen):
    """Rows asked for, available and drawn, of a stage or of one source in it (`source` is null for all)."""

    stage: str
    source: str | None
    asked: int
    available: int
    drawn: int

    @classmethod
    def of(cls, quota: Quota) -> Self:
        return cls(
            stage=quota.stage,
            source=quota.source,
            asked=quota.asked,
            available=quota.available,
            drawn=quota.drawn,
        )


class Manifest(Frozen):
    """Content of `manifest_v<version>.json`.

    `dataset_hash` is the SHA-256 of `<sha256>  <name>` lines, as `sha256sum` prints
    them, over the files that hold rows. `created_at`, `run_id` and `storage_url` are
    the only values that differ between two builds of one version.
    """

    version: str
    writer: str = Field(description="Version of the release code.")
    dataset_hash: str = SHA256
    config_hash: str = SHA256
    config_lock_sha256: str = SHA256
    files: tuple[FileEntry, ...]
    rows: int
    distribution: tuple[RowCount, ...]
    splits: tuple[SplitShare, ...]
    leaks: Leaks
    ledger: tuple[LedgerLine, ...]
    reasons: tuple[LedgerReason, ...]
    mix_by_stage: tuple[MixLine, ...]
    mix_by_source: tuple[MixLine, ...]
    strictest_term: str = Field(description="What whoever uses the whole release must keep to.")
    created_at: datetime
    run_id: str
    storage_url: str | None = Field(
        None, description="Where in an object store the run published the files; null on a local disk."
    )

    @property
    def planted(self) -> int:
        """Rows that are canaries."""
        return sum(count.rows for count in self.distribution if count.source == CANARIES)

    @property
    def rows_by_split(self) -> dict[str, int]:
        """Rows of every split, of those without any, too."""
        rows = {split.value: 0 for split in Split}
        for count in self.distribution:
            rows[count.split] = rows.get(count.split, 0) + count.rows
        return rows

    def file(self, name: str) -> FileEntry:
        """The entry of a file; KeyError if the release does not list it."""
        return {entry.name: entry for entry in self.files}[name]


def dataset_hash(entries: Iterable[FileEntry]) -> str:
    listing = "".join(f"{entry.sha256}  {entry.name}\n" for entry in sorted(entries, key=lambda e: e.name))
    return hashlib.sha256(listing.encode()).hexdigest()


def row_counts(rows: pl.DataFrame) -> tuple[RowCount, ...]:
    """Rows by split, source and stage, sorted."""
    keys = ["split", "source", "stage"]
    counts = rows.group_by(keys).agg(rows=pl.len()).sort(keys)
    return tuple(RowCount(**row) for row in counts.to_dicts())


def split_shares(rows: Mapping[str, int], splits: Splits) -> tuple[SplitShare, ...]:
    """What was asked and got of each split; `rows` are those of each split."""
    total = max(1, sum(rows.values()))
    return tuple(
        SplitShare(
            split=split.value,
            rows=rows[split.value],
            asked=splits.share(split),
            got=round(rows[split.value] / total, 4),
        )
        for split in Split
    )


def ledger_lines(ledger: pl.DataFrame) -> tuple[LedgerLine, ...]:
    """The ledger summed by source, sorted."""
    sums = ledger.group_by("source").agg(
        pl.len().alias("records"), *((pl.col("fate") == fate.value).sum().alias(fate.value) for fate in Fate)
    )
    return tuple(LedgerLine(**row) for row in sums.sort("source").to_dicts())


def ledger_reasons(ledger: pl.DataFrame) -> tuple[LedgerReason, ...]:
    """Records by source, fate and reason, sorted."""
    keys = ["source", "fate", "reason"]
    sums = ledger.drop_nulls("reason").group_by(keys).agg(records=pl.len()).sort(keys)
    return tuple(LedgerReason(**row) for row in sums.to_dicts())


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_manifest(folder: Path) -> Path:
    """Path of the one manifest in a folder; raises VerificationFailed if there is not exactly one."""
    found = sorted(folder.glob(MANIFEST_PATTERN))
    if len(found) != 1:
        raise VerificationFailed(
            f"{folder}: {len(found)} manifests, expected one; this is no complete release. Restore the "
            "folder, or remove it and export again"
        )
    return found[0]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a release folder; raises VerificationFailed if it is absent or unreadable."""
    path = find_manifest(folder)
    try:
        content = path.read_bytes()
        if _IN_ONE_FILE.search(content):
            raise VerificationFailed(
                f"{path}: was made before 0.1.0, with the rows of all splits in one file, which this program "
                f"does not read. Move {folder} away and export what it held under a new version."
            )
        return Manifest.model_validate_json(content)
    except OSError as error:
        raise VerificationFailed(f"{path}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise VerificationFailed(
            f"{path}: is no manifest: {error.error_count()} problems, first in {where}: {first['msg']}"
        ) from None


def manifest_sha256(folder: Path) -> str:
    """SHA-256 of the manifest's bytes: the name by which reports and checkpoints cite a release."""
    return file_sha256(find_manifest(folder))
