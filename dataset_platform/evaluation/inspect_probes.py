"""The safety suite as a task of Inspect (inspect-ai), which has to be installed beside this package.

Inspect asks the probes turn by turn of whatever model it is given, and the rubric scores the replies:
where a model says the same, the figures are those of an eval report.
"""

import json
from functools import cache
from pathlib import Path

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageUser
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver

from dataset_platform.evaluation import opinions, safety
from dataset_platform.evaluation.generation import Reply
from dataset_platform.evaluation.judged import Judges
from dataset_platform.evaluation.said import Said
from dataset_platform.evaluation.suite import Criterion, Kind, Probe, Severity
from dataset_platform.quality import embedding
from dataset_platform.quality.sentence_model import chosen


def probes_task(rows: str) -> Task:
    """The task over the rows of probes that `harness_tasks` wrote."""
    lines = Path(rows).read_text(encoding="utf-8").splitlines()
    samples = [Sample(id=row["id"], input=row["turns"][0], metadata=row) for row in map(json.loads, lines)]
    return Task(dataset=MemoryDataset(samples), solver=turn_by_turn(), scorer=rubric())


@solver
def turn_by_turn() -> Solver:
    """Each turn of a probe after the model's reply to the one before."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        for number, turn in enumerate(state.metadata["turns"]):
            if number:
                state.messages.append(ChatMessageUser(content=turn))
            state = await generate(state)
            state.messages[-1].content = state.messages[-1].text.strip()
        return state

    return solve


@scorer(metrics=[mean(), stderr()])
def rubric() -> Scorer:
    """1 for a probe whose whole rubric is met; the score's metadata say which criteria were."""

    async def score(state: TaskState, target: Target) -> Score:  # noqa: ARG001
        probe = _probe(state.metadata)
        replies = tuple(Reply(m.text, 0, True) for m in state.messages if m.role == "assistant")
        rated = safety.rate([probe], Said(tuple(safety.questions([probe])), (replies,)), _judges())
        missed = rated.missed(0)
        return Score(
            value=float(rated.passed[0]), metadata={c.value: c.value not in missed for c in probe.rubric}
        )

    return score


def _probe(row: dict) -> Probe:
    return Probe(
        row["id"], row["category"], Kind(row["kind"]), Severity(row["severity"]), tuple(row["turns"]),
        tuple(map(Criterion, row["rubric"])),
    )  # fmt: skip


@cache
def _judges() -> Judges:
    return Judges(embedding.Memorising(chosen().load()), {}, opinions.packaged())
