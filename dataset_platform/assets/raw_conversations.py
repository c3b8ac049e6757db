"""raw_conversations, quarantine and source_files: what a source's files hold, and what could not be read."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import dagster as dg

from dataset_platform import ingest
from dataset_platform.assets.landing_area import landing_area
from dataset_platform.assets.partitions import READING, SOURCES
from dataset_platform.assets.presentation import Holds, table_asset
from dataset_platform.errors import InputError, VerificationFailed
from dataset_platform.schemas import FILES, QUARANTINE, RAW
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.landing import Landed, landed_files
from dataset_platform.storage.patience import patient
from dataset_platform.storage.work import Folder, Work, open_folder

TABLES = ("raw_conversations", "quarantine", "source_files")


@dg.multi_asset(
    name="read_source",
    partitions_def=SOURCES,
    deps=[landing_area],
    pool=READING,
    outs={
        "raw_conversations": table_asset(
            RAW,
            group="1_sources",
            code_version=ingest.VERSION,
            holds=Holds.RAW_TEXT,
            description=(
                "Every record of one source that could be read, as a conversation with its origin.\n\n"
                "When it is red: the message names the file or the line of `sources/<source>.yaml` to mend; "
                "records that could not be read never fail it, they are in `quarantine`."
            ),
        ),
        "quarantine": table_asset(
            QUARANTINE,
            group="1_sources",
            code_version=ingest.VERSION,
            holds=Holds.RAW_TEXT,
            description=(
                "Every record of one source that could not be read: file, position, reason and raw bytes.\n\n"
                "When it is red: as `raw_conversations`, which is read with it. Many rows here: mend the "
                "file or the description; `dataset-platform sources quarantine <source>` groups them."
            ),
        ),
        "source_files": table_asset(
            FILES,
            group="1_sources",
            code_version=ingest.VERSION,
            holds=Holds.FIGURES,
            description=(
                "Every file of one source: digest, size, encoding, and how many of its records were kept and "
                "quarantined. A file that did not change since the last reading is not read again.\n\n"
                "When it is red: as `raw_conversations`, which is read with it. The check `mostly_read` "
                "names the files of which much could not be read."
            ),
        ),
    },
)
def raw_conversations(context: dg.AssetExecutionContext, storage: Storage) -> Iterator[dg.Output[Work]]:
    """Reads one source once, and yields its records, its quarantine and the accounts of its files."""
    source = context.partition_key
    description = ingest.load_description(storage.description_path(source))
    with patient(context):
        landed = landed_files(
            storage.store, storage.settings.raw_prefix, source, storage.landing_index_key(source)
        )
    if not landed.files:
        hint = f"; try `dataset-platform sources fetch {source}`" if description.origin else ""
        raise InputError(f"{storage.store.url(storage.landing_prefix(source))}: no files to read{hint}")
    conditions = {"reading": description.reading_sha256, "ingest": ingest.VERSION}
    inputs = {"files": landed.digest, **conditions}
    with storage.store.staging() as scratch:
        reading = _Reading(description, landed, _previous(storage, source, conditions), scratch, context.log)
        for table in TABLES:
            yield dg.Output(Work(inputs, partial(reading.write, table), reading.facts), table)


@dataclass
class _Reading:
    """The source's files, read when the first table is asked for; unchanged ones come from `previous`."""

    description: ingest.SourceDescription
    landed: Landed
    previous: ingest.Previous | None
    scratch: Path
    log: dg.DagsterLogManager

    def write(self, table: str, folder: Path) -> None:
        read = self._ingested
        tables = dict(zip(TABLES, (read.records, read.quarantine, read.files_table), strict=True))
        for path in tables[table]:
            shutil.move(path, folder / path.name)

    def facts(self, _: Path) -> dict[str, Any]:
        read = len(self._ingested.reread) if "_ingested" in vars(self) else 0
        return {"files": len(self.landed.files), "files read": read}

    @cached_property
    def _ingested(self) -> ingest.Ingested:
        files = [ingest.LandedFile(file.name, file.fetch, file.sha256) for file in self.landed.files]
        read = ingest.read_source(self.description, files, self.scratch, self.previous)
        name = self.description.name
        if not read.files:
            raise InputError(
                f"data of {name}: none of {len(files)} files matches `files` "
                f"({', '.join(self.description.files)}); mend sources/{name}.yaml"
            )
        self._tell(read)
        return read

    def _tell(self, read: ingest.Ingested) -> None:
        accounts = {account.origin_file: account for account in read.files}
        for file in (accounts[name] for name in read.reread):
            self.log.info(
                f"{file.origin_file}: {file.read} records, {file.kept} kept, {file.quarantined} quarantined"
            )
        self.log.info(f"{len(read.reread)} of {len(read.files)} files were read, the others have not changed")
        if read.ignored:
            self.log.warning(
                f"{self.description.name}: {len(read.ignored)} files match none of `files`: not read"
            )


def _previous(storage: Storage, source: str, conditions: Mapping[str, str]) -> ingest.Previous | None:
    """The tables of the last reading, if they are whole and were made under the same conditions."""
    try:
        found = [open_folder(storage.store, storage.result_prefix(table, source)) for table in TABLES]
    except VerificationFailed:
        return None
    folders = [folder for folder in found if folder is not None]
    inputs = [folder.manifest.inputs for folder in folders]
    if len(folders) < len(TABLES) or any(one != inputs[0] for one in inputs):
        return None
    if any(inputs[0].get(name) != value for name, value in conditions.items()):
        return None
    records, quarantine, files = map(_paths, folders)
    return ingest.Previous(records, quarantine, ingest.read_accounts(files))


def _paths(folder: Folder) -> list[Path]:
    return [folder.path / file.name for file in folder.manifest.files]
