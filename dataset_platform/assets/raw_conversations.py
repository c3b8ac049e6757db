"""raw_conversations and quarantine: what a source's files hold, and what could not be read."""

import shutil
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import dagster as dg

from dataset_platform import ingest
from dataset_platform.assets.partitions import SOURCES
from dataset_platform.assets.presentation import table_asset
from dataset_platform.errors import InputError
from dataset_platform.schemas import QUARANTINE, RAW
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.landing import Landed, landed_files
from dataset_platform.storage.work import Work, sha256_of


@dg.multi_asset(
    name="read_source",
    partitions_def=SOURCES,
    outs={
        "raw_conversations": table_asset(
            RAW,
            group="1_sources",
            code_version=ingest.VERSION,
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
            description=(
                "Every record of one source that could not be read: file, position, reason and raw bytes.\n\n"
                "Mend the file or the description, then materialise the source again."
            ),
        ),
    },
)
def raw_conversations(context: dg.AssetExecutionContext, storage: Storage) -> Iterator[dg.Output[Work]]:
    """Reads one source once, and yields its records and its quarantine."""
    source = context.partition_key
    path = storage.settings.sources_dir / f"{source}.yaml"
    description = ingest.load_description(path)
    landed = landed_files(storage.store, storage.settings.raw_prefix, source)
    if not landed.files:
        raise InputError(f"{storage.store.url(storage.landing_prefix(source))}: no files to read")
    inputs = {"files": landed.digest, "description": sha256_of(path), "ingest": ingest.VERSION}
    with storage.store.staging() as scratch:
        read = cache(lambda: _read(description, landed, scratch, context.log))
        yield dg.Output(Work(inputs, lambda out: _move(read().records, out)), "raw_conversations")
        yield dg.Output(Work(inputs, lambda out: _move(read().quarantine, out)), "quarantine")


def _read(
    description: ingest.SourceDescription, landed: Landed, scratch: Path, log: dg.DagsterLogManager
) -> ingest.Ingested:
    files = [ingest.LandedFile.at(name, path, sha256) for name, path, sha256 in landed.files]
    ingested = ingest.read_source(description, files, scratch)
    for file in ingested.files:
        log.info(f"{file.origin_file}: {file.read} records, {file.kept} kept, {file.quarantined} quarantined")
    if not ingested.files:
        raise InputError(
            f"data of {description.name}: none of {len(landed.files)} files matches `files` "
            f"({', '.join(description.files)}); mend sources/{description.name}.yaml"
        )
    if ingested.ignored:
        log.warning(f"{description.name}: {len(ingested.ignored)} files match none of `files`: not read")
    return ingested


def _move(paths: Sequence[Path], folder: Path) -> None:
    for path in paths:
        shutil.move(path, folder / path.name)
