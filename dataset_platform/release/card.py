"""The dataset card: what the release holds, measured on the Parquet file that was written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from huggingface_hub import DatasetCard, DatasetCardData

from dataset_platform.release.compact import compact
from dataset_platform.release.files import CONFIG_LOCK, CROISSANT, ReleaseFiles
from dataset_platform.release.grouping import NO_GROUP
from dataset_platform.release.manifest import CANARIES, split_shares
from dataset_platform.release.plan import Accounts, Plan
from dataset_platform.release.rows import parquet_path
from dataset_platform.release.shards import REPETITIVE
from dataset_platform.release.spec import ReleaseSpec
from dataset_platform.schemas import RELEASE, Split, Stage

TEMPLATE = Path(__file__).parent / "templates" / "card.md.j2"
SIZE_STEPS = ("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B")
ARROW_TO_HUB = {"string": "string", "int32": "int32", "int64": "int64", "double": "float64", "bool": "bool"}
BATCH_ROWS = 32_768
MEASURED = (
    "split", "source", "stage", "license", "language", "n_turns", "n_chars", "flags", "redactions",
    "text_sha256", "cluster_id", "split_group", "quality",
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """Columns of an exported dataset that are no text, digests as bytes, and what is counted from them."""

    rows: pl.DataFrame

    @property
    def n_rows(self) -> int:
        return self.rows.height

    @cached_property
    def conversations(self) -> pl.DataFrame:
        """Rows that came from a source: all but canaries."""
        return self.rows.filter(pl.col("source") != CANARIES)

    @cached_property
    def licenses(self) -> list[str]:
        return self.rows["license"].unique().sort().to_list()

    @cached_property
    def languages(self) -> list[str]:
        return [code for code in self.rows["language"].unique().sort().to_list() if code != "und"]

    @cached_property
    def sources(self) -> list[dict[str, Any]]:
        """Rows by source, stage and licence."""
        keys = ["source", "stage", "license"]
        return self.conversations.group_by(keys).agg(rows=pl.len()).sort(keys).to_dicts()

    @cached_property
    def lengths(self) -> list[dict[str, Any]]:
        """Rows, turns and characters by stage, in the order of the stages."""
        by_stage = self.conversations.group_by("stage").agg(
            rows=pl.len(),
            turns=pl.col("n_turns").sum(),
            turns_median=pl.col("n_turns").median(),
            chars=pl.col("n_chars").sum(),
            chars_median=pl.col("n_chars").median(),
            chars_p95=pl.col("n_chars").quantile(0.95, interpolation="nearest"),
        )
        found = {row["stage"]: row for row in by_stage.to_dicts()}
        return [found[stage.value] for stage in Stage if stage.value in found]

    @cached_property
    def splits(self) -> dict[str, int]:
        counts = dict(self.rows.group_by("split").len().iter_rows())
        return {split.value: counts.get(split.value, 0) for split in Split}

    @cached_property
    def straddling(self) -> dict[str, int]:
        """Texts, duplicate clusters and groups that stand in more than one split, each counted by itself."""
        found = {}
        for what, column in (("texts", "text_sha256"), ("clusters", "cluster_id"), ("groups", "split_group")):
            rows = self.rows.select(column, "split").filter(pl.col(column) != NO_GROUP)
            found[what] = _in_two([of_split[column] for of_split in rows.partition_by("split")])
        return found

    @cached_property
    def flags(self) -> list[dict[str, Any]]:
        """Rows by flag."""
        flags = self.rows.filter(pl.col("flags").list.len() > 0).select(flag=pl.col("flags")).explode("flag")
        return flags.group_by("flag").agg(rows=pl.len()).sort("flag").to_dicts()

    @cached_property
    def redactions(self) -> list[dict[str, Any]]:
        """Masks by kind of private data."""
        masked = self.rows.filter(pl.col("redactions").list.len() > 0).select("redactions")
        masks = masked.explode("redactions").unnest("redactions")
        return masks.group_by("kind").agg(masks=pl.col("count").sum()).sort("kind").to_dicts()


def _in_two(series: Sequence[pl.Series]) -> int:
    """Values that stand in two of the series or more."""
    series = sorted(series, key=len)
    shared = [larger.filter(larger.is_in(smaller.implode())) for smaller, larger in combinations(series, 2)]
    return pl.concat(shared).n_unique() if shared else 0


def measure(folder: Path, version: str) -> Facts:
    """Facts about the rows in a release folder, read from its Parquet files."""
    shards = sorted(parquet_path(folder, version).iterdir())
    return Facts(compact(batch for shard in shards for batch in _batches(shard)))


def _batches(shard: Path) -> Iterator[pa.RecordBatch]:
    # As they are stored, columns of few values come as categories.
    with pq.ParquetFile(shard, read_dictionary=[name for name in MEASURED if name in REPETITIVE]) as file:
        yield from file.iter_batches(BATCH_ROWS, columns=list(MEASURED))


def render(spec: ReleaseSpec, plan: Plan, accounts: Accounts, facts: Facts, files: ReleaseFiles) -> str:
    """The card as Markdown with front matter for the Hugging Face Hub."""
    front_matter = DatasetCardData(
        language=facts.languages or None,
        license=hub_licenses(facts.licenses),
        size_categories=[size_category(facts.n_rows)],
        task_categories=["text-generation"],
        pretty_name=f"Therapeutic conversations {spec.version}",
        configs=[{"config_name": "default", "data_files": data_files(facts, files)}],
        dataset_info={"config_name": "default", "features": hub_features(RELEASE.arrow)},
    )
    rendered = DatasetCard.from_template(
        front_matter,
        template_path=str(TEMPLATE),
        spec=spec,
        facts=facts,
        files=files,
        strictest=plan.terms,
        citation=citation(spec, facts, files),
        config_lock=CONFIG_LOCK,
        croissant=CROISSANT,
        quotas=(*plan.stages, *plan.sources),
        splits=split_shares(facts.splits, spec.splits),
        most_together=plan.most_together,
        ledger=accounts.lines,
        reasons=accounts.reasons,
        columns=RELEASE.columns,
        canaries=CANARIES,
    )
    return str(rendered).rstrip() + "\n"


def citation(spec: ReleaseSpec, facts: Facts, files: ReleaseFiles) -> str:
    """BibTeX; whoever publishes the release adds an author and a year, which would not be the same twice."""
    return (
        f"@misc{{therapeutic-conversations-{spec.version},\n"
        f"  title = {{Therapeutic conversations}},\n"
        f"  version = {{{spec.version}}},\n"
        f"  note = {{{facts.n_rows} conversations; the SHA-256 of {files.manifest} says which bytes}}\n"
        "}"
    )


def data_files(facts: Facts, files: ReleaseFiles) -> list[dict[str, str]]:
    """The files of each split that has rows: loaders refuse a split without any."""
    return [
        {"split": split, "path": f"{files.parquet}/{split}-*.parquet"}
        for split, rows in facts.splits.items()
        if rows
    ]


def size_category(rows: int) -> str:
    """The Hub's name for a number of rows."""
    limits = [1_000 * 10**step for step in range(len(SIZE_STEPS) - 1)]
    return SIZE_STEPS[sum(rows >= limit for limit in limits)]


def hub_licenses(stated: list[str]) -> str | list[str] | None:
    """Licences as Hub identifiers, which are SPDX's in lower case; `other` where one is not an identifier."""
    names = sorted({name.lower() if " " not in name else "other" for name in stated})
    return names[0] if len(names) == 1 else names or None


def hub_features(schema: pa.Schema) -> list[dict[str, Any]]:
    """A schema as `dataset_info.features`, so that loaders need not infer it."""
    return [{"name": field.name, **_hub_type(field.type)} for field in schema]


def _hub_type(type_: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(type_):
        inner = _hub_type(type_.value_type)
        return {"list": inner["dtype"] if "dtype" in inner else inner["struct"]}
    if pa.types.is_struct(type_):
        return {"struct": [{"name": field.name, **_hub_type(field.type)} for field in type_]}
    return {"dtype": ARROW_TO_HUB[str(type_)]}
