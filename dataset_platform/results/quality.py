"""Quality: the verdict on a release, and how far the validators can be trusted."""

from collections.abc import Sequence
from pathlib import Path

from dataset_platform import quality, release
from dataset_platform.display import Row, Shown, counted
from dataset_platform.errors import GateFailed, InputError
from dataset_platform.storage.io_managers import Storage, not_made
from dataset_platform.storage.work import open_folder


def calibration_result(labels: Path, conversations: Path, only: Sequence[str] = ()) -> Shown:
    """Measures every validator again, or only those named, and shows the table that reports quote."""
    calibration = quality.calibrate(labels, conversations, only=only)
    quality.write_calibration(calibration)
    rows: list[Row] = [
        {
            "validator": a.validator,
            "metric": a.metric,
            "target": a.target,
            "value": a.value,
            "n": a.n,
            "data": a.dataset,
        }
        for a in calibration.accuracies.entries
    ]
    return Shown(facts={"accuracies": rows}, tables={"Accuracy of the validators": rows})


def fitted_names_result(labels: Path, conversations: Path) -> Shown:
    """Fits the tagger of names again and writes it where masking reads it."""
    path = quality.fit_names(labels, conversations)
    return Shown(facts={"tagger": str(path)}, tables={}, closing=[f"tagger    {path}"])


def trained_heads_result(storage: Storage) -> Shown:
    """The heads that the project has trained, by their cards."""
    folder = open_folder(storage.store, storage.result_prefix("trained_heads", None))
    if folder is None:
        raise not_made("trained_heads", ["trained_heads"])
    rows: list[Row] = list(quality.head_cards(quality.read_heads(folder.path)))
    return Shown(facts={"heads": rows, "sha256": folder.digest}, tables={"Trained heads": rows})


def quality_result(storage: Storage, version: str) -> Shown:
    """The gates of the QA report with values, thresholds and validators' accuracy."""
    prefix = storage.release_prefix(version)
    files = release.ReleaseFiles(version)
    html = f"{prefix}/{files.qa_reports[-1]}"
    if not storage.store.exists(html):
        raise InputError(
            f"release {version} has no QA report yet; try `dataset-platform qa --version {version}`"
        )
    report = quality.read_report(storage.store.fetch(prefix), version)
    return Shown(
        facts={
            "passed": report.passed,
            "failed": report.failed,
            "not_measured": report.not_measured,
            "gates": [gate.model_dump(mode="json") for gate in report.gates],
            "qa_report": storage.store.url(html),
            "waiting": report.reviewing.waiting,
            "review_queue": [storage.store.url(f"{prefix}/{name}") for name in files.review_queue],
        },
        tables={"Quality gates": quality.brief_summary(report)},
        closing=[
            f"QA report    {storage.store.url(html)}",
            f"To review    {storage.store.url(f'{prefix}/{files.review_queue[0]}')} "
            f"({counted(report.reviewing.waiting, 'conversation')} wait)",
        ],
        failure=None if report.passed else GateFailed(f"release {version} fails {', '.join(report.failed)}"),
    )
