"""clean_conversations: normalised, masked, flagged and measured conversations of one source."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import daft
import dagster as dg
import pyarrow.parquet as pq

from dataset_platform import curate
from dataset_platform.assets.partitions import READING, SOURCES
from dataset_platform.assets.presentation import OWNERS, Holds, table_metadata, tags
from dataset_platform.errors import VerificationFailed
from dataset_platform.schemas import CLEAN
from dataset_platform.settings import Settings
from dataset_platform.storage.files import digest_of
from dataset_platform.storage.io_managers import SECONDS_BETWEEN_LINES, Storage
from dataset_platform.storage.presentation import table
from dataset_platform.storage.shards import Shards, frame_over
from dataset_platform.storage.tables import Table, read_notes, write_table
from dataset_platform.storage.work import Folder, Work, home_key, open_folder

CLOSINGS = "repeated_closings"
COUNTED = ("source", "edits", "flags", "crisis_severity", "toxicity")  # what the UI shows counts of


@dg.asset(
    partitions_def=SOURCES,
    pool=READING,
    group_name="2_curation",
    owners=OWNERS,
    tags=tags(Holds.MASKED_TEXT, alone=True),
    kinds={"parquet", "daft"},
    code_version=curate.VERSION,
    metadata=table_metadata(CLEAN),
)
def clean_conversations(
    context: dg.AssetExecutionContext, storage: Storage, raw_conversations: Table
) -> Work:
    """Conversations of one source with text tidied by rules, private data replaced, flagged and measured.

    One row for each raw row, also where nothing is left of it: `filter_decisions` says what is fit.
    Rows of files that have not changed since the last cleaning are copied from it.

    When it is red: the failed check names the column, the rule and up to five records.
    """
    settings = storage.settings
    cleaning = cleaning_of(settings)
    surrogates = curate.surrogates_of(cleaning, settings.pseudonym_key)
    conditions = {
        "reading": raw_conversations.inputs["reading"],
        "ingest": raw_conversations.inputs["ingest"],
        "cleaning": cleaning.model_dump_json(),
        "curate": curate.VERSION,
        "models": digest_of(curate.models_used()),
        **({"pseudonym key": surrogates.key_id()} if surrogates else {}),
    }
    job = _Job(
        context.partition_key,
        raw_conversations,
        cleaning,
        surrogates,
        _earlier(storage, context.partition_key, conditions),
        context.log,
    )
    return Work({"raw_conversations": raw_conversations.digest, **conditions}, job.write, job.facts)


def cleaning_of(settings: Settings) -> curate.Cleaning:
    """How sources are cleaned: what is set, and the defaults of the rest."""
    return curate.Cleaning(
        links=curate.Links(settings.links), pseudonyms=curate.Pseudonyms(settings.pseudonyms)
    )


@dataclass
class _Job:
    """The cleaning of one source, and how many rows it cleaned; none where the work was done before."""

    source: str
    raw: Table
    cleaning: curate.Cleaning
    surrogates: curate.Surrogates | None
    earlier: curate.Earlier | None
    log: dg.DagsterLogManager
    cleaned: int = field(default=0, init=False)

    def write(self, folder: Path) -> None:
        closings = curate.repeated_closings(self.raw.frame, self.cleaning)
        fresh, reused = self.raw.frame, None
        if self.earlier:
            files = curate.reusable_files(self.raw.frame, self.earlier, closings, self.cleaning)
            is_reused = daft.col("origin_file").is_in(files)
            fresh, reused = fresh.where(~is_reused), self.earlier.rows.where(is_reused)
        self.cleaned = fresh.count_rows()
        clean = curate.clean(fresh, self.cleaning, closings, self.surrogates, self.cleaned)
        notes = {CLOSINGS: " ".join(f"{digest:016x}" for digest in sorted(closings))}
        write_table(clean if reused is None else reused.concat(clean), CLEAN, folder, self._tell(), notes)
        self.log.info(
            f"{self.source}: {self.cleaned:,} rows cleaned, {self.raw.rows - self.cleaned:,} reused"
        )

    def facts(self, folder: Path) -> dict[str, Any]:
        clean = daft.from_arrow(pq.read_table(folder, columns=[*COUNTED]))
        return {
            "rows cleaned": self.cleaned,
            "rows reused": self.raw.rows - self.cleaned,
            "edits": table(curate.count_edits(clean)),
            "flags": table(curate.flag_counts(clean)),
            "crisis_severity": table(curate.severity_counts(clean)),
            "toxic_share": curate.toxic_share(clean),
            "blocked": curate.blocked_count(clean),
        }

    def _tell(self) -> Callable[[int], None]:
        """Logs every few seconds how many rows are done."""
        last = time.monotonic()

        def tell(done: int) -> None:
            nonlocal last
            if time.monotonic() - last > SECONDS_BETWEEN_LINES:
                last = time.monotonic()
                self.log.info(f"{self.source}: {done:,} of {self.raw.rows:,} rows cleaned")

        return tell


def _earlier(storage: Storage, source: str, conditions: dict[str, str]) -> curate.Earlier | None:
    """The rows of the last cleaning, if they are whole and were made under the same conditions."""
    folder = _whole(storage, source)
    if folder is None or any(folder.manifest.inputs.get(name) != value for name, value in conditions.items()):
        return None
    notes = read_notes(folder.path / folder.manifest.files[0].name)
    if CLOSINGS not in notes:
        return None
    home = home_key(storage.result_prefix("clean_conversations", source), folder.manifest)
    rows = frame_over(storage.settings, [Shards(home, folder.manifest.files)], CLEAN.arrow)
    return curate.Earlier(rows, frozenset(int(digest, 16) for digest in notes[CLOSINGS].split()))


def _whole(storage: Storage, source: str) -> Folder | None:
    try:
        return open_folder(storage.store, storage.result_prefix("clean_conversations", source))
    except VerificationFailed:
        return None
