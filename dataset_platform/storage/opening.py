"""The store that the settings name."""

from functools import cache

from dataset_platform.settings import Settings, StorageBackend
from dataset_platform.storage.bucket import Bucket
from dataset_platform.storage.cache import Cache
from dataset_platform.storage.local import LocalStore
from dataset_platform.storage.objects import ObjectStore
from dataset_platform.storage.store import Store


def open_store(settings: Settings) -> Store:
    """The configured store; raises UsageError or StorageError in one line when it cannot be used."""
    if settings.storage_backend is StorageBackend.LOCAL:
        return LocalStore(settings.storage_local_path)
    return _open_object_store(settings)


@cache
def _open_object_store(settings: Settings) -> Store:
    """Looks at the bucket, once in a process."""
    bucket = open_bucket(settings)
    return ObjectStore(bucket, Cache(settings.cache / "objects", int(settings.cache_max_gb * 1e9)))


def open_bucket(settings: Settings) -> Bucket:
    """The bucket that the settings name, after a look at it; raises UsageError or StorageError."""
    bucket = _bucket(settings)
    bucket.check()
    return bucket


def _bucket(settings: Settings) -> Bucket:
    """The clouds' clients take a second to import, so only the one that is needed is."""
    if settings.storage_backend is StorageBackend.S3:
        from dataset_platform.storage.s3 import S3Bucket

        return S3Bucket(settings)
    from dataset_platform.storage.gcs import GCSBucket

    return GCSBucket(settings)
