"""Where the files of a source lie, by its name or by a folder, and where its description is."""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dataset_platform.errors import InputError, UsageError
from dataset_platform.ingest.landing import LandedFile
from dataset_platform.storage.files import walked
from dataset_platform.storage.landing import SOURCE_NAMES, fetched_raw, is_source_name
from dataset_platform.storage.store import Store, is_plain


@dataclass(frozen=True)
class SourceFolder:
    """Files that are, or could become, a source, under names that begin with the source's."""

    source: str
    files: tuple[LandedFile, ...]
    url: str
    landing_url: str
    """Where the pipeline looks for the source's files."""

    @property
    def is_landed(self) -> bool:
        return self.url == self.landing_url


def source_folder(store: Store, landing_prefix: str, target: str, name: str | None) -> SourceFolder:
    """The files of the source `target` in the landing area, or those of any folder on this machine.

    The source is called `name`, or as the folder is. Raises InputError when there are no files.
    """
    prefix = f"{landing_prefix}/{target}"
    stored = list(store.list(prefix)) if is_source_name(target) else []
    folder = Path(target)
    if not stored and not (target and folder.is_dir()):
        raise InputError(_why_nothing(store, landing_prefix, target))
    source = _checked(name or _name_for(target))
    if stored:
        files = [
            LandedFile(f"{source}{one.key.removeprefix(prefix)}", partial(fetched_raw, store, one.key))
            for one in stored
        ]
        url = store.url(prefix)
    else:
        files = _local_files(folder, source)
        url = _as_landed(store, f"{landing_prefix}/{source}", folder)
    if not files:
        raise InputError(f"{target}: no files to read")
    return SourceFolder(source, tuple(files), url, store.url(f"{landing_prefix}/{source}"))


def _why_nothing(store: Store, landing_prefix: str, target: str) -> str:
    prefix = f"{landing_prefix}/{target}"
    if target and Path(target).is_file():
        return f"{target}: is a file; name the folder that it is in"
    if is_source_name(target):
        return f"{target}: no such folder, and no source with files in {store.url(prefix)}/"
    if "/" not in target and is_plain(target) and any(store.list(prefix)):
        return f"{target}: {SOURCE_NAMES}; rename {store.url(prefix)}/"
    return f"{target or 'an empty name'}: no such folder"


def _local_files(folder: Path, source: str) -> list[LandedFile]:
    # Not resolved: a link below the folder stays one, and is refused where it leads out.
    top = folder.absolute()
    paths = sorted(path for path in walked(top, top) if path.is_file() or path.is_symlink())
    return [LandedFile.at(f"{source}/{path.relative_to(top).as_posix()}", path) for path in paths]


def _as_landed(store: Store, prefix: str, folder: Path) -> str:
    """The folder's name, which is the landing area's for the source's own folder there."""
    url = store.url(prefix)
    return url if Path(url).resolve() == folder.resolve() else str(folder)


def _name_for(target: str) -> str:
    """The folder's name as a source may be called."""
    return "_".join(re.findall(r"[a-z0-9]+", Path(target).absolute().name.lower())) or "source"


def _checked(name: str) -> str:
    if not is_source_name(name):
        raise UsageError(f"--name {name!r}: {SOURCE_NAMES}")
    return name
