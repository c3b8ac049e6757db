"""The whole step: the files of a source become records and quarantine, and the accounts close."""

import hashlib
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from dataset_platform.errors import InputError
from dataset_platform.ingest.accounts import FileAccount, write_accounts
from dataset_platform.ingest.describing.description import READERS_OF_LINES, Reader, SourceDescription
from dataset_platform.ingest.formats.encodings import transcode, whole_file_encoding
from dataset_platform.ingest.formats.line_ends import ends_lines_with_returns, with_line_feeds
from dataset_platform.ingest.formats.unpacking import Member, compression_of, members, new_file
from dataset_platform.ingest.landing import LandedFile, fetched, select
from dataset_platform.ingest.part_readers import PartReaders
from dataset_platform.ingest.parts import Part, parts
from dataset_platform.ingest.previous import EarlierRows, Previous
from dataset_platform.ingest.rejection import Rejection
from dataset_platform.ingest.row_tables import quarantine_table, record_table
from dataset_platform.ingest.source_rows import OpenFile, SourceRows, Taker
from dataset_platform.schemas import QuarantineReason

Step = Callable[[], None]
"""Hands on what was begun; steps are taken in order."""


@dataclass(frozen=True)
class ReadFiles:
    """The account of every file of a source.

    `ignored` names the files that none of the description's globs matches, `reread` those that were read
    rather than taken from `previous`.
    """

    files: tuple[FileAccount, ...]
    ignored: tuple[str, ...]
    reread: tuple[str, ...]


@dataclass(frozen=True)
class Ingested(ReadFiles):
    """The same, and where the tables of the source lie; `files_table` holds the accounts."""

    records: tuple[Path, ...]
    quarantine: tuple[Path, ...]
    files_table: tuple[Path, ...]


def read_source(
    description: SourceDescription,
    files: Sequence[LandedFile],
    out: Path,
    previous: Previous | None = None,
) -> Ingested:
    """Reads the source's files into Parquet under `out`: `records-*` as RAW, `quarantine-*` as QUARANTINE,
    `files-*` as FILES.

    Rows are in the order of file names, then of positions; equal input gives
    equal bytes, however many processes read it and whatever was taken from
    `previous`. Every record of a file, from position 0 on, is in exactly one
    of the first two tables. A file that `previous` has under the same name and
    digest is not read, and not fetched where its digest is known. Memory does
    not grow with the size of a file. Raises InputError when a file cannot be
    opened, changes while it is read, or has an unsafe name; what is inside a
    file never raises.
    """
    out.mkdir(parents=True, exist_ok=True)
    with record_table(out) as records, quarantine_table(out) as quarantine:
        read = read_rows(description, files, out, records.add, quarantine.add, previous)
    return Ingested(
        **vars(read),
        records=records.paths,
        quarantine=quarantine.paths,
        files_table=(write_accounts(out, description.name, read.files),),
    )


def read_rows(
    description: SourceDescription,
    files: Sequence[LandedFile],
    scratch: Path,
    records: Taker,
    quarantine: Taker,
    previous: Previous | None = None,
) -> ReadFiles:
    """Reads as `read_source` does, and hands rows on, in its order, in batches of RAW and QUARANTINE.

    What has to be unpacked is unpacked in the folder `scratch`, where nothing stays.
    """
    chosen = select(description.name, description.files, files)
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix=".reading-") as folder,
        PartReaders(description, Path(folder)) as readers,
        ThreadPoolExecutor(max_workers=1) as hasher,
    ):
        rows = SourceRows(description, records, quarantine)
        run = _Run(description, Path(folder), rows, readers, hasher, EarlierRows(previous))
        run.read(chosen)
    names = {file.name for file in chosen}
    ignored = sorted(file.name for file in files if file.name not in names)
    return ReadFiles(tuple(run.accounts), tuple(ignored), tuple(run.reread))


@dataclass
class _Run:
    """One reading of a source."""

    description: SourceDescription
    scratch: Path
    rows: SourceRows
    readers: PartReaders
    hasher: ThreadPoolExecutor
    earlier: EarlierRows
    accounts: list[FileAccount] = field(default_factory=list)
    reread: list[str] = field(default_factory=list)

    def read(self, files: Sequence[LandedFile]) -> None:
        """Begins parts ahead of those whose rows are written, so that all processes have work."""
        begun: deque[Step] = deque()
        for step in self._steps(files):
            begun.append(step)
            while len(begun) > 2 * self.readers.processes:
                begun.popleft()()
        while begun:
            begun.popleft()()

    def _steps(self, files: Sequence[LandedFile]) -> Iterator[Step]:
        for file in files:
            account = self.earlier.account(file.name, file.sha256)
            yield from self._copy(account) if account else self._opened(file)

    def _opened(self, file: LandedFile) -> Iterator[Step]:
        path = fetched(file)
        state = _state(file.name, path)
        digest = self._digest(file, path)
        # Only where the file may be an old one does reading wait for its digest.
        account = self.earlier.account(file.name, digest()) if self.earlier.knows(file.name) else None
        yield from self._copy(account) if account else self._read_file(file.name, path, state, digest)

    def _digest(self, file: LandedFile, path: Path) -> Callable[[], str]:
        """Waits for the file's SHA-256, which is taken while its parts are read."""
        known = file.sha256
        return (lambda: known) if known else self.hasher.submit(_sha256, path).result

    def _copy(self, account: FileAccount) -> Iterator[Step]:
        def copy() -> None:
            self.rows.copy(account, self.earlier.records(account), self.earlier.quarantine(account))
            self.accounts.append(account)

        yield copy

    def _read_file(
        self, name: str, path: Path, state: os.stat_result, digest: Callable[[], str]
    ) -> Iterator[Step]:
        compression = compression_of(path)
        file = OpenFile(name, digest, state.st_size, compression)
        for member in members(path, compression, self.description.limits, self.scratch):
            yield from self._read_member(file, member)

        def close() -> None:
            # Digest and rows were read one beside the other: both must be of the same bytes.
            if _identity(_state(name, path)) != _identity(state):
                raise InputError(f"{name}: changed while it was read. Run again when the file is complete.")
            self.accounts.append(file.account())
            self.reread.append(name)

        yield close

    def _read_member(self, file: OpenFile, member: Member) -> Iterator[Step]:
        if member.path is not None:
            try:
                yield from self._read_plain(file, member.name, member.path)
            except Rejection as rejection:
                yield self._rejecting(file, member.name, rejection)
        if member.problem is not None:
            yield self._rejecting(file, member.name, member.problem)

    def _read_plain(self, file: OpenFile, member: str, path: Path) -> Iterator[Step]:
        if path.stat().st_size == 0:
            raise Rejection(QuarantineReason.EMPTY_FILE, "the file is empty")
        path, encoding = self._in_utf8(path)
        path = self._in_lines(path)
        self.readers.expect(path.stat().st_size)
        course = _Course()
        for part in parts(self.description, path):
            if course.is_done:
                break
            yield self._adding(course, part, file, member, encoding)
        if path.is_relative_to(self.scratch):
            yield path.unlink

    def _in_utf8(self, path: Path) -> tuple[Path, str | None]:
        """The file, or a copy of it in UTF-8 and the encoding that it was in as a whole."""
        is_text = self.description.reader is not Reader.PARQUET
        encoding = whole_file_encoding(path, self.description.encoding) if is_text else None
        if encoding is None:
            return path, None
        return self._replaced(path, partial(transcode, encoding=encoding)), encoding

    def _in_lines(self, path: Path) -> Path:
        """The file, or a copy whose lines end as readers of lines expect."""
        if self.description.reader in READERS_OF_LINES and ends_lines_with_returns(path):
            return self._replaced(path, with_line_feeds)
        return path

    def _replaced(self, path: Path, rewrite: Callable[[Path, Path], None]) -> Path:
        """A rewritten copy of the file, which goes where it was a copy itself."""
        copy = new_file(self.scratch)
        rewrite(path, copy)
        if path.is_relative_to(self.scratch):
            path.unlink()
        return copy

    def _adding(
        self, course: "_Course", part: Part, file: OpenFile, member: str, encoding: str | None
    ) -> Step:
        begun = self.readers.submit(part)

        def add() -> None:
            if course.is_done:
                return
            rows = begun()
            if not rows.is_sound:
                rows, course.is_done = self.readers.submit(part.onwards())(), True
            self.rows.add(file, member, encoding, rows)

        return add

    def _rejecting(self, file: OpenFile, member: str, rejection: Rejection) -> Step:
        return lambda: self.rows.reject(file, member, rejection)


@dataclass
class _Course:
    """How far one file was read: it is done before its last part where one was no part but damage."""

    is_done: bool = False


def _state(name: str, path: Path) -> os.stat_result:
    try:
        with path.open("rb"):
            return path.stat()
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror}).") from None


def _identity(state: os.stat_result) -> tuple[int, int, int]:
    return state.st_ino, state.st_size, state.st_mtime_ns


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
