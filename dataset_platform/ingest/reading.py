"""The whole step: the files of a source become records and quarantine, and the accounts close."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.errors import ContractError, InputError
from dataset_platform.ingest.conversations import Interpreter
from dataset_platform.ingest.description import Reader, SourceDescription
from dataset_platform.ingest.documents import read_document
from dataset_platform.ingest.landing import LandedFile, fetched, select
from dataset_platform.ingest.lines import read_jsonl
from dataset_platform.ingest.queries import Query
from dataset_platform.ingest.record_paths import RecordPath
from dataset_platform.ingest.rejection import Piece, Rejection
from dataset_platform.ingest.row_groups import ROWS_FIELD, Speech, grouped, scattered_keys
from dataset_platform.ingest.tables import read_rows
from dataset_platform.ingest.transcripts import read_transcript
from dataset_platform.ingest.turn_shapes import TurnList
from dataset_platform.ingest.writing import Origin, QuarantineTable, RecordTable
from dataset_platform.schemas import FILES, Compression, QuarantineReason


@dataclass(frozen=True)
class FileAccount:
    """What became of one file's records: read = kept + quarantined."""

    origin_file: str
    origin_sha256: str
    bytes: int
    read: int
    kept: int
    quarantined: int
    encoding: str = "utf-8"
    compression: str = Compression.NONE.value

    def __post_init__(self) -> None:
        if self.read != self.kept + self.quarantined:
            raise ContractError(
                f"{self.origin_file}: {self.read} records read, but {self.kept} kept and "
                f"{self.quarantined} quarantined. This is a fault of the platform; please report it."
            )


@dataclass(frozen=True)
class Ingested:
    """Where the tables of one source lie, and the account of every file that was read.

    `files_table` holds the same accounts as a table. `ignored` names the files that none of the
    description's globs matches, `reread` those that were read rather than taken from `previous`.
    """

    records: tuple[Path, ...]
    quarantine: tuple[Path, ...]
    files: tuple[FileAccount, ...]
    files_table: tuple[Path, ...]
    ignored: tuple[str, ...] = ()
    reread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Previous:
    """The tables of an earlier reading with the same description and the same ingest version.

    The caller answers for that sameness: rows of files that did not change are copied from here.
    """

    records: Sequence[Path]
    quarantine: Sequence[Path]
    accounts: Sequence[FileAccount]


def read_source(
    description: SourceDescription,
    files: Sequence[LandedFile],
    out: Path,
    previous: Previous | None = None,  # noqa: ARG001
) -> Ingested:
    """Reads the source's files into Parquet under `out`: `records-*` as RAW, `quarantine-*` as QUARANTINE.

    Rows are in the order of file names, then of positions; equal input gives
    equal bytes. Every record of a file, from position 0 on, is in exactly one
    of the two tables. Memory does not grow with the size of a file. Raises
    InputError when a file cannot be opened, changes while it is read, or has
    an unsafe name; what is inside a file never raises.
    """
    chosen = select(description.name, description.files, files)
    interpreter = Interpreter(description)
    out.mkdir(parents=True, exist_ok=True)
    with RecordTable(out, description) as records, QuarantineTable(out, description) as quarantine:
        accounts = [_read_file(description, interpreter, file, records, quarantine) for file in chosen]
    names = {file.name for file in chosen}
    ignored = sorted(file.name for file in files if file.name not in names)
    table = write_accounts(out, description.name, accounts)
    reread = tuple(file.name for file in chosen)
    return Ingested(records.paths, quarantine.paths, tuple(accounts), (table,), tuple(ignored), reread)


def write_accounts(out: Path, source: str, accounts: Sequence[FileAccount]) -> Path:
    """The accounts as one file of the contract FILES."""
    rows = [
        {
            "source": source,
            "origin_file": account.origin_file,
            "origin_sha256": account.origin_sha256,
            "bytes": account.bytes,
            "encoding": account.encoding,
            "compression": account.compression,
            "records": account.read,
            "kept": account.kept,
            "quarantined": account.quarantined,
        }
        for account in accounts
    ]
    path = out / "files-00000.parquet"
    pq.write_table(pa.Table.from_pylist(rows, FILES.arrow), path, compression="zstd")
    return path


def read_accounts(paths: Sequence[Path]) -> tuple[FileAccount, ...]:
    """The accounts in tables of the contract FILES, in their order."""
    rows = [row for path in paths for row in pq.ParquetFile(path).read().to_pylist()]
    return tuple(
        FileAccount(
            origin_file=row["origin_file"],
            origin_sha256=row["origin_sha256"],
            bytes=row["bytes"],
            read=row["records"],
            kept=row["kept"],
            quarantined=row["quarantined"],
            encoding=row["encoding"],
            compression=row["compression"],
        )
        for row in rows
    )


def _read_file(
    description: SourceDescription,
    interpreter: Interpreter,
    file: LandedFile,
    records: RecordTable,
    quarantine: QuarantineTable,
) -> FileAccount:
    read = kept = quarantined = 0
    with _opened(file) as stream:
        before = os.fstat(stream.fileno())
        origin = Origin(file.name, hashlib.file_digest(stream, "sha256").hexdigest())
        for read, piece in enumerate(pieces(description, stream), 1):
            try:
                conversation = interpreter.conversation(_accepted(piece))
            except Rejection as rejection:
                quarantine.add(origin, read - 1, piece, rejection)
                quarantined += 1
            else:
                records.add(origin, read - 1, piece, conversation)
                kept += 1
        after = os.fstat(stream.fileno())
    # The digest was taken before the rows were read: both must be of the same bytes.
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputError(f"{file.name}: changed while it was read. Run again when the file is complete.")
    return FileAccount(origin.file, origin.sha256, before.st_size, read, kept, quarantined)


def _opened(file: LandedFile) -> BufferedReader:
    try:
        return fetched(file).open("rb")
    except OSError as error:
        raise InputError(f"{file.name}: cannot be read ({error.strerror}).") from None


def pieces(description: SourceDescription, stream: BinaryIO) -> Iterator[Piece]:
    """The records of one file, which must be seekable, or a single rejected piece for an empty one."""
    if stream.seek(0, os.SEEK_END) == 0:
        yield Piece(0, b"", Rejection(QuarantineReason.EMPTY_FILE, "the file is empty"))
        return
    stream.seek(0)
    match description.reader:
        case Reader.JSONL:
            yield from read_jsonl(stream)
        case Reader.JSON:
            paths = [RecordPath.parse(path) for path in description.records]
            yield from read_document(stream, paths, description.record_key)
        case Reader.CSV:
            yield from _table(description, stream)
        case Reader.TRANSCRIPT:
            yield from read_transcript(stream)


def _table(description: SourceDescription, stream: BinaryIO) -> Iterator[Piece]:
    layout = description.csv
    if layout.group_by is None:
        yield from read_rows(stream, layout.delimiter)
        return
    needed = [column for column in (layout.group_by, layout.order_by) if column is not None]
    scattered = scattered_keys(read_rows(stream, layout.delimiter, needed), layout.group_by)
    stream.seek(0)
    rows = read_rows(stream, layout.delimiter, needed)
    yield from grouped(rows, layout.group_by, layout.order_by, _speech(description), scattered)


def _speech(description: SourceDescription) -> Speech:
    """Who says what in a row, whichever list of rows the description reads turns from."""
    queries = [
        Query(query)
        for shape in description.turns
        if isinstance(shape, TurnList) and shape.at == ROWS_FIELD
        for query in (shape.role, shape.content)
    ]
    return lambda row: [query.ask(row) for query in queries]


def _accepted(piece: Piece) -> object:
    if isinstance(piece.content, Rejection):
        raise piece.content
    return piece.content
