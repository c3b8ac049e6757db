"""The review queue on its way out, and reviewers' decisions on their way back, by format."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.errors import InputError
from dataset_platform.quality.review import argilla, label_studio, spreadsheet
from dataset_platform.quality.review.decisions import Answer, broken, named
from dataset_platform.quality.review.queue import SCHEMA
from dataset_platform.storage.staging import make_private_folder, on_disk

NAMES = ("review_queue_v{version}.csv", "review_queue_v{version}.parquet")


class ReviewFormat(StrEnum):
    """Where people review."""

    ARGILLA = "argilla"
    LABEL_STUDIO = "label-studio"
    CSV = "csv"


_ANSWERS = {
    ReviewFormat.ARGILLA: argilla.answers,
    ReviewFormat.LABEL_STUDIO: label_studio.answers,
    ReviewFormat.CSV: spreadsheet.answers,
}


def write_queue(table: pa.Table, folder: Path, version: str) -> None:
    """Writes the queue as CSV and Parquet, readable by their owner only; equal queues give equal bytes."""
    csv_name, parquet_name = (name.format(version=version) for name in NAMES)
    lay_down({csv_name: spreadsheet.as_csv(table.to_pylist(), SCHEMA.names)}, folder)
    pq.write_table(table, folder / parquet_name, compression="zstd")
    (folder / parquet_name).chmod(0o600)


def read_queue(folder: Path, version: str) -> list[dict[str, Any]]:
    """The rows that `write_queue` left; raises InputError where the release was judged without a queue."""
    path = folder / NAMES[1].format(version=version)
    if not path.exists():
        raise InputError(
            f"release {version} was judged by a version of this program that wrote no review queue; "
            f"judge it again with `dataset-platform qa --version {version}`"
        )
    return pq.read_table(path, schema=SCHEMA).to_pylist()


def exported(
    entries: list[dict[str, Any]], format_: ReviewFormat, version: str, overlap: int
) -> dict[str, bytes]:
    """Content by name of the files that the format's tool takes; `overlap` is how many should answer each."""
    if format_ is ReviewFormat.ARGILLA:
        return argilla.files(entries, version, overlap)
    if format_ is ReviewFormat.LABEL_STUDIO:
        return label_studio.files(entries)
    return {NAMES[0].format(version=version): spreadsheet.as_csv(entries, SCHEMA.names)}


def imported(
    content: bytes, name: str, format_: ReviewFormat, names: Mapping[str, str]
) -> tuple[list[Answer], int]:
    """Decisions in what the format's tool gave back, and how many conversations have none.

    `names` replaces the ids by which the tool knows people. Raises InputError.
    """
    try:
        answers, undecided = _ANSWERS[format_](content, name)
    except (AttributeError, KeyError, TypeError, ValueError):  # values of other types
        raise broken(name, f"not what {format_} exports") from None
    return named(answers, names), undecided


def lay_down(contents: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Writes files that hold text of conversations, so that only their owner may read them."""
    return [_private(folder / name, content) for name, content in contents.items()]


def _private(path: Path, content: bytes) -> Path:
    with on_disk(path):
        make_private_folder(path.parent)
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_bytes(content)
    return path


def as_rows(answers: Iterable[Answer]) -> list[dict[str, str]]:
    """Rows of a review file, in order of conversations and reviewers."""
    return [vars(answer) for answer in sorted(answers, key=lambda a: (a.conversation_id, a.reviewer))]
