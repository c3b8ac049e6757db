"""The bounded start of a file, laid down as a file of its own: all that sniffing sees."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.errors import InputError
from dataset_platform.ingest.describing.description import Limits
from dataset_platform.ingest.formats.unpacking import compression_of, members
from dataset_platform.ingest.landing import LandedFile, fetched
from dataset_platform.ingest.sniffing.text import decoded
from dataset_platform.schemas import Compression

HEAD_BYTES = 2**20
HEAD_ROWS = 1_000
YAML_HEAD_BYTES = 2**17
"""YAML is parsed far slower than anything else."""

_UNPACKED_WHOLE = 2**20
"""Bytes of the largest packed file that is unpacked to tell why it is refused: 200 MiB may come of it."""
_PARQUET = b"PAR1"
_PYARROW_NAMES = {Compression.NONE: None, Compression.GZIP: "gzip", Compression.ZSTD: "zstd"}
_CHUNK_BYTES = 2**16
_DASH = re.compile(rb"^ *(?=- )", re.MULTILINE)
_BROKEN = (
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    pa.ArrowException,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True)
class Head:
    """The start of a file: unpacked text as UTF-8, or the first rows of Parquet.

    `name` is the file's, or that of a zip's largest member. `whole` tells that
    there is no more of it, `guessed_encoding` what its text seems to be in
    where it is no Unicode.
    """

    file: LandedFile
    name: str
    raw: bytes
    whole: bool
    guessed_encoding: str | None = None

    @property
    def is_parquet(self) -> bool:
        return self.raw.startswith(_PARQUET)


class _Start(NamedTuple):
    """The first bytes of what a file holds, unpacked, whether they are all, and what they are called."""

    raw: bytes
    whole: bool
    name: str


@contextmanager
def head_of(file: LandedFile) -> Iterator[Head | None]:
    """The file's first MiB, or first rows, as `sniffed/head` until the block ends.

    None when it is neither text nor Parquet. Raises InputError when it cannot be opened.
    """
    with TemporaryDirectory(prefix="dataset-platform-sniff-") as folder:
        path = Path(folder, "sniffed", "head")
        path.parent.mkdir()
        try:
            source = fetched(file)
            packing = compression_of(source)
        except OSError as error:
            raise InputError(f"{file.name}: cannot be read ({error.strerror}).") from None
        start = _start(file.name, source, packing)
        if start.raw.startswith(_PARQUET):
            yield _head_of_parquet(file.name, source, path)
        else:
            yield _head_of_text(start, path)


def damage(file: LandedFile) -> str | None:
    """Why reading would refuse what is packed in the file; None also where it is too large to look."""
    source = fetched(file)
    packing = compression_of(source)
    if packing is Compression.NONE or source.stat().st_size > _UNPACKED_WHOLE:
        return None
    with TemporaryDirectory(prefix="dataset-platform-sniff-") as scratch:
        found = members(source, packing, Limits(), Path(scratch))
        return next((member.problem.detail for member in found if member.problem), None)


def _start(name: str, source: Path, packing: Compression) -> _Start:
    """What can be unpacked, be the rest broken; of a zip, its largest member."""
    content = bytearray()
    with suppress(*_BROKEN), ExitStack() as opened:
        if packing is Compression.ZIP:
            archive = opened.enter_context(zipfile.ZipFile(source))
            name = max(archive.infolist(), key=lambda member: member.file_size).filename
            stream: Any = opened.enter_context(archive.open(name))
        else:
            stream = opened.enter_context(pa.input_stream(source, compression=_PYARROW_NAMES[packing]))
        while len(content) <= HEAD_BYTES and (chunk := stream.read(_CHUNK_BYTES)):
            content += chunk
    return _Start(bytes(content[:HEAD_BYTES]), len(content) <= HEAD_BYTES, name)


def _head_of_parquet(name: str, source: Path, path: Path) -> Head | None:
    try:
        with pq.ParquetFile(source) as file:
            rows = next(file.iter_batches(HEAD_ROWS), None)
            table = pa.Table.from_batches([rows] if rows is not None else [], file.schema_arrow)
            whole = table.num_rows == file.metadata.num_rows
    except _BROKEN:
        return None
    pq.write_table(table, path)
    return Head(LandedFile.at("sniffed/head", path), name, _PARQUET, whole)


def _head_of_text(start: _Start, path: Path) -> Head | None:
    text = decoded(start.raw, start.whole)
    if text is None:
        return None
    content, whole = text.content, start.whole
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    if _is_yaml(start.name):
        whole = whole and len(content) <= YAML_HEAD_BYTES
        content = content if whole else _until_last_item(content[:YAML_HEAD_BYTES])
    path.write_bytes(content)
    return Head(LandedFile.at("sniffed/head", path), start.name, content, whole, text.guessed)


def _is_yaml(name: str) -> bool:
    return not {".yaml", ".yml"}.isdisjoint(suffix.lower() for suffix in Path(name).suffixes)


def _until_last_item(text: bytes) -> bytes:
    """YAML before the last item of its outermost list, as half an item is no YAML."""
    dashes = list(_DASH.finditer(text))
    outermost = min((len(dash[0]) for dash in dashes), default=0)
    last = max((dash.start() for dash in dashes if len(dash[0]) == outermost), default=len(text))
    return text[:last]
