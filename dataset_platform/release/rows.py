"""Where the rows of a release lie."""

from pathlib import Path

from dataset_platform.release.files import ReleaseFiles


def parquet_path(folder: Path, version: str) -> Path:
    """Path of the folder of Parquet files with all rows (schemas.RELEASE)."""
    return folder / ReleaseFiles(version).parquet
