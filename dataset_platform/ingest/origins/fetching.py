"""One way in for every kind of origin."""

from dataset_platform.errors import InputError
from dataset_platform.ingest.origins.buckets import contents_digest, fetch_bucket
from dataset_platform.ingest.origins.description import BucketOrigin, HubOrigin, Origin, WebOrigin
from dataset_platform.ingest.origins.hub import current_commit, fetch_hub
from dataset_platform.ingest.origins.means import Fetched, Means
from dataset_platform.ingest.origins.web import fetch_web


def fetch_origin(origin: Origin, source: str, means: Means) -> list[Fetched]:
    """Every file of a pinned origin, verified, in the cache of this machine, sorted by name.

    Raises InputError for an origin without its pin, FetchFailed when it does not give its files, and
    VerificationFailed when it gives others than were pinned.
    """
    if not origin.is_pinned:
        raise InputError(
            f"origin of {source}: not pinned, so what it holds may change; "
            f"`dataset-platform sources fetch {source} --pin` prints the pin to write"
        )
    return _fetched(origin, source, means)


def pin_origin(origin: Origin, source: str, means: Means) -> Origin:
    """The same origin, pinned to what it holds now; its files lie in the cache, but for the Hub's."""
    if isinstance(origin, HubOrigin):
        return origin.model_copy(update={"revision": current_commit(origin)})
    fetched = {file.name: file.sha256 for file in _fetched(_unpinned(origin), source, means)}
    if isinstance(origin, BucketOrigin):
        return origin.model_copy(update={"sha256": contents_digest(fetched)})
    files = [file.model_copy(update={"sha256": fetched[file.landing_name]}) for file in origin.urls]
    return origin.model_copy(update={"urls": tuple(files)})


def _unpinned(origin: WebOrigin | BucketOrigin) -> WebOrigin | BucketOrigin:
    if isinstance(origin, BucketOrigin):
        return origin.model_copy(update={"sha256": None})
    return origin.model_copy(
        update={"urls": tuple(file.model_copy(update={"sha256": None}) for file in origin.urls)}
    )


def _fetched(origin: Origin, source: str, means: Means) -> list[Fetched]:
    match origin:
        case HubOrigin():
            return fetch_hub(origin, source, means)
        case WebOrigin():
            return fetch_web(origin, source, means)
        case BucketOrigin():
            return fetch_bucket(origin, source, means)
