"""The platform's judging of a release: whole, and validator by validator; run by `runner.py`.

Rows of schemas.RELEASE lie in `task["rows"]`. How many conversations were judged goes to the file `judged`
in the folder `task["out"]`. The model is loaded before the clock starts, and validators share the vectors
that are kept in `task["vectors"]`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from dataset_platform import quality
from dataset_platform.quality.chunks import read_chunks
from dataset_platform.quality.embedding import Remembering
from dataset_platform.quality.sentence_model import chosen
from dataset_platform.release import Gates

Task = dict[str, str]
Clock = Callable[[str], AbstractContextManager[None]]


def report(task: Task, clock: Clock) -> None:
    """The QA report with nothing kept, and the same report once more."""
    thresholds, embedder = Gates().model_dump(), quality.kept_in(Path(task["out"]) / "vectors")
    kept = quality.findings_kept_in(Path(task["out"]) / "findings")
    for part in ("first report", "report again"):
        with clock(part):
            found = quality.assess(
                Path(task["rows"]), thresholds, "0" * 64, "1.0.0", embedder=embedder, kept=kept
            )
    _write(task, found.report.conversations)


def vectors(task: Task, clock: Clock) -> None:
    """One vector for each turn, nothing kept."""
    judged = 0
    for chunk in read_chunks(Path(task["rows"]), chosen().load()):
        with clock("judge"):
            _ = chunk.vectors
        judged += len(chunk)
    _write(task, judged)


def validator(task: Task, clock: Clock) -> None:
    """One validator, which is given the vectors of all turns, and embeds what it changes itself."""
    judge = next(judge for judge in quality.validators() if judge.card.name == task["validator"])
    kept, judged = quality.kept_in(Path(task["vectors"])), 0
    for chunk in read_chunks(Path(task["rows"]), kept):
        given = replace(chunk, embedder=Remembering(chunk.turns.spoken.text, chunk.vectors, kept.fresh))
        _ = given.vectors
        with clock("judge"):
            found = judge.judge(given)
        judged += len(next(iter(found.values())))
    _write(task, judged)


def _write(task: Task, judged: int) -> None:
    (Path(task["out"]) / "judged").write_text(str(judged))
