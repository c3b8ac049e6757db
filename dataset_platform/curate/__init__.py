"""Raw conversations → cleaned conversations → duplicate clusters.

Cleaning tidies text and turns by rules, masks private data, flags crisis content and measures;
filtering says, on what was measured, why a row is fit for no release. Deduplication finds exact and
near duplicates and names the member to keep. Raise the version of what you change with every change
that alters rows.
"""

from dataset_platform.curate.accounts import Accounts, account
from dataset_platform.curate.cleaning import clean, repeated_closings
from dataset_platform.curate.configuration import Cleaning, Deduplication, Links, PrivateKind
from dataset_platform.curate.crisis import FLAGS, crisis_flags
from dataset_platform.curate.duplicates import find_duplicates
from dataset_platform.curate.edits import count_edits
from dataset_platform.curate.filtering import decide
from dataset_platform.curate.reuse import Earlier, reusable_files

VERSION = "3"
FILTERING_VERSION = "2"
DEDUPLICATION_VERSION = "1"

__all__ = [
    "DEDUPLICATION_VERSION",
    "FILTERING_VERSION",
    "FLAGS",
    "VERSION",
    "Accounts",
    "Cleaning",
    "Deduplication",
    "Earlier",
    "Links",
    "PrivateKind",
    "account",
    "clean",
    "count_edits",
    "crisis_flags",
    "decide",
    "find_duplicates",
    "repeated_closings",
    "reusable_files",
]
