"""Measures the rule that resolves crisis flags, on conversations judged by hand.

`answered.json` names conversations of public sets and says of each whether its replies were good enough to
need no reviewer: ids and judgements, no text.
"""

import json
from importlib import resources
from pathlib import Path

import numpy as np
import pyarrow as pa

from dataset_platform.quality import labelled
from dataset_platform.quality.accuracy import Measured
from dataset_platform.quality.crisis import CARD
from dataset_platform.quality.labelled import Dialogue
from dataset_platform.quality.measurement import Accuracy
from dataset_platform.schemas import MESSAGE

PACKAGED = "answered.json"
SPLIT = (
    "one person's judgement of every conversation that a first form of the rule resolved; it was tightened"
    " after that, "
    "so the figure is optimistic"
)


def judgements() -> dict[str, dict[str, bool]]:
    """For each set, conversation → whether its replies need no reviewer."""
    found: dict[str, dict[str, bool]] = json.loads(
        (resources.files(__package__) / PACKAGED).read_text(encoding="utf-8")
    )
    return found


def precision(name: str, files: list[Path], dialogues: list[Dialogue]) -> list[Accuracy]:
    """Share of conversations resolved by the rule that a person would not have looked at, of those judged."""
    judged = judgements().get(name, {})
    chosen = [dialogue for dialogue in dialogues if dialogue.id in judged]
    if not chosen:
        return []
    resolved = resolved_by_rule(chosen)
    good = np.array([judged[dialogue.id] for dialogue in chosen])
    measured = Measured(CARD.name, CARD.version, name, labelled.digest(files))
    target = "conversations resolved by rule whose replies need no reviewer"
    return [measured.share("precision", target, int((resolved & good).sum()), int(resolved.sum()), SPLIT)]


def resolved_by_rule(dialogues: list[Dialogue]) -> np.ndarray:
    # Imported here: curate pulls in its language models, which only a calibration needs.
    from dataset_platform.curate.columns import Turns
    from dataset_platform.curate.resolving import answered
    from dataset_platform.curate.safety import measure

    messages = pa.array(
        [[{"role": role, "content": text} for role, text in d.messages] for d in dialogues], pa.list_(MESSAGE)
    )
    safety = measure(Turns.of(messages), pa.nulls(len(dialogues), pa.large_string()))
    flagged = np.asarray(safety.crisis_severity.to_numpy() > 0)
    return answered(safety.flags, safety.crisis_severity, safety.crisis_response) & flagged
