"""Objects below a prefix of a bucket, fetched as the platform's own storage fetches its objects."""

from functools import partial

from dataset_platform.errors import VerificationFailed
from dataset_platform.ingest.origins.description import BucketOrigin
from dataset_platform.ingest.origins.means import Fetched, Means, chosen
from dataset_platform.settings import Settings, StorageBackend
from dataset_platform.storage.cache import Cache
from dataset_platform.storage.files import digest_of
from dataset_platform.storage.opening import open_bucket
from dataset_platform.storage.transfer import download_all

BACKENDS = {"s3": (StorageBackend.S3, "s3_bucket"), "gs": (StorageBackend.GCS, "gcs_bucket")}


def fetch_bucket(origin: BucketOrigin, source: str, means: Means) -> list[Fetched]:
    """The chosen objects, sorted by name; those without a pin are fetched, too.

    Raises VerificationFailed when names or contents differ from the pin.
    """
    bucket = open_bucket(_settings_for(origin, means.settings))
    bucket.check()
    _, _, prefix = origin.place
    begin = f"{prefix}/" if prefix else ""
    objects = {
        stored.key.removeprefix(begin): stored
        for stored in bucket.list(prefix)
        if not stored.key.endswith("/")  # what consoles put there to show a folder
    }
    names = chosen(source, origin.files, objects)
    means.require_room(origin.prefix, sum(objects[name].bytes for name in names))
    cache = Cache(means.cache / "objects", means.max_bytes)
    wanted = [objects[name] for name in names]
    sha256s = download_all(bucket, wanted, cache, partial(means.on_file, origin.prefix))
    contents = dict(zip(names, sha256s, strict=True))
    if origin.sha256 and contents_digest(contents) != origin.sha256:
        raise VerificationFailed(
            f"{origin.prefix}: names and contents have SHA-256 {contents_digest(contents)}, but "
            f"{origin.sha256} is pinned; `--pin` prints the new pin, if the change is right"
        )
    folder = cache.folder(contents)
    return [Fetched(name, folder / name, sha256) for name, sha256 in contents.items()]


def contents_digest(contents: dict[str, str]) -> str:
    """The pin of a prefix: SHA-256 over the SHA-256 of each name's content."""
    return digest_of(contents)


def _settings_for(origin: BucketOrigin, settings: Settings) -> Settings:
    """The platform's settings with the origin's bucket in place of its own."""
    scheme, name, _ = origin.place
    backend, field = BACKENDS[scheme]
    return settings.model_copy(update={"storage_backend": backend, field: name})
