"""Files of a folder: their names, sizes, digests and rows."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import rfc8785
from pydantic import BaseModel, ConfigDict


class File(BaseModel):
    """A file of a result; `rows` is null for files that are not Parquet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    bytes: int
    sha256: str
    rows: int | None = None


def walked(top: Path, within: Path, on_error: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Every file below the folder `top`, in no order.

    Links to folders are followed where they stay `within` a folder, and not where they lead back to one that
    they are in. One that leads out is given as if it were a file, for whoever reads it to refuse.
    """
    for above, folders, names in os.walk(top, onerror=on_error, followlinks=True):
        links = {name: Path(above, name) for name in folders if Path(above, name).is_symlink()}
        out = {name for name, link in links.items() if not link.resolve().is_relative_to(within.resolve())}
        back = {name for name, link in links.items() if _leads_back(top, link)}
        folders[:] = [name for name in folders if name not in out | back]
        yield from (Path(above, name) for name in (*names, *out))


def _leads_back(top: Path, link: Path) -> bool:
    around = [folder for folder in link.parents if folder.is_relative_to(top)]
    return link.resolve() in {folder.resolve() for folder in around}


def describe(folder: Path) -> Iterator[File]:
    """Every file below the folder, sorted by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, sha256 in zip(paths, pool.map(sha256_of, paths), strict=True):
            yield File(
                name=path.relative_to(folder).as_posix(),
                bytes=path.stat().st_size,
                sha256=sha256,
                rows=_rows(path) if path.suffix == ".parquet" else None,
            )


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq  # takes 30 MB, which most folders need not

    return int(pq.read_metadata(path).num_rows)


def sha256_of(path: Path) -> str:
    """Hex of a file's SHA-256."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_of(parts: Mapping[str, str]) -> str:
    """Hex of SHA-256 over the mapping's canonical JSON (RFC 8785)."""
    return hashlib.sha256(rfc8785.dumps(dict(parts))).hexdigest()
