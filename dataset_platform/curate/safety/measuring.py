"""All that cleaning measures for safety, from the turns of a batch of conversations."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dataset_platform.curate.columns import Turns
from dataset_platform.curate.safety.crisis import crisis_severities
from dataset_platform.curate.safety.flags import BLOCKED, CRISIS_FLAGS, Flag, Severity
from dataset_platform.curate.safety.medication import gives_dose
from dataset_platform.curate.safety.minors import sexual_minors
from dataset_platform.curate.safety.replies import names_of, responses
from dataset_platform.curate.safety.toxicity import insults, packaged_head, toxicity
from dataset_platform.heads import Head
from dataset_platform.schemas import Role

FLAGS = tuple(sorted(flag.value for flag in Flag))


@dataclass(frozen=True)
class Safety:
    """One value a conversation; `blocked` says whose text may not travel any further."""

    flags: pa.Array
    crisis_severity: pa.Array
    crisis_response: pa.Array
    toxicity: pa.Array
    blocked: np.ndarray


def measure(turns: Turns, attributes: pa.Array, head: Head | None = None) -> Safety:
    """What the turns of each conversation show, and whether its attributes are to be blocked, too."""
    head = head or packaged_head()
    client = turns.roles.to_numpy(zero_copy_only=False) == Role.USER.value
    therapist = turns.roles.to_numpy(zero_copy_only=False) == Role.ASSISTANT.value
    severities = np.zeros((len(client), len(CRISIS_FLAGS)), np.uint8)
    severities[client] = crisis_severities(turns.contents.filter(pa.array(client)))
    replies = turns.contents.filter(pa.array(therapist))
    toxic = toxicity(turns.contents, head)
    blocked, doubtful = sexual_minors(turns.contents)
    shown = {flag: severities[:, place] > 0 for place, flag in enumerate(CRISIS_FLAGS)}
    shown |= {
        Flag.MEDICAL_DOSE: _placed(gives_dose(replies), therapist),
        Flag.SEXUAL_MINORS: blocked,
        Flag.SEXUAL_MINORS_DOUBT: doubtful,
        Flag.TOXIC: (toxic >= head.threshold) | _placed(insults(replies), therapist),
    }
    raised = np.stack([turns.any(shown[Flag(name)]) for name in FLAGS], axis=1)
    raised[:, FLAGS.index(BLOCKED)] |= sexual_minors(attributes)[0]
    gravest = severities.max(axis=1, initial=Severity.NONE)
    return Safety(
        flags=names_of(raised, FLAGS),
        crisis_severity=pa.array(turns.most(gravest).astype(np.int32)),
        crisis_response=responses(turns, gravest > Severity.NONE),
        toxicity=pa.array(turns.most(toxic)),
        blocked=raised[:, FLAGS.index(BLOCKED)],
    )


def _placed(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The values at their places among all turns, False elsewhere."""
    placed = np.zeros(len(places), bool)
    placed[places] = values
    return placed
