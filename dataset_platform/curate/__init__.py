"""Raw conversations → cleaned conversations → duplicate clusters.

Cleaning tidies text, merges turns, masks private data and flags crisis content; filtering says
why a row is fit for no release. Deduplication finds exact and near duplicates and names the
member to keep. Raise the version of what you change with every change that alters rows.
"""

from dataset_platform.curate.accounts import Accounts, account
from dataset_platform.curate.cleaning import clean
from dataset_platform.curate.configuration import Cleaning, Deduplication, PrivateKind, Pseudonyms
from dataset_platform.curate.crisis import FLAGS, crisis_flags
from dataset_platform.curate.duplicates import find_duplicates
from dataset_platform.curate.filtering import decide
from dataset_platform.curate.surrogates import Surrogates, surrogates_of

VERSION = "3"
FILTERING_VERSION = "1"
DEDUPLICATION_VERSION = "1"

__all__ = [
    "DEDUPLICATION_VERSION",
    "FILTERING_VERSION",
    "FLAGS",
    "VERSION",
    "Accounts",
    "Cleaning",
    "Deduplication",
    "PrivateKind",
    "Pseudonyms",
    "Surrogates",
    "account",
    "clean",
    "crisis_flags",
    "decide",
    "find_duplicates",
    "surrogates_of",
]
