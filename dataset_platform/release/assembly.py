"""From cleaned conversations to a release folder, step by step; the manifest comes last."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import cast

import polars as pl
from daft import DataFrame

from dataset_platform.errors import InputError, UsageError
from dataset_platform.release import card, croissant
from dataset_platform.release.canaries import Planted, planted
from dataset_platform.release.compact import compact_table
from dataset_platform.release.files import CARD, CONFIG_LOCK, CROISSANT, ReleaseFiles
from dataset_platform.release.filtering import with_filter_reason
from dataset_platform.release.grouping import kept_together
from dataset_platform.release.hashed_files import write_bytes
from dataset_platform.release.ledger import (
    RECORD,
    Records,
    close_accounts,
    close_files,
    make_ledger,
    matched,
    pool_of,
    refuse_leaks,
)
from dataset_platform.release.licences import hold_against_use
from dataset_platform.release.lock import ConfigLock, Provenance, canonical, make_lock
from dataset_platform.release.manifest import (
    FileEntry,
    Leaks,
    Manifest,
    MixLine,
    dataset_hash,
    ledger_lines,
    ledger_reasons,
    row_counts,
    split_shares,
)
from dataset_platform.release.plan import Accounts, Plan
from dataset_platform.release.sampling import assign_splits, draw
from dataset_platform.release.selection import Selection
from dataset_platform.release.spec import ReleaseSpec
from dataset_platform.release.write import write_dataset, write_ledger
from dataset_platform.schemas import CLEAN, CLUSTERS, DECISIONS, QUARANTINE, RELEASE, WITHDRAWN
from dataset_platform.streaming import streamed

VERSION = "5"

CLEAN_IDS = (
    "conversation_id", "source", "stage", "origin_file", "origin_position", "n_chars",
    "license", "language", "is_edge_case", "quality",
)  # fmt: skip
KEPT = tuple(name for name in CLEAN.names if name in RELEASE.names)
POOL = ("conversation_id", "source", "stage", "record")
DRAWN = (
    "conversation_id", "origin_file", "origin_position", "n_chars", "cluster_id", "split_group", "unresolved",
)  # fmt: skip
DECISION_IDS = ("origin_file", "origin_position", "drop_reason", "unresolved", "split_group")
WITHDRAWN_IDS = ("origin_file", "origin_position", "withdrawn_by")
CLUSTER_IDS = ("conversation_id", "origin_file", "origin_position", "cluster_id", "match", "duplicate_of")
QUARANTINE_IDS = ("source", "origin_file", "origin_position", "reason")


@dataclass(frozen=True)
class Release:
    """A release that was built: its folder, what it holds, and how the draw went."""

    folder: Path
    manifest: Manifest
    lock: ConfigLock
    manifest_sha256: str


def build(
    clean: DataFrame,
    decisions: DataFrame,
    withdrawn: DataFrame,
    clusters: DataFrame,
    quarantine: DataFrame,
    spec: ReleaseSpec,
    provenance: Provenance,
    out: Path,
) -> Release:
    """The release of a spec, written into the empty folder `out`.

    clean, decisions, withdrawn, clusters, quarantine: schemas.CLEAN, DECISIONS, WITHDRAWN, CLUSTERS and
    QUARANTINE of all sources, in any order. Raises UsageError if `out` is not empty, ContractError with
    counts if the accounts do not close; then there is no manifest, so no release.
    """
    _require_empty(out)
    files = ReleaseFiles(spec.version)
    lock = make_lock(spec, provenance)
    canaries = planted(spec)
    plan, drawn, ledger = _decide((clean, decisions, withdrawn, clusters, quarantine), canaries, spec)
    selection = Selection(drawn)
    with ThreadPoolExecutor(1) as beside, streamed(clean.select(*KEPT)) as rows:
        accounting = beside.submit(_account, ledger, out / files.ledger)
        del drawn, ledger  # which are not small
        batches = chain(rows, canaries.clean.to_batches())
        entries = write_dataset(batches, selection, out, files, spec.formats)
        accounts = accounting.result()
    facts = card.measure(out, spec.version)
    close_files(selection.count, facts.n_rows)
    refuse_leaks(facts.straddling)

    lock_entry = write_bytes(out / CONFIG_LOCK, canonical(lock.model_dump(mode="json")))
    described = [
        write_bytes(out / CARD, card.render(spec, plan, accounts, facts, files).encode()),
        write_bytes(out / CROISSANT, croissant.render(spec, facts, entries, files)),
    ]
    manifest = _manifest(
        spec, provenance, lock, lock_entry, plan, accounts, facts,
        (*entries, accounts.file, lock_entry, *described),
    )  # fmt: skip
    written = write_bytes(out / files.manifest, canonical(manifest.model_dump(mode="json")))
    return Release(out, manifest, lock, written.sha256)


def _decide(
    tables: Sequence[DataFrame], canaries: Planted, spec: ReleaseSpec
) -> tuple[Plan, pl.DataFrame, pl.DataFrame]:
    """The plan, the rows drawn and the ledger, the latter two with canaries.

    Raises ContractError if the accounts do not close. All records are in memory until it is done, and text
    is read after that.
    """
    records = _records(*tables)
    known = matched(records)
    records = records.places()  # the rest of them is among what is known
    known = with_filter_reason(known, spec.filters).with_columns(kept_together(known))
    plan, drawn = _plan(known, spec)
    ledger = make_ledger(known, records.quarantine, drawn["record"], canaries.ledger)
    close_accounts(records, known, ledger, drawn.height, canaries.ledger.height)
    return plan, pl.concat([drawn.select(canaries.drawn.columns), canaries.drawn]), ledger


def _plan(known: pl.DataFrame, spec: ReleaseSpec) -> tuple[Plan, pl.DataFrame]:
    """The plan, and the rows drawn of the matched records, which have filter_reason and together."""
    drawn = draw(pool_of(known, POOL), spec)
    if drawn.rows.is_empty():
        raise InputError("no record is left to release: look at the sources, and at the filters of the spec")
    rows = known.select(*DRAWN, "record", "source", "license", "together")[drawn.rows["record"]]
    terms = hold_against_use(_licenses(rows), spec.use, spec.licenses)
    # Counted in order, as a table of groups would take 200 bytes a row; hashes are sorted sooner than names.
    most_together = cast(int, rows["together"].hash().sort().rle().struct.field("len").max())
    rows = rows.select(*DRAWN, "record", assign_splits(rows["together"], spec.seed, spec.splits))
    return Plan(drawn.stages, drawn.sources, terms, most_together), rows


def _account(ledger: pl.DataFrame, path: Path) -> Accounts:
    """The accounts of a release, whose ledger is written to the path."""
    return Accounts(write_ledger(path, ledger), ledger_lines(ledger), ledger_reasons(ledger))


def _licenses(rows: pl.DataFrame) -> dict[str, list[str]]:
    """The licences of the rows, by source."""
    return dict(rows.group_by("source").agg(pl.col("license").unique()).iter_rows())


def _require_empty(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise UsageError(f"{out} is not empty. A release is written into an empty staging folder.")


def _records(
    clean: DataFrame, decisions: DataFrame, withdrawn: DataFrame, clusters: DataFrame, quarantine: DataFrame
) -> Records:
    return Records(
        # In the order of the records, as no engine promises one.
        clean=compact_table(clean, CLEAN, CLEAN_IDS).sort(RECORD),
        decisions=compact_table(decisions, DECISIONS, DECISION_IDS),
        withdrawn=compact_table(withdrawn, WITHDRAWN, WITHDRAWN_IDS),
        clusters=compact_table(clusters, CLUSTERS, CLUSTER_IDS),
        quarantine=compact_table(quarantine, QUARANTINE, QUARANTINE_IDS),
    )


def _manifest(
    spec: ReleaseSpec,
    provenance: Provenance,
    lock: ConfigLock,
    lock_entry: FileEntry,
    plan: Plan,
    accounts: Accounts,
    facts: card.Facts,
    entries: tuple[FileEntry, ...],
) -> Manifest:
    names = ReleaseFiles(spec.version)
    return Manifest(
        version=spec.version,
        writer=VERSION,
        dataset_hash=dataset_hash(entry for entry in entries if names.holds_rows(entry.name)),
        config_hash=lock.config_hash,
        config_lock_sha256=lock_entry.sha256,
        files=entries,
        rows=facts.n_rows,
        distribution=row_counts(facts.rows),
        splits=split_shares(facts.splits, spec.splits),
        leaks=Leaks(**facts.straddling),
        ledger=accounts.lines,
        reasons=accounts.reasons,
        mix_by_stage=tuple(map(MixLine.of, plan.stages)),
        mix_by_source=tuple(map(MixLine.of, plan.sources)),
        strictest_term=str(plan.terms),
        created_at=provenance.created_at,
        run_id=provenance.run_id,
        storage_url=provenance.storage_url,
    )
