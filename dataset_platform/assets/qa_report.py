"""qa_report: whether a release is good enough, by validators of known accuracy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import daft
import dagster as dg

from dataset_platform import quality, release
from dataset_platform.assets.dataset_export import exported_rows
from dataset_platform.assets.partitions import VERSIONS
from dataset_platform.assets.presentation import OWNERS, Holds, tags
from dataset_platform.assets.reviewed import reviews_on
from dataset_platform.errors import InputError, VerificationFailed
from dataset_platform.lineage import published_releases
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.presentation import picture, table
from dataset_platform.storage.work import Folder, Work, open_folder, read_manifest

GATE_COLUMNS = ("gate", "value", "threshold", "verdict")


@dg.asset(
    partitions_def=VERSIONS,
    deps=["trained_heads"],
    group_name="4_quality",
    owners=OWNERS,
    tags=tags(Holds.FIGURES, alone=False),
    kinds={"json", "markdown", "html"},
    io_manager_key="qa_reports",
    code_version=quality.VERSION,
)
def qa_report(context: dg.AssetExecutionContext, storage: Storage, dataset_export: Folder) -> Work:
    """The release's quality against the gates of its spec, each figure with its validator's accuracy.

    Scored by the project's trained heads where it has any. The report also says what reviewers decided on the
    release until now, and what changed since the greatest lower version that was judged. The files lie beside
    the release, with the queue of conversations that a person should see; its card ends with the summary from
    then on. Each gate is a check of this asset.

    When it is red: open the HTML report; the gate table says which value misses which threshold, and in
    which sources. Mend the source or its cleaning and cut a new version.
    """
    version = context.partition_key
    manifest_sha256 = release.manifest_sha256(dataset_export.path)
    trained = open_folder(storage.store, storage.result_prefix("trained_heads", None))
    thresholds = release.read_lock(dataset_export.path).spec.gates.model_dump()

    rows = exported_rows(storage, dataset_export, version).where(
        daft.col("source") != daft.lit(release.CANARIES)
    )
    reviews = reviews_on(storage, rows)
    before = judged_before(storage, version)

    def build(folder: Path) -> None:
        heads = quality.read_heads(trained.path) if trained else {}
        cache = storage.settings.cache
        assessment = quality.assess(
            rows,
            thresholds,
            manifest_sha256=manifest_sha256,
            version=version,
            heads=heads,
            embedder=quality.kept_in(cache / "vectors"),
            kept=quality.findings_kept_in(cache / "findings", heads),
            reviews=reviews,
        )
        report = _compared(storage, assessment.report, before)
        quality.write_report(report, folder, quality.worst_examples(assessment.queue, rows))
        quality.write_queue(quality.queue_table(assessment.queue, rows), folder, version)
        release.write_judged_card(dataset_export.path, quality.as_card_section(report), folder)

    return Work(
        inputs={
            "manifest": manifest_sha256,
            "quality": quality.VERSION,
            "accuracy": quality.packaged_digest(),
            "embedder": quality.chosen_sentence_model().name,
            "heads": trained.digest if trained else "none",
            "reviews": reviews.record,
            "before": before.digest if before else "none",
        },
        build=build,
        describe=lambda folder: _facts(quality.read_report(folder, version)),
    )


@dataclass(frozen=True)
class JudgedBefore:
    """The greatest lower version that has a QA report, and the report's digest."""

    version: str
    digest: str


def judged_before(storage: Storage, version: str) -> JudgedBefore | None:
    """The version that a report is compared with; None where no lower one was judged."""
    known = (one.version for one in published_releases(storage))
    for one in release.earlier_versions(version, known):
        manifest = read_manifest(storage.store, storage.result_prefix("qa_report", one))
        if manifest:
            return JudgedBefore(one, manifest.digest)
    return None


def _compared(storage: Storage, report: quality.Report, before: JudgedBefore | None) -> quality.Report:
    """The report with what changed; an earlier one that cannot be read is no reason to judge no more."""
    if before is None:
        return report
    try:
        folder = open_folder(storage.store, storage.result_prefix("qa_report", before.version))
        known = quality.read_report(folder.path, before.version) if folder else None
    except (InputError, VerificationFailed):
        known = None
    if known is None:
        return quality.uncompared(
            report,
            f"the report of {before.version} is damaged or of another version of this program; "
            f"judge {before.version} again to compare",
        )
    return quality.compared(report, known)


def _facts(report: quality.Report) -> dict[str, Any]:
    """What the UI shows of a verdict; the checks have each gate's accuracy."""
    return {
        "verdict": "passed" if report.passed else f"failed: {', '.join(report.failed)}",
        "conversations": report.conversations,
        "gates": table([{name: row[name] for name in GATE_COLUMNS} for row in quality.brief_summary(report)]),
        **{
            f"plot: {histogram.title}": picture(
                quality.histogram_svg(histogram).encode(), "svg+xml", histogram.title
            )
            for histogram in report.distributions
        },
    }
