"""The rows of one source: those of parts, put under the file they come from and numbered through."""

import base64
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.errors import ContractError
from dataset_platform.ingest.accounts import FileAccount
from dataset_platform.ingest.describing.description import SourceDescription
from dataset_platform.ingest.formats.encodings import UTF8, hint, is_utf8_so_far
from dataset_platform.ingest.part_reading import PartRows
from dataset_platform.ingest.rejection import Rejection
from dataset_platform.ingest.row_batches import REJECTED_ROWS, Rows
from dataset_platform.schemas import QUARANTINE, RAW, Compression, QuarantineReason

Taker = Callable[[pa.RecordBatch], None]
"""Takes the next rows."""


class OpenFile:
    """A file whose rows are being handed on, and the counts of those that were."""

    def __init__(self, name: str, digest: Callable[[], str], n_bytes: int, compression: Compression) -> None:
        """`digest` waits for the file's SHA-256, which may not be known yet."""
        self.name = name
        self._digest = digest
        self.kept = self.quarantined = 0
        self.is_hinted = False
        self.encodings: dict[str, set[str]] = {}
        self._bytes = n_bytes
        self._compression = compression

    @cached_property
    def sha256(self) -> str:
        return self._digest()

    @property
    def read(self) -> int:
        return self.kept + self.quarantined

    def account(self) -> FileAccount:
        """Of a member that needed the named encoding, that one is told; UTF-8 alone is not."""
        named = {min(used - {UTF8}, default=UTF8) for used in self.encodings.values()} or {UTF8}
        return FileAccount(
            self.name,
            self.sha256,
            self._bytes,
            self.read,
            self.kept,
            self.quarantined,
            ", ".join(sorted(named)),
            self._compression.value,
        )


class SourceRows:
    """Hands records and quarantine of a source on, completed and in order."""

    def __init__(self, description: SourceDescription, records: Taker, quarantine: Taker) -> None:
        self._records, self._quarantine = records, quarantine
        self._described = {
            "source": description.name,
            "stage": description.stage.value,
            "is_edge_case": description.is_edge_case,
            "license": description.license,
        }

    def add(self, file: OpenFile, member: str, encoding: str | None, rows: PartRows) -> None:
        """The rows of the file's next part; their Arrow files are used up."""
        base = file.read
        for batch in _batches(rows.records):
            self._records(self._completed(batch, RAW.arrow, file, base))
        for batch in _batches(rows.rejected):
            self._add_rejected(file, member, base, batch)
        file.kept += rows.kept
        file.quarantined += rows.quarantined
        file.encodings.setdefault(member, set()).add(encoding or rows.encoding)

    def reject(self, file: OpenFile, member: str, rejection: Rejection) -> None:
        """One row of quarantine that stands for what could not be reached at all."""
        row = {"origin_position": 0, "byte": None, "reason": rejection.reason.value}
        row |= {"detail": rejection.detail, "payload": ""}
        self._add_rejected(file, member, file.read, pa.RecordBatch.from_pylist([row], REJECTED_ROWS))
        file.quarantined += 1

    def copy(
        self, account: FileAccount, records: Iterable[pa.RecordBatch], rejected: Iterable[pa.RecordBatch]
    ) -> None:
        """The rows of a file as an earlier reading left them. Raises ContractError when some are missing."""
        for take, batches, expected in (
            (self._records, records, account.kept),
            (self._quarantine, rejected, account.quarantined),
        ):
            copied = 0
            for batch in batches:
                take(batch)
                copied += batch.num_rows
            if copied != expected:
                raise ContractError(
                    f"{account.origin_file}: the earlier reading has {copied} rows of it where its account "
                    f"says {expected}. Read the source again without the earlier reading."
                )

    def _add_rejected(self, file: OpenFile, member: str, base: int, batch: pa.RecordBatch) -> None:
        details = _details(file, member, base, batch)
        details = self._with_hint(file, batch, details)
        batch = batch.set_column(batch.schema.get_field_index("detail"), "detail", details)
        self._quarantine(self._completed(batch, QUARANTINE.arrow, file, base))

    def _completed(
        self, batch: pa.RecordBatch, schema: pa.Schema, file: OpenFile, base: int
    ) -> pa.RecordBatch:
        """The batch with the columns that all rows of a part share, and positions in the whole file."""
        same = {**self._described, "origin_file": file.name, "origin_sha256": file.sha256}
        columns = []
        for wanted in schema:
            if wanted.name == "origin_position":
                columns.append(pc.add(batch.column(wanted.name), base))
            elif wanted.name in same:
                columns.append(pa.repeat(pa.scalar(same[wanted.name], wanted.type), batch.num_rows))
            else:
                columns.append(batch.column(wanted.name))
        return pa.record_batch(columns, schema=schema)

    def _with_hint(self, file: OpenFile, batch: pa.RecordBatch, details: pa.Array) -> pa.Array:
        """The first record of a file whose bytes are no UTF-8 tells what they might be."""
        if file.is_hinted:
            return details
        texts = details.to_pylist()
        reasons = batch.column("reason").to_pylist()
        for row, payload in enumerate(batch.column("payload")):
            if reasons[row] != QuarantineReason.BAD_ENCODING.value:
                continue
            raw = base64.b64decode(payload.as_py())
            if not is_utf8_so_far(raw):
                file.is_hinted = True
                texts[row] += hint(raw)
                return pa.array(texts, pa.string())
        return details


def _batches(rows: Rows) -> Iterable[pa.RecordBatch]:
    if not isinstance(rows, Path):
        yield from rows
        return
    # Not mapped: the pages of a large file would count as memory until its last row.
    with pa.OSFile(str(rows)) as source, pa.ipc.open_file(source) as reader:
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)
    rows.unlink()


def _details(file: OpenFile, member: str, base: int, batch: pa.RecordBatch) -> pa.Array:
    """File, record, byte and reason in one sentence."""
    positions = pc.cast(pc.add(batch.column("origin_position"), base), pa.string())
    places = pc.coalesce(
        pc.binary_join_element_wise(", byte ", pc.cast(batch.column("byte"), pa.string()), ""), ""
    )
    start = f"{file.name}, member {member}, record " if member else f"{file.name}, record "
    return pc.binary_join_element_wise(start, positions, places, ": ", batch.column("detail"), "")
