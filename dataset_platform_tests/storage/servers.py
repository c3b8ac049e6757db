"""The servers of `dataset_platform.bench.servers` with what tests of storage need to know of them."""

from collections.abc import Mapping
from pathlib import Path

from dataset_platform.bench import servers
from dataset_platform.bench.servers import Identity, ObjectServer
from dataset_platform.settings import Settings

__all__ = ["ADMIN", "CREDENTIALS", "READER", "GCSServer", "ObjectServer", "S3Server", "settings_of"]

ADMIN = ("test-admin-key", "test-admin-secret-9f27")
READER = ("test-reader-key", "test-reader-secret-4c11")
CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "STORAGE_EMULATOR_HOST",
)


class S3Server(servers.S3Server):
    """With an identity that may do everything and one that may only read."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, [Identity("admin", *ADMIN), Identity("reader", *READER, ["Read", "List"])])

    def environment(
        self, bucket: str, keys: tuple[str, str] = ADMIN, url: str | None = None
    ) -> dict[str, str]:
        return {
            "DATASET_STORAGE_BACKEND": "s3",
            "DATASET_S3_BUCKET": bucket,
            "DATASET_S3_REGION": "us-east-1",
            "DATASET_S3_ENDPOINT_URL": url or self.url,
            "AWS_ACCESS_KEY_ID": keys[0],
            "AWS_SECRET_ACCESS_KEY": keys[1],
            "AWS_EC2_METADATA_DISABLED": "true",
        }


class GCSServer(servers.GCSServer):
    def environment(self, bucket: str, url: str | None = None) -> dict[str, str]:
        return {
            "DATASET_STORAGE_BACKEND": "gcs",
            "DATASET_GCS_BUCKET": bucket,
            "DATASET_GCS_PROJECT_ID": "test",
            "STORAGE_EMULATOR_HOST": url or self.url,
        }


def settings_of(environment: Mapping[str, str], cache: Path, **more: object) -> Settings:
    """Settings as they would be read, without a file or the surroundings of the test."""
    ours = {
        name.removeprefix("DATASET_").lower(): value
        for name, value in environment.items()
        if name.startswith("DATASET_")
    }
    return Settings(_env_file=None, **{"storage_retry_s": 5} | ours | {"cache_dir": cache} | more)
