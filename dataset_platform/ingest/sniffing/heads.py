"""The bounded start of a file, laid down as a file of its own: all that sniffing sees."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.ingest.landing import LandedFile, fetched
from dataset_platform.ingest.sniffing.text import decoded

HEAD_BYTES = 2**20
HEAD_ROWS = 1_000

_PARQUET = b"PAR1"
_PACKINGS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_ZIP = b"PK\x03\x04"
_CHUNK_BYTES = 2**16
_DASH = re.compile(rb"^ *(?=- )", re.MULTILINE)
_BROKEN = (
    OSError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    pa.ArrowException,
)


@dataclass(frozen=True)
class Head:
    """The start of a file: unpacked text as UTF-8, or the first rows of Parquet.

    `whole` tells that there is no more of it, `guessed_encoding` what its text
    seems to be in where it is no Unicode.
    """

    file: LandedFile
    raw: bytes
    whole: bool
    guessed_encoding: str | None = None

    @property
    def is_parquet(self) -> bool:
        return self.raw.startswith(_PARQUET)


@contextmanager
def head_of(file: LandedFile) -> Iterator[Head | None]:
    """The file's first MiB, or first rows, as `sniffed/head` until the block ends.

    None when it is neither text nor Parquet.
    """
    source = fetched(file)
    with TemporaryDirectory(prefix="dataset-platform-sniff-") as folder:
        path = Path(folder, "sniffed", "head")
        path.parent.mkdir()
        raw, whole = _start(source)
        if raw.startswith(_PARQUET):
            yield _head_of_parquet(source, path)
        else:
            yield _head_of_text(file.name, raw, whole, path)


def _head_of_parquet(source: Path, path: Path) -> Head | None:
    try:
        with pq.ParquetFile(source) as file:
            rows = next(file.iter_batches(HEAD_ROWS), None)
            table = pa.Table.from_batches([rows] if rows is not None else [], file.schema_arrow)
            whole = table.num_rows == file.metadata.num_rows
    except _BROKEN:
        return None
    pq.write_table(table, path)
    return Head(LandedFile.at("sniffed/head", path), _PARQUET, whole)


def _head_of_text(name: str, raw: bytes, whole: bool, path: Path) -> Head | None:
    text = decoded(raw, whole)
    if text is None:
        return None
    content = text.content if whole else _until_last_item(text.content, name)
    path.write_bytes(content)
    return Head(LandedFile.at("sniffed/head", path), content, whole, text.guessed)


def _start(source: Path) -> tuple[bytes, bool]:
    """The first bytes of what the file holds, unpacked, and whether they are all."""
    with source.open("rb") as stream:
        magic = stream.read(4)
    packing = next((name for start, name in _PACKINGS.items() if magic.startswith(start)), None)
    content = bytearray()
    with suppress(*_BROKEN), closing(_unpacked(source, magic, packing)) as stream:
        while len(content) <= HEAD_BYTES and (chunk := stream.read(_CHUNK_BYTES)):
            content += chunk
    return bytes(content[:HEAD_BYTES]), len(content) <= HEAD_BYTES


def _unpacked(source: Path, magic: bytes, packing: str | None) -> Any:
    """A stream of what a packed file holds; of a zip, its first member's."""
    if magic == _ZIP:
        packed = zipfile.ZipFile(source)
        return packed.open(min(name for name in packed.namelist() if not name.endswith("/")))
    return pa.input_stream(source, compression=packing)


def _until_last_item(text: bytes, name: str) -> bytes:
    """The text, and of YAML all before the last item of its outermost list: half a YAML file is none."""
    if not {".yaml", ".yml"} & {suffix.lower() for suffix in Path(name).suffixes}:
        return text
    dashes = list(_DASH.finditer(text))
    outermost = min((len(dash[0]) for dash in dashes), default=0)
    last = max((dash.start() for dash in dashes if len(dash[0]) == outermost), default=len(text))
    return text[:last]
