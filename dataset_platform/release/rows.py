"""Reading the rows of a release back."""

from pathlib import Path

import daft
from daft import DataFrame

from dataset_platform.release.files import ReleaseFiles


def parquet_path(folder: Path, version: str) -> Path:
    """Path of the folder of Parquet files with all rows (schemas.RELEASE)."""
    return folder / ReleaseFiles(version).parquet


def open_rows(folder: Path, version: str) -> DataFrame:
    """The rows of a release as a lazy frame (schemas.RELEASE), shard after shard."""
    return daft.read_parquet([str(path) for path in sorted(parquet_path(folder, version).iterdir())])
