"""What a folder of files looks like, without being told: a draft of its description.

Every guess is tried with the readers themselves on the head of a file, and the
one that reads most is taken.
"""

from dataset_platform.ingest.sniffing.draft import DECISIONS, UNDECIDED_LICENSE, Draft
from dataset_platform.ingest.sniffing.folders import sniff

__all__ = ["DECISIONS", "UNDECIDED_LICENSE", "Draft", "sniff"]
