"""`bench evaluate`: replies beside a plain loop, log-likelihoods beside lm-evaluation-harness."""

import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from dataset_platform.bench import evaluating_contestants
from dataset_platform.bench.contestant import Case, Contestant, Facts, Outcome, Task
from dataset_platform.bench.findings import at_least, find, ratio
from dataset_platform.bench.machine import this_machine
from dataset_platform.bench.race import chosen, race
from dataset_platform.bench.report import Report
from dataset_platform.evaluation.harness_tasks import heldout_row
from dataset_platform.progress import Progress
from dataset_platform.samples.banks import topics
from dataset_platform.samples.dialogue import counselling
from dataset_platform.training import load_tokenizer, prepare_base_model
from dataset_platform.training.rows import Conversation

SCRIPT = Path(evaluating_contestants.__file__)
REPLIES, SCORES = "replies", "log-likelihood"
PACKAGES = ("torch", "transformers")


def evaluating_report(
    folder: Path,
    n: int,
    tokens: int,
    rounds: int,
    only: Sequence[str],
    peers: Path | None,
    progress: Progress,
) -> Report:
    """Races the contestants on contexts of the sample sources, with the packaged base model."""
    competing = chosen(contestants(peers), only)
    model = prepare_base_model(folder.parent)
    path = _rows(folder, n, model)
    task = {"model": str(model), "input": str(path), "tokens": str(tokens)}
    cases = [
        Case(one, _workload(one), task, path.stat().st_size, _found, environment={"HF_HUB_OFFLINE": "1"})
        for one in competing
    ]
    machine = this_machine()
    outcomes = race(cases, rounds, folder / "work", progress)
    about = [
        f"{n} contexts of the sample sources with their replies; {tokens} tokens a reply at most, greedy",
        "SmolLM2-135M-Instruct in float32; models are loaded before the clock starts",
    ]
    return Report("evaluate", machine, rounds, outcomes, about, findings(outcomes))


def contestants(peers: Path | None = None) -> list[Contestant]:
    """Ours, the plain loop and the harness in the peers' Python."""
    harness = ("lm-eval", *PACKAGES)
    return [
        Contestant("ours, replies", SCRIPT, "ours_replies", PACKAGES, ours=True),
        Contestant("transformers loop", SCRIPT, "plain_replies", PACKAGES),
        Contestant("transformers loop, batch 8", SCRIPT, "batched_replies", PACKAGES),
        Contestant("ours, scores", SCRIPT, "ours_scores", PACKAGES, ours=True),
        Contestant("lm-eval", SCRIPT, "lm_eval_scores", harness, peers or Path(sys.executable)),
    ]


def findings(outcomes: Sequence[Outcome]) -> list[str]:
    ours = find(outcomes, "ours, replies", REPLIES)
    loop = ratio(find(outcomes, "transformers loop", REPLIES), ours, "reply")
    harness = ratio(find(outcomes, "lm-eval", SCORES), find(outcomes, "ours, scores", SCORES), "score")
    return [
        *at_least("transformers loop : ours, seconds", loop, 2),
        *at_least("lm-eval : ours, seconds", harness, 1.6),
    ]


def _workload(contestant: Contestant) -> str:
    return REPLIES if contestant.function.endswith("replies") else SCORES


def _rows(folder: Path, n: int, model: Path) -> Path:
    """Contexts and replies of so many sample conversations, kept in the folder."""
    tokenizer = load_tokenizer(model)
    rows = [heldout_row(conversation, tokenizer) for conversation in _conversations(n)]
    path = folder / "evaluate.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([row for row in rows if row]), encoding="utf-8")
    return path


def _conversations(n: int) -> Iterator[Conversation]:
    """Sample conversations of one to six exchanges, always the same."""
    rng = random.Random(9)
    for number in range(n):
        talk = counselling(rng.choice(topics()), rng.randint(1, 6), rng)
        messages = [{"role": turn.role.value, "content": turn.content} for turn in talk.turns]
        yield Conversation(str(number), "foundation", messages)


def _found(task: Task) -> Facts:
    found = json.loads(Path(task["out"], "found.json").read_text())
    return {name: f"{value:,.3f}" if isinstance(value, float) else value for name, value in found.items()}
