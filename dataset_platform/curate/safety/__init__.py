"""What is unsafe in a conversation: crises and their severity, toxicity, sexual content, medical doses.

Everything here measures and flags; what follows from a flag is decided in `filtering`. Rules read
English, one turn at a time, in vectorised passes over a whole column.
"""

from dataset_platform.curate.safety.crisis import crisis_severities
from dataset_platform.curate.safety.flags import BLOCKED, CRISIS, CRISIS_FLAGS, Flag, Response, Severity
from dataset_platform.curate.safety.measuring import FLAGS, Safety, measure

__all__ = [
    "BLOCKED",
    "CRISIS",
    "CRISIS_FLAGS",
    "FLAGS",
    "Flag",
    "Response",
    "Safety",
    "Severity",
    "crisis_severities",
    "measure",
]
