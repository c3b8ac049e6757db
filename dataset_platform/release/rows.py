"""Where the rows of a release lie."""

from pathlib import Path

from dataset_platform.release.files import ReleaseFiles


def parquet_path(folder: Path, version: str) -> Path:
    """Path of the Parquet file with all rows (schemas.RELEASE), in order of conversation_id."""
    return folder / ReleaseFiles(version).parquet
