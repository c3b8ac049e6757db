"""heldout_overlap: conversations of one source that hold passages of held-out evaluation sets."""

from pathlib import Path

import dagster as dg

from dataset_platform import curate
from dataset_platform.assets.partitions import SOURCES
from dataset_platform.assets.presentation import OWNERS, Holds, table_metadata, tags
from dataset_platform.schemas import HELDOUT_OVERLAP
from dataset_platform.storage.files import digest_of, sha256_of
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.tables import Table, write_batches, write_table
from dataset_platform.storage.work import Work


@dg.asset(
    partitions_def=SOURCES,
    group_name="2_curation",
    owners=OWNERS,
    tags=tags(Holds.FIGURES, alone=True),
    kinds={"parquet", "daft"},
    code_version=curate.HELDOUT_VERSION,
    metadata=table_metadata(HELDOUT_OVERLAP),
)
def heldout_overlap(storage: Storage, clean_conversations: Table) -> Work:
    """Cleaned rows of one source that share 13 words in a row with a file in DATASET_HELDOUT_DIR.

    Without such files nothing is read.

    When it is red: a held-out file cannot be read; the message names it and the line.
    """
    folder = storage.settings.heldout_dir
    files = curate.heldout_files(folder)

    def build(out: Path) -> None:
        if files:
            heldout = curate.read_heldout(folder)
            write_table(curate.overlap(clean_conversations.frame, heldout), HELDOUT_OVERLAP, out)
        else:
            write_batches([], HELDOUT_OVERLAP, out)

    return Work(
        inputs={
            "clean_conversations": clean_conversations.digest,
            "heldout": digest_of({path.relative_to(folder).as_posix(): sha256_of(path) for path in files}),
            "curate": curate.HELDOUT_VERSION,
        },
        build=build,
    )
