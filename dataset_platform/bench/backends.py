"""Which backends are measured; apart from their benchmark, so that `--help` need not load it."""

from enum import StrEnum


class Backend(StrEnum):
    LOCAL = "local"
    S3 = "s3"
    GCS = "gcs"
