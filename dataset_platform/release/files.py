"""Every name of a file in a release folder, and nothing else.

v1.0.0/
├── dataset_v1.0.0.jsonl/     rows as JSON lines                      ┐
│   ├── train-00001-of-00002.jsonl                                     │
│   └── …                     shards of each split that has rows      │
├── dataset_v1.0.0.parquet/   the same rows as Parquet                │ listed in the manifest
├── ledger_v1.0.0.parquet     the fate of every record                │
├── config_lock.json          what the release is made from           │
├── README.md                 Hugging Face dataset card               │
├── croissant.json            Croissant description                   ┘
├── manifest_v1.0.0.json      written last; without it there is no release
├── manifest_v1.0.0.json.sig  who vouches for the manifest, where a key is set; it cannot list its signature
├── qa_report_v1.0.0.*        ┐ attached later by other steps; they name the
├── eval_report_v1.0.0.*      ┘ manifest's SHA-256, so the manifest cannot list them
└── review_queue_v1.0.0.*     rows that a person should see, attached with the QA report
"""

from dataclasses import dataclass

from dataset_platform.schemas import Split

CONFIG_LOCK = "config_lock.json"
CARD = "README.md"
CROISSANT = "croissant.json"
REPORT_SUFFIXES = ("json", "md", "html")
QUEUE_SUFFIXES = ("csv", "parquet")


@dataclass(frozen=True)
class ReleaseFiles:
    """Names of the files of one version, relative to its folder."""

    version: str

    @property
    def folder(self) -> str:
        return f"v{self.version}"

    @property
    def jsonl(self) -> str:
        """A folder, as of `parquet`."""
        return f"dataset_v{self.version}.jsonl"

    @property
    def parquet(self) -> str:
        """A folder that pandas, polars and Arrow open under this name as one table."""
        return f"dataset_v{self.version}.parquet"

    @property
    def ledger(self) -> str:
        return f"ledger_v{self.version}.parquet"

    @property
    def manifest(self) -> str:
        return f"manifest_v{self.version}.json"

    @property
    def signature(self) -> str:
        return f"{self.manifest}.sig"

    def holds_rows(self, name: str) -> bool:
        """Whether a file is a shard of the dataset; the release's `dataset_hash` covers these."""
        return name.startswith(f"{self.jsonl}/") or self.is_parquet_shard(name)

    def is_parquet_shard(self, name: str) -> bool:
        return name.startswith(f"{self.parquet}/")

    @property
    def about_rows(self) -> tuple[str, ...]:
        """What the manifest lists beside the shards, in the order in which it is written."""
        return (self.ledger, CONFIG_LOCK, CARD, CROISSANT)

    @property
    def qa_reports(self) -> tuple[str, ...]:
        return tuple(f"qa_report_v{self.version}.{suffix}" for suffix in REPORT_SUFFIXES)

    @property
    def eval_reports(self) -> tuple[str, ...]:
        return tuple(f"eval_report_v{self.version}.{suffix}" for suffix in REPORT_SUFFIXES)

    @property
    def eval_replies(self) -> str:
        """What the models of the eval report said; beside the checkpoint only."""
        return f"eval_report_v{self.version}_replies.parquet"

    @property
    def review_queue(self) -> tuple[str, ...]:
        return tuple(f"review_queue_v{self.version}.{suffix}" for suffix in QUEUE_SUFFIXES)

    @property
    def reports(self) -> tuple[str, ...]:
        """What other steps lay beside a finished release and what cites its manifest."""
        return (*self.qa_reports, *self.eval_reports)

    @property
    def attachments(self) -> tuple[str, ...]:
        """Everything that other steps may lay beside a finished release."""
        return (*self.reports, *self.review_queue)


def shard_name(split: Split, number: int, count: int, suffix: str) -> str:
    """The name of one of a split's shards, numbered from 1, as Hugging Face's loaders know it."""
    return f"{split}-{number:05}-of-{count:05}.{suffix}"


MANIFEST_PATTERN = "manifest_v*.json"


def version_of_manifest(name: str) -> str:
    """The version in a manifest's file name."""
    return name.removeprefix("manifest_v").removesuffix(".json")
