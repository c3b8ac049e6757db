"""Every name of a file in a release folder, and nothing else.

v1.0.0/
├── dataset_v1.0.0.jsonl      rows as JSON lines            ┐
├── dataset_v1.0.0.parquet    the same rows as Parquet      │
├── ledger_v1.0.0.parquet     the fate of every record      │ listed in the manifest
├── config_lock.json          what the release is made from │
├── README.md                 Hugging Face dataset card     │
├── croissant.json            Croissant description         ┘
├── manifest_v1.0.0.json      written last; without it there is no release
├── manifest_v1.0.0.json.sig  who vouches for the manifest, where a key is set; it cannot list its signature
├── qa_report_v1.0.0.*        ┐ attached later by other steps; they name the
└── eval_report_v1.0.0.*      ┘ manifest's SHA-256, so the manifest cannot list them
"""

from dataclasses import dataclass

CONFIG_LOCK = "config_lock.json"
CARD = "README.md"
CROISSANT = "croissant.json"
REPORT_SUFFIXES = ("json", "md", "html")


@dataclass(frozen=True)
class ReleaseFiles:
    """Names of the files of one version, relative to its folder."""

    version: str

    @property
    def folder(self) -> str:
        return f"v{self.version}"

    @property
    def jsonl(self) -> str:
        return f"dataset_v{self.version}.jsonl"

    @property
    def parquet(self) -> str:
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

    @property
    def dataset(self) -> tuple[str, ...]:
        """The files that hold rows; the release's `dataset_hash` covers these."""
        return (self.jsonl, self.parquet)

    @property
    def listed(self) -> tuple[str, ...]:
        """What the manifest lists, in the order in which it is written."""
        return (*self.dataset, self.ledger, CONFIG_LOCK, CARD, CROISSANT)

    @property
    def qa_reports(self) -> tuple[str, ...]:
        return tuple(f"qa_report_v{self.version}.{suffix}" for suffix in REPORT_SUFFIXES)

    @property
    def eval_reports(self) -> tuple[str, ...]:
        return tuple(f"eval_report_v{self.version}.{suffix}" for suffix in REPORT_SUFFIXES)

    @property
    def attachments(self) -> tuple[str, ...]:
        """What other steps may lay beside a finished release."""
        return (*self.qa_reports, *self.eval_reports)


MANIFEST_PATTERN = "manifest_v*.json"


def version_of_manifest(name: str) -> str:
    """The version in a manifest's file name."""
    return name.removeprefix("manifest_v").removesuffix(".json")
