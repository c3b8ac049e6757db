"""Brings the files of a source's origin into the landing area, when somebody asks for it."""

from dataset_platform import ingest
from dataset_platform.errors import InputError
from dataset_platform.ingest.origins.arriving import Arrival, Receipt, arrive
from dataset_platform.ingest.origins.description import Origin
from dataset_platform.ingest.origins.fetching import fetch_origin, pin_origin
from dataset_platform.ingest.origins.means import Means
from dataset_platform.progress import Progress
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.landing import landed_files


def fetch_source(storage: Storage, source: str, progress: Progress, allow_http: bool) -> list[Arrival]:
    """What became of every file of the source's origin in the landing area, sorted by name."""
    origin = _origin(storage, source)
    settings, store = storage.settings, storage.store
    landed = landed_files(store, settings.raw_prefix, source, storage.landing_index_key(source))
    present = {file.name.removeprefix(f"{source}/"): file.sha256 for file in landed.files}
    there = Receipt.read(store, storage.receipt_key(source)).arrivals(origin, present)
    if there:
        return there
    with progress.transfers() as on_file:
        fetched = fetch_origin(origin, source, Means(settings, allow_http, on_file))
        return arrive(
            origin,
            fetched,
            present,
            store,
            storage.landing_prefix(source),
            storage.receipt_key(source),
            on_file,
        )


def pin_source(storage: Storage, source: str, progress: Progress, allow_http: bool) -> Origin:
    """The source's origin, pinned to what it holds now; the description is not changed."""
    origin = _origin(storage, source)
    with progress.transfers() as on_file:
        return pin_origin(origin, source, Means(storage.settings, allow_http, on_file))


def _origin(storage: Storage, source: str) -> Origin:
    path = storage.description_path(source)
    origin = ingest.load_description(path).origin
    if origin is None:
        raise InputError(f"{path}: has no `origin` to fetch files from; put them into the landing area")
    return origin
