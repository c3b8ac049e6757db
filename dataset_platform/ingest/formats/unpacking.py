"""Packed files, opened within limits: gzip, zstd and zip, known by their first bytes.

What is unpacked lies in a scratch folder, so that every reader has a plain file to seek in.
"""

import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from dataset_platform.ingest.describing.description import Limits
from dataset_platform.ingest.rejection import Rejection
from dataset_platform.schemas import Compression, QuarantineReason

_MAGIC = {
    b"\x1f\x8b": Compression.GZIP,
    b"\x28\xb5\x2f\xfd": Compression.ZSTD,
    b"PK\x03\x04": Compression.ZIP,
    b"PK\x05\x06": Compression.ZIP,
}
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257
_FREE_BYTES = 64 * 2**20
_CHUNK_BYTES = 2**16
_MAX_DIRECTORY_BYTES = 32 * 2**20
_DAMAGE = (OSError, EOFError, zlib.error, pa.ArrowException, zipfile.BadZipFile, NotImplementedError)


@dataclass(frozen=True)
class Member:
    """A plain file to read records from; `name` is its name in a zip, "" elsewhere.

    `problem` is why the member could not be unpacked whole: its records are
    read as far as it goes, and the problem is one record more. Without a
    `path` the problem is all there is.
    """

    name: str
    path: Path | None
    problem: Rejection | None = None


class TooLarge(Exception):
    """The limits are reached: whatever else the file holds, it is not unpacked."""


def compression_of(path: Path) -> Compression:
    with path.open("rb") as stream:
        start = stream.read(4)
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), Compression.NONE)


def members(path: Path, compression: Compression, limits: Limits, scratch: Path) -> Iterator[Member]:
    """The plain files in a file, one after the other; those in `scratch` are the caller's to delete.

    A file that unpacks to more than the limits is one member without a path.
    """
    match compression:
        case Compression.NONE:
            yield Member("", path)
        case Compression.ZIP:
            yield from _zip_members(path, limits, scratch)
        case _:
            budget = _Budget(path.stat().st_size, limits)
            with path.open("rb") as packed:
                yield _unpacked("", _plain_stream(packed, compression), budget, new_file(scratch))


def new_file(folder: Path) -> Path:
    """An empty file of a name that no other has."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix="plain-")
    os.close(descriptor)
    return Path(name)


class _Budget:
    """Counts unpacked bytes of a file against its limits."""

    def __init__(self, packed_bytes: int, limits: Limits) -> None:
        self._limits = limits
        self._ratio_limit = max(_FREE_BYTES, packed_bytes * limits.max_expansion)
        self._used = 0

    def use(self, n_bytes: int) -> None:
        self._used += n_bytes
        if self._used > min(self._ratio_limit, self._limits.max_expanded_bytes):
            raise TooLarge


def _unpacked(name: str, stream: Any, budget: _Budget, target: Path) -> Member:
    problem = None
    # read1, as read would lose what it has when it meets damage.
    read = stream.read1
    with target.open("wb") as out:
        try:
            while chunk := read(_CHUNK_BYTES):
                budget.use(len(chunk))
                out.write(chunk)
        except TooLarge:
            target.unlink()
            return Member(name, None, _bomb())
        except _DAMAGE as error:
            problem = _damage(error)
    if _is_packed_again(target):
        target.unlink()
        detail = "holds a packed file or an archive: deliver what is in it"
        return Member(name, None, Rejection(QuarantineReason.BAD_COMPRESSION, detail))
    return Member(name, target, problem)


def _is_packed_again(path: Path) -> bool:
    with path.open("rb") as stream:
        is_tar = stream.read(_TAR_MAGIC_AT + len(_TAR_MAGIC)).endswith(_TAR_MAGIC)
    return is_tar or compression_of(path) is not Compression.NONE


def _plain_stream(packed: BinaryIO, compression: Compression) -> Any:
    if compression is Compression.GZIP:
        return GzipFile(fileobj=packed)
    return pa.CompressedInputStream(pa.PythonFile(packed, "r"), "zstd")


def _zip_members(path: Path, limits: Limits, scratch: Path) -> Iterator[Member]:
    budget = _Budget(path.stat().st_size, limits)
    try:
        _refuse_endless_directory(path)
        archive = zipfile.ZipFile(path)
    except Rejection as rejection:
        yield Member("", None, rejection)
        return
    except (*_DAMAGE, ValueError, UnicodeError) as error:
        yield Member("", None, _damage(error))
        return
    with archive:
        entries = sorted((e for e in archive.infolist() if not e.is_dir()), key=lambda e: e.filename)
        if not entries:
            yield Member("", None, Rejection(QuarantineReason.EMPTY_FILE, "the zip file has no members"))
        for entry in entries:
            member = _zip_member(archive, entry, budget, new_file(scratch))
            yield member
            if member.path is None and member.problem is not None and _is_bomb(member.problem):
                return


def _zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: _Budget, target: Path) -> Member:
    # A member's name is only ever shown: what it holds is written under a name of ours.
    name = entry.filename.encode("ascii", "backslashreplace").decode()
    if entry.flag_bits & 1:
        detail = "is a member of a zip file that is encrypted: deliver it without a password"
        return Member(name, None, Rejection(QuarantineReason.BAD_COMPRESSION, detail))
    try:
        with archive.open(entry) as stream:
            return _unpacked(name, stream, budget, target)
    except (*_DAMAGE, RuntimeError, ValueError) as error:
        return Member(name, None, _damage(error))


def _refuse_endless_directory(path: Path) -> None:
    """Raises Rejection for a list of members that would not fit in memory: zipfile reads it at once."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 2**16 - 22 - 76))
        tail = stream.read()
    end, wide_end = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    sizes = [struct.unpack_from("<L", tail.ljust(end + 22, b"\0"), end + 12)[0] if end >= 0 else 0]
    if sizes[0] == 2**32 - 1 and wide_end >= 0:
        sizes = [struct.unpack_from("<Q", tail.ljust(wide_end + 56, b"\0"), wide_end + 40)[0]]
    if sizes[0] > _MAX_DIRECTORY_BYTES:
        detail = f"is a zip file whose list of members has more than {_MAX_DIRECTORY_BYTES:,} bytes"
        raise Rejection(QuarantineReason.TOO_LARGE, detail)


def _bomb() -> Rejection:
    detail = "unpacks to more than `max_expansion` or `max_expanded_bytes` allow: nothing more of it is read"
    return Rejection(QuarantineReason.TOO_LARGE, detail)


def _is_bomb(rejection: Rejection) -> bool:
    return rejection.reason is QuarantineReason.TOO_LARGE


def _damage(error: Exception) -> Rejection:
    if isinstance(error, EOFError) or "runcated" in str(error):
        return Rejection(QuarantineReason.TRUNCATED, "the packed file breaks off; what came before was read")
    kind = "checksum" if isinstance(error, BadGzipFile) else type(error).__name__
    detail = f"the packed file is damaged ({kind}); what could be unpacked before was read"
    return Rejection(QuarantineReason.BAD_COMPRESSION, detail)
