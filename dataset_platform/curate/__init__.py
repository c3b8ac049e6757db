"""Raw conversations → cleaned conversations → duplicate clusters.

Cleaning tidies text and turns by rules, masks private data and measures, also what is unsafe;
filtering says, on what was measured, why a row is fit for no release and which of its flags nobody
has resolved. Deduplication finds exact and near duplicates and names the member to keep. Raise the
version of what you change with every change that alters rows.
"""

from dataset_platform.curate.accounts import Accounts, account
from dataset_platform.curate.cleaning import clean, repeated_closings
from dataset_platform.curate.configuration import Cleaning, Deduplication, Links, PrivateKind
from dataset_platform.curate.duplicates import find_duplicates
from dataset_platform.curate.edits import count_edits
from dataset_platform.curate.filtering import decide
from dataset_platform.curate.resolving import REVIEW_CONFLICT
from dataset_platform.curate.reuse import Earlier, reusable_files
from dataset_platform.curate.reviews import Decision, Reviews, read_reviews
from dataset_platform.curate.safety import CRISIS_FLAGS, FLAGS, crisis_severities
from dataset_platform.curate.safety_counts import (
    blocked_count,
    flag_counts,
    severity_counts,
    toxic_share,
    unresolved_count,
    unresolved_counts,
)

VERSION = "3"
FILTERING_VERSION = "2"
DEDUPLICATION_VERSION = "1"

__all__ = [
    "CRISIS_FLAGS",
    "DEDUPLICATION_VERSION",
    "FILTERING_VERSION",
    "FLAGS",
    "REVIEW_CONFLICT",
    "VERSION",
    "Accounts",
    "Cleaning",
    "Decision",
    "Deduplication",
    "Earlier",
    "Links",
    "PrivateKind",
    "Reviews",
    "account",
    "blocked_count",
    "clean",
    "count_edits",
    "crisis_severities",
    "decide",
    "find_duplicates",
    "flag_counts",
    "read_reviews",
    "repeated_closings",
    "reusable_files",
    "severity_counts",
    "toxic_share",
    "unresolved_count",
    "unresolved_counts",
]
