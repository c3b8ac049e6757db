"""What became of each source file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dataset_platform.errors import ContractError
from dataset_platform.ingest.formats.encodings import UTF8
from dataset_platform.schemas import FILES, Compression


@dataclass(frozen=True)
class FileAccount:
    """What became of one file's records: read = kept + quarantined."""

    origin_file: str
    origin_sha256: str
    bytes: int
    read: int
    kept: int
    quarantined: int
    encoding: str = UTF8
    compression: str = Compression.NONE.value

    def __post_init__(self) -> None:
        if self.read != self.kept + self.quarantined:
            raise ContractError(
                f"{self.origin_file}: {self.read} records read, but {self.kept} kept and "
                f"{self.quarantined} quarantined. This is a fault of the platform; please report it."
            )


def write_accounts(folder: Path, source: str, accounts: Sequence[FileAccount]) -> Path:
    """The accounts as the file `files-00000.parquet` of the contract FILES."""
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
    path = folder / "files-00000.parquet"
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
