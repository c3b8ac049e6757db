"""Where every record went before a release: read, quarantined, filtered, duplicate, or available."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import daft
from daft import col, lit

from dataset_platform.schemas import Match

PLACE = ("origin_file", "origin_position")


@dataclass(frozen=True)
class SourceAccount:
    """Records of one source; `read` is the sum of the other four."""

    source: str
    read: int
    quarantined: int
    filtered: int
    duplicates: int
    available: int


@dataclass(frozen=True)
class Accounts:
    """One account a source, sorted by name, and every way in which they do not close."""

    sources: tuple[SourceAccount, ...]
    findings: tuple[str, ...]

    def rows(self) -> list[dict[str, str | int]]:
        return [asdict(source) for source in self.sources]


def account(
    raw: daft.DataFrame,
    quarantine: daft.DataFrame,
    clean: daft.DataFrame,
    decisions: daft.DataFrame,
    clusters: daft.DataFrame,
) -> Accounts:
    """Accounts of all sources, from what the steps stored.

    They close when the positions of each file are 0, 1, 2 … with each one
    either in `raw` or in `quarantine`, `clean` and `decisions` have the places of
    `raw`, and every place in `clusters` was decided to be fit, with one kept member
    a cluster. Only places, ids and codes are grouped or joined, never text.
    """
    raw, quarantine = raw.select("source", *PLACE), quarantine.select("source", *PLACE)
    cleaned, decided = clean.select(*PLACE), decisions.select(*PLACE)
    fit = decisions.where(col("drop_reason").is_null()).select(*PLACE)
    clusters = clusters.select("source", *PLACE, "cluster_id", "match").collect()
    findings = [
        *_gaps_in_positions(raw.concat(quarantine)),
        *_missing(raw, cleaned, "read but not cleaned"),
        *_missing(cleaned, raw, "cleaned but never read"),
        *_missing(cleaned, decided, "cleaned but not decided on"),
        *_missing(decided, cleaned, "decided on but never cleaned"),
        *_missing(clusters, fit, "in a duplicate cluster but not fit for a release"),
        *_clusters_without_one_kept_member(clusters),
    ]
    return Accounts(tuple(_sums(raw, quarantine, decisions, clusters)), tuple(findings))


def _sums(
    raw: daft.DataFrame, quarantine: daft.DataFrame, decisions: daft.DataFrame, clusters: daft.DataFrame
) -> Iterator[SourceAccount]:
    records, quarantined = _count(raw), _count(quarantine)
    filtered = _count(decisions.where(col("drop_reason").not_null()))
    duplicates = _count(clusters.where(col("match") != lit(Match.KEPT.value)))
    for source in sorted(records.keys() | quarantined.keys()):
        lost = filtered.get(source, 0) + duplicates.get(source, 0)
        yield SourceAccount(
            source=source,
            read=records.get(source, 0) + quarantined.get(source, 0),
            quarantined=quarantined.get(source, 0),
            filtered=filtered.get(source, 0),
            duplicates=duplicates.get(source, 0),
            available=records.get(source, 0) - lost,
        )


def _count(frame: daft.DataFrame) -> dict[str, int]:
    counted = frame.groupby("source").agg(col("origin_position").count("all").alias("rows")).to_pydict()
    return dict(zip(counted["source"], counted["rows"], strict=True))


def _gaps_in_positions(places: daft.DataFrame) -> Iterator[str]:
    position = col("origin_position")
    files = (
        places.groupby("origin_file")
        .agg(
            position.count("all").alias("rows"),
            position.count_distinct().alias("distinct"),
            position.min().alias("first"),
            position.max().alias("last"),
        )
        .where(
            (col("rows") != col("distinct"))
            | (col("first") != lit(0))
            | (col("last") + lit(1) != col("rows"))
        )
        .sort("origin_file")
        .to_pylist()
    )
    for file in files:
        yield (
            f"{file['origin_file']}: {file['rows']} rows at {file['distinct']} positions from "
            f"{file['first']} to {file['last']}; each position from 0 must occur once"
        )


def _missing(places: daft.DataFrame, among: daft.DataFrame, what: str) -> Iterator[str]:
    lost = places.join(among, on=list(PLACE), how="anti").select(*PLACE).sort(list(PLACE)).to_pylist()
    if lost:
        examples = ", ".join(f"{row['origin_file']}#{row['origin_position']}" for row in lost[:5])
        yield f"{len(lost)} records {what}: {examples}"


def _clusters_without_one_kept_member(clusters: daft.DataFrame) -> Iterator[str]:
    kept = (col("match") == lit(Match.KEPT.value)).cast(daft.DataType.int64())
    wrong = (
        clusters.with_column("kept", kept)
        .groupby("cluster_id")
        .agg(col("kept").sum())
        .where(col("kept") != lit(1))
        .count_rows()
    )
    if wrong:
        yield f"{wrong} duplicate clusters without exactly one kept member"
