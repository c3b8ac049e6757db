"""Every environment variable that the platform reads.

Credentials are not among them: they come from the clouds' own chains and
reach no lock, manifest or log.
"""

from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from dataset_platform.errors import UsageError


class StorageBackend(StrEnum):
    LOCAL = "local"


class Settings(BaseSettings):
    """Where things lie and what runs them; `DATASET_<NAME>` in the environment or in `.env`."""

    model_config = SettingsConfigDict(env_prefix="DATASET_", env_file=".env", extra="ignore", frozen=True)

    storage_backend: StorageBackend = Field(StorageBackend.LOCAL, description="Where data is stored.")
    storage_local_path: Path = Field(Path("data"), description="Root folder of the local backend.")
    raw_prefix: str = Field("raw", description="Landing area: a folder a source; never written to.")
    processed_prefix: str = Field("processed", description="Tables between the steps.")
    exports_prefix: str = Field("exports", description="Releases.")
    checkpoints_prefix: str = Field("checkpoints", description="Trained checkpoints and their reports.")
    sources_dir: Path = Field(Path("sources"), description="Source descriptions, `<source>.yaml`.")
    releases_dir: Path = Field(Path("releases"), description="Release specs, `<version>.yaml`.")
    cache_dir: Path = Field(
        Path("~/.cache/dataset-platform"), description="Models unpacked once; safe to delete."
    )

    @cached_property
    def cache(self) -> Path:
        return self.cache_dir.expanduser()


def load_settings() -> Settings:
    """The settings of this process; raises UsageError with one line a wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"DATASET_{'_'.join(map(str, wrong['loc'])).upper()}={wrong['input']!r}: {wrong['msg']}"
            for wrong in error.errors()
        ]
        raise UsageError("\n".join(lines)) from None
