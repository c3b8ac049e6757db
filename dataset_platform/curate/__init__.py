"""Raw conversations → cleaned conversations → duplicate clusters.

Cleaning tidies text, merges turns, masks private data, flags crisis content and says why a
row is fit for no release. Deduplication finds exact and near duplicates and names the member
to keep. Raise `VERSION` or `DEDUPLICATION_VERSION` with every change that alters rows.
"""

from dataset_platform.curate.accounts import Accounts, account
from dataset_platform.curate.cleaning import clean, tidy
from dataset_platform.curate.configuration import Cleaning, Deduplication, PrivateKind
from dataset_platform.curate.crisis import FLAGS, crisis_flags
from dataset_platform.curate.duplicates import find_duplicates

VERSION = "1"
DEDUPLICATION_VERSION = "1"

__all__ = [
    "DEDUPLICATION_VERSION",
    "FLAGS",
    "VERSION",
    "Accounts",
    "Cleaning",
    "Deduplication",
    "PrivateKind",
    "account",
    "clean",
    "crisis_flags",
    "find_duplicates",
    "tidy",
]
