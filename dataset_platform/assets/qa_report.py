"""qa_report: whether a release is good enough, by validators of known accuracy."""

from pathlib import Path
from typing import Any

import dagster as dg

from dataset_platform import quality, release
from dataset_platform.assets.dataset_export import exported_rows
from dataset_platform.assets.partitions import VERSIONS
from dataset_platform.assets.presentation import OWNERS, Holds, tags
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.presentation import picture, table
from dataset_platform.storage.work import Folder, Work, open_folder

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

    Scored by the project's trained heads where it has any. The files lie beside the release, whose card ends
    with the summary from then on. Each gate is a check of this asset.

    When it is red: open the HTML report; the gate table says which value misses which threshold, and in
    which sources. Mend the source or its cleaning and cut a new version.
    """
    version = context.partition_key
    manifest_sha256 = release.manifest_sha256(dataset_export.path)
    trained = open_folder(storage.store, storage.result_prefix("trained_heads", None))
    thresholds = release.read_lock(dataset_export.path).spec.gates.model_dump()

    def build(folder: Path) -> None:
        rows = exported_rows(storage, dataset_export, version)
        report = quality.assess(
            rows,
            thresholds,
            manifest_sha256=manifest_sha256,
            version=version,
            heads=quality.read_heads(trained.path) if trained else {},
            embedder=quality.kept_in(storage.settings.cache / "vectors"),
        )
        quality.write_report(report, folder)
        release.write_judged_card(dataset_export.path, quality.as_card_section(report), folder)

    return Work(
        inputs={
            "manifest": manifest_sha256,
            "quality": quality.VERSION,
            "accuracy": quality.packaged_digest(),
            "embedder": quality.embedder_version(),
            "heads": trained.digest if trained else "none",
        },
        build=build,
        describe=lambda folder: _facts(quality.read_report(folder, version)),
    )


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
