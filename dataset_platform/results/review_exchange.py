"""Reviews on the way: a release's queue to where people review it, and their decisions back."""

from collections.abc import Mapping
from pathlib import Path

from dataset_platform import curate, quality
from dataset_platform.display import Shown, counted
from dataset_platform.errors import InputError, UsageError, refusal
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import open_folder


def exported_reviews_result(
    storage: Storage, version: str, format_: quality.ReviewFormat, to: Path, overlap: int
) -> Shown:
    """Writes the review queue of a release as files that the format's tool takes."""
    judged = open_folder(storage.store, storage.result_prefix("qa_report", version))
    if judged is None:
        raise InputError(
            f"release {version} has no QA report yet; try `dataset-platform qa --version {version}`"
        )
    if to.is_dir() and any(to.iterdir()):
        raise UsageError(f"--to {to}: holds files already; name an empty folder, or one that is not there")
    entries = quality.read_queue(judged.path, version)
    paths = quality.lay_down(quality.exported(entries, format_, version, overlap), to)
    waiting = quality.read_report(judged.path, version).reviewing.waiting
    left_out = waiting - len(entries)
    return Shown(
        facts={"conversations": len(entries), "left_out": left_out, "files": [str(path) for path in paths]},
        closing=[
            *(str(path) for path in paths),
            f"{counted(len(entries), 'conversation')} to review, {left_out:,} left out by the queue's cap. "
            "These files hold text of conversations.",
        ],
    )


def imported_reviews_result(
    storage: Storage, file: Path, format_: quality.ReviewFormat, names: Mapping[str, str], replace: bool
) -> Shown:
    """Writes the decisions in an export of the format's tool as a review file, once all of them hold."""
    folder = storage.settings.reviews_dir
    try:
        answers, undecided = quality.imported(file.read_bytes(), file.name, format_, names)
    except OSError as error:
        raise InputError(refusal(error, file)) from None
    name = f"{format_}-{file.stem}.csv"
    contents = curate.file_contents(folder)
    if name in contents and not replace:
        raise UsageError(f"{folder / name} is there already; --replace takes this export in its place")
    if not answers:
        raise InputError(f"{file}: no decision in it; {counted(undecided, 'conversation')} have none yet")
    content = curate.review_file(quality.as_rows(answers))
    reviews = curate.reviews_in({**contents, name: content}, folder.name)
    quality.lay_down({name: content}, folder)
    agreements = [vars(agreement) for agreement in curate.agreements(reviews)]
    return Shown(
        facts={
            "file": str(folder / name),
            "decisions": len(answers),
            "undecided": undecided,
            "reviewers": sorted({answer.reviewer for answer in answers}),
            "conflicts": reviews.conflicts,
            "agreements": agreements,
        },
        tables={"Agreement of two reviewers (Cohen's kappa)": agreements} if agreements else {},
        closing=[
            f"{folder / name}: {counted(len(answers), 'decision')}; "
            f"{counted(undecided, 'conversation')} without one",
            "take them in with `dataset-platform sources clean`",
        ],
    )
