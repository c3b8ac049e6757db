"""A description held against files: what it would read, and what not."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from dataset_platform.errors import InputError
from dataset_platform.ingest.describing.description import SourceDescription
from dataset_platform.ingest.describing.description_files import load_description
from dataset_platform.ingest.landing import LandedFile
from dataset_platform.ingest.quarantine import QuarantineGroup, quarantine_groups
from dataset_platform.ingest.reading import read_rows
from dataset_platform.ingest.row_tables import quarantine_table
from dataset_platform.ingest.sniffing import Draft, sniff
from dataset_platform.ingest.source_folders import SourceFolder
from dataset_platform.storage.staging import on_disk

SHOWN_RECORDS = 3


@dataclass(frozen=True)
class ReadRecord:
    """A record as it was read: its place, and its turns as role and content."""

    origin_file: str
    origin_position: int
    turns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Checked:
    """What a description makes of files: records in all and kept, the rest by reason and file.

    `first` are the first records that were kept; `ignored` the files that no glob matches.
    """

    read: int
    kept: int
    quarantined: tuple[QuarantineGroup, ...]
    first: tuple[ReadRecord, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class CheckedSource:
    """A source's files, the place of its description, and what that reads; the draft where it was sniffed."""

    folder: SourceFolder
    path: Path
    description: SourceDescription
    checked: Checked
    draft: Draft | None = None
    is_written: bool = False


def check_source(folder: SourceFolder, path: Path, write: bool, force: bool) -> CheckedSource:
    """What the description at `path` reads of the source's files, or a draft where there is none.

    A draft is written to `path` if `write`, and made in any case if `force`.
    Raises StorageError where it cannot be written, and InputError for a
    description that ends in .yml, which nothing else would read.
    """
    misnamed = path.with_suffix(".yml")
    if misnamed.exists():
        raise InputError(f"{misnamed}: a description ends in .yaml. Rename the file.")
    if path.exists() and not force:
        description = load_description(path)
        return CheckedSource(folder, path, description, check(description, folder.files))
    draft = sniff(folder.source, folder.files)
    checked = check(draft.description, folder.files)
    if write:
        with on_disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(draft.yaml)
    return CheckedSource(folder, path, draft.description, checked, draft, write)


def check(description: SourceDescription, files: Sequence[LandedFile]) -> Checked:
    """Reads the files as the pipeline would, all of them, and keeps only counts and the first records.

    Raises InputError as `read_source` does.
    """
    first: list[ReadRecord] = []

    def show(records: pa.RecordBatch) -> None:
        first.extend(map(_record, records.slice(0, SHOWN_RECORDS - len(first)).to_pylist()))

    with tempfile.TemporaryDirectory(prefix="dataset-platform-check-") as folder:
        with quarantine_table(Path(folder)) as quarantine:
            read = read_rows(description, files, Path(folder), show, quarantine.add)
        return Checked(
            read=sum(file.read for file in read.files),
            kept=sum(file.kept for file in read.files),
            quarantined=quarantine_groups([str(path) for path in quarantine.paths]),
            first=tuple(first),
            ignored=read.ignored,
        )


def _record(row: dict[str, Any]) -> ReadRecord:
    turns = tuple((turn["role"], turn["content"]) for turn in row["messages"])
    return ReadRecord(row["origin_file"], row["origin_position"], turns)
