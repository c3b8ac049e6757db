"""Reading the rows of a release back."""

from pathlib import Path

import daft
from daft import DataFrame

from dataset_platform.release.files import ReleaseFiles


def parquet_path(folder: Path, version: str) -> Path:
    """Path of the Parquet file with all rows (schemas.RELEASE), in order of conversation_id."""
    return folder / ReleaseFiles(version).parquet


def open_rows(folder: Path, version: str) -> DataFrame:
    """The rows of a release as a lazy frame (schemas.RELEASE)."""
    return daft.read_parquet(str(parquet_path(folder, version)))
