"""Files of a dataset on the Hugging Face Hub, fetched and resumed by its own client."""

import glob
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    IncompleteSnapshotError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile
from pydantic import TypeAdapter
from tqdm.auto import tqdm

from dataset_platform.errors import FetchFailed, VerificationFailed
from dataset_platform.ingest.origins.description import HubOrigin
from dataset_platform.ingest.origins.means import Fetched, Means, chosen
from dataset_platform.storage.files import sha256_of

_LISTING: TypeAdapter[dict[str, int]] = TypeAdapter(dict[str, int])


def fetch_hub(origin: HubOrigin, source: str, means: Means) -> list[Fetched]:
    """The chosen files at the pinned commit, by name; what is cached is not asked for."""
    cache = means.cache / "hub"
    try:
        sizes = _sizes(origin, cache)
        names = chosen(source, origin.files, sizes)
        paths = {name: _cached(origin, name, cache) for name in names}
        if not all(paths.values()):
            means.require_room(f"hub {origin.hub}", sum(sizes[name] for name in names))
            folder = _download(origin, names, cache, means)
            paths = {name: folder / name for name in names}
    except (HTTPError, OSError) as error:
        raise _explained(origin, error) from None
    return [_verified(origin, name, path) for name, path in paths.items() if path]


def current_commit(origin: HubOrigin) -> str:
    """The commit that the origin's branch or tag, or else its default branch, names now."""
    try:
        return str(HfApi().dataset_info(origin.hub, revision=origin.revision).sha)
    except (HTTPError, OSError) as error:
        raise _explained(origin, error) from None


def _sizes(origin: HubOrigin, cache: Path) -> dict[str, int]:
    """Size of every file at the commit: as it was listed once, as the Hub lists it, or as it lies here."""
    commit = hashlib.sha256(f"{origin.hub}@{origin.revision}".encode()).hexdigest()
    listing = cache / "listings" / f"{commit}.json"
    if listing.exists():
        return _LISTING.validate_json(listing.read_bytes())
    try:
        entries = HfApi().list_repo_tree(
            origin.hub, recursive=True, revision=origin.revision, repo_type="dataset"
        )
        sizes = {entry.path: entry.size for entry in entries if isinstance(entry, RepoFile)}
    except (HTTPError, OSError) as unreachable:
        return _sizes_here(origin, cache, unreachable)
    listing.parent.mkdir(parents=True, exist_ok=True)
    listing.write_bytes(_LISTING.dump_json(sizes))
    return sizes


def _sizes_here(origin: HubOrigin, cache: Path, unreachable: Exception) -> dict[str, int]:
    """Of a whole snapshot that somebody brought into the cache; raises `unreachable` when there is none."""
    try:
        folder = Path(
            snapshot_download(
                origin.hub,
                repo_type="dataset",
                revision=origin.revision,
                cache_dir=cache,
                local_files_only=True,
            )
        )
    except (LocalEntryNotFoundError, IncompleteSnapshotError):
        raise unreachable from None
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}


def _cached(origin: HubOrigin, name: str, cache: Path) -> Path | None:
    found = try_to_load_from_cache(origin.hub, name, cache, origin.revision, "dataset")
    return Path(found) if isinstance(found, str) else None


def _download(origin: HubOrigin, names: Sequence[str], cache: Path, means: Means) -> Path:
    """Folder of the snapshot, with these files in it."""
    told = type("_Told", (_Told,), {"told": staticmethod(means.on_file), "what": origin.hub})
    patterns = [glob.escape(name) for name in names]
    return Path(
        snapshot_download(
            origin.hub,
            repo_type="dataset",
            revision=origin.revision,
            cache_dir=cache,
            allow_patterns=patterns,
            tqdm_class=told,
        )
    )


def _verified(origin: HubOrigin, name: str, path: Path) -> Fetched:
    """The file, whose bytes are compared with the digest that the Hub names them by.

    That is the SHA-256 of large files, and git's digest of the others.
    """
    blob = path.resolve()
    sha256 = sha256_of(blob)
    found = sha256 if len(blob.name) == 64 else _git_digest(blob)
    if found != blob.name:
        raise VerificationFailed(
            f"hub {origin.hub}, {name}: the cached bytes have digest {found}, but the Hub names them "
            f"{blob.name}; delete {blob} and fetch again"
        )
    return Fetched(name, blob, sha256)


def _git_digest(path: Path) -> str:
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _explained(origin: HubOrigin, error: BaseException | None) -> FetchFailed:
    """One line without the client's own words, which may hold addresses with tokens."""
    what = f"hub {origin.hub}"
    match error:
        case GatedRepoError():
            return FetchFailed(f"{what}: access must be asked for on its page; then set HF_TOKEN")
        case RepositoryNotFoundError():
            return FetchFailed(f"{what}: no such dataset, or a private one: set HF_TOKEN")
        case RevisionNotFoundError():
            return FetchFailed(f"{what}: there is no revision {origin.revision}")
        case HfHubHTTPError():
            return FetchFailed(f"{what}: HTTP {error.response.status_code}; try again later")
        case _:
            return FetchFailed(
                f"{what}: the Hub gives no answer, and the cache does not hold what is asked for"
            )


class _Told(tqdm):
    """A progress bar that nobody sees, which tells how many bytes of all files have arrived."""

    what = ""

    @staticmethod
    def told(_name: str, _done: int, _total: int | None) -> None: ...

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.pop("name", None)  # the Hub's own bars have one
        super().__init__(*arguments, **options | {"file": io.StringIO(), "disable": False})

    def update(self, n: float | None = 1) -> bool | None:
        moved = super().update(n)
        if self.unit == "B":
            self.told(self.what, int(self.n), int(self.total) if self.total else None)
        return moved
