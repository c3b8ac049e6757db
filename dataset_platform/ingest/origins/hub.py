"""Files of a dataset on the Hugging Face Hub, fetched and resumed by its own client."""

import glob
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    DryRunError,
    GatedRepoError,
    HfHubHTTPError,
    IncompleteSnapshotError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from tqdm.auto import tqdm

from dataset_platform.errors import FetchFailed, VerificationFailed
from dataset_platform.ingest.origins.description import HubOrigin
from dataset_platform.ingest.origins.means import Fetched, Means, chosen
from dataset_platform.storage.files import sha256_of


def fetch_hub(origin: HubOrigin, source: str, means: Means) -> list[Fetched]:
    """The chosen files at the pinned commit, sorted by name; from the cache when the Hub cannot be reached."""
    options = {
        "repo_id": origin.hub,
        "repo_type": "dataset",
        "revision": origin.revision,
        "cache_dir": means.cache / "hub",
    }
    try:
        folder, names = _downloaded(origin, source, means, options)
    except (LocalEntryNotFoundError, IncompleteSnapshotError, HfHubHTTPError, OSError) as error:
        raise _explained(origin, error) from None
    return [_verified(origin, name, folder / name) for name in names]


def current_commit(origin: HubOrigin) -> str:
    """The commit that the origin's branch or tag, or else its default branch, names now."""
    try:
        return str(HfApi().dataset_info(origin.hub, revision=origin.revision).sha)
    except (HfHubHTTPError, OfflineModeIsEnabled, OSError) as error:
        raise _explained(origin, error) from None


def _downloaded(
    origin: HubOrigin, source: str, means: Means, options: dict[str, Any]
) -> tuple[Path, Sequence[str]]:
    """Folder of the snapshot, and the names of the chosen files in it."""
    try:
        planned = snapshot_download(**options, dry_run=True, tqdm_class=_Quiet)
    except DryRunError as unreachable:
        try:
            folder = Path(snapshot_download(**options, local_files_only=True))
        except (LocalEntryNotFoundError, IncompleteSnapshotError):
            raise _explained(origin, unreachable.__cause__) from None
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
        return folder, chosen(source, origin.files, names)
    names = chosen(source, origin.files, [file.filename for file in planned])
    means.require_room(
        f"hub {origin.hub}", sum(file.file_size for file in planned if file.filename in set(names))
    )
    patterns = [glob.escape(name) for name in names]
    told = type("_Told", (_Told,), {"told": staticmethod(means.on_file), "what": origin.hub})
    return Path(snapshot_download(**options, allow_patterns=patterns, tqdm_class=told)), names


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
            return FetchFailed(f"{what}: the Hub gives no answer, and the cache does not hold what is asked for")


class _Quiet(tqdm):
    """A progress bar that nobody sees."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options | {"file": io.StringIO(), "disable": False})


class _Told(_Quiet):
    """Tells how many bytes of all files have arrived; the client gives it a name it keeps to itself."""

    what = ""

    @staticmethod
    def told(_name: str, _done: int, _total: int | None) -> None: ...

    def update(self, n: float | None = 1) -> bool | None:
        moved = super().update(n)
        if self.unit == "B":
            self.told(self.what, int(self.n), int(self.total) if self.total else None)
        return moved
