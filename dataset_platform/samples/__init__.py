"""Sample sources of our own writing: every seed shape with its traps, and the truth about them."""

from dataset_platform.samples.conversation import Conversation, Planted, PrivateDatum, Quirk, Turn
from dataset_platform.samples.laying import lay_down
from dataset_platform.samples.sample import BrokenRecord, Sample, SourceSample

__all__ = [
    "BrokenRecord",
    "Conversation",
    "Planted",
    "PrivateDatum",
    "Quirk",
    "Sample",
    "SourceSample",
    "Turn",
    "lay_down",
]
