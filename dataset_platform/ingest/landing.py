"""Files of the landing area as ingestion may see them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dataset_platform.errors import InputError
from dataset_platform.storage.landing import require_plain_names


@dataclass(frozen=True)
class LandedFile:
    """A file of a source: `name` is its path under the landing area, which begins with the source's
    folder and has `/` between its parts.

    `fetch` gives the file on this machine and may download it; it is called only when the file must
    be read. `sha256` is the digest of its bytes when the caller knows it already; it is believed.
    """

    name: str
    fetch: Callable[[], Path]
    sha256: str | None = None

    @classmethod
    def at(cls, name: str, path: Path, sha256: str | None = None) -> "LandedFile":
        """A file that lies on this machine already."""
        return cls(name, lambda: path, sha256)


def select(source: str, globs: Sequence[str], files: Sequence[LandedFile]) -> tuple[LandedFile, ...]:
    """Files that one of the source's globs matches, sorted by name.

    Raises InputError for a name that could mean a file outside the source's
    folder and for a name given twice: such a file is no data but a mistake or an
    attack, so nothing of the source is read.
    """
    names = [file.name for file in files]
    for name in names:
        _require_inside(source, name)
    require_plain_names(names)
    repeated = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    if repeated:
        raise InputError(f"{min(repeated)}: the same file is given twice; list each file once.")
    patterns = [glob_pattern(glob) for glob in globs]
    chosen = [
        file for file in files if any(p.fullmatch(file.name.removeprefix(f"{source}/")) for p in patterns)
    ]
    return tuple(sorted(chosen, key=lambda file: file.name))


def _require_inside(source: str, name: str) -> None:
    if not name.startswith(f"{source}/"):
        raise InputError(f"{name!r}: not in the folder of source {source}; names begin with `{source}/`.")


def fetched(file: LandedFile) -> Path:
    """The file on this machine. Raises InputError for a link that leads out of the landing area."""
    path = file.fetch()
    if _leads_out(file.name, path):
        raise InputError(f"{file.name}: a link out of the landing area; put the file itself there.")
    return path


def _leads_out(file_name: str, path: Path) -> bool:
    """Whether links along the name lead elsewhere than below the folder that the landing area lies in.

    A local copy under another name (of a remote file) has no landing area on
    this machine; there, any link is refused.
    """
    name = PurePosixPath(file_name)
    if PurePosixPath(*path.parts[-len(name.parts) :]) != name:
        return path.is_symlink()
    landing_area = path.absolute().parents[len(name.parts) - 1]
    return not path.resolve().is_relative_to(landing_area.resolve())


def glob_pattern(glob: str) -> re.Pattern[str]:
    """`*` and `?` stay within a folder, `**/` crosses any number of folders."""
    translated = re.escape(glob).replace(r"\*\*/", "(?:[^/]+/)*").replace(r"\*\*", ".*")
    return re.compile(translated.replace(r"\*", "[^/]*").replace(r"\?", "[^/]"))
