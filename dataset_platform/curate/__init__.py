"""Raw conversations → cleaned conversations → duplicate clusters.

Cleaning tidies text and turns by rules, masks private data, flags crisis content and measures; filtering
says, on what was measured, why a row is fit for no release. Signatures are what is known of a text
without reading it again: deduplication compares them, finds exact and near duplicates and names the
member to keep. Raise the version of what you change with every change that alters rows.
"""

from dataset_platform.curate.accounts import Accounts, account
from dataset_platform.curate.cleaning import clean, repeated_closings
from dataset_platform.curate.configuration import (
    Cleaning,
    Deduplication,
    Links,
    Pasting,
    PrivateKind,
    Signing,
)
from dataset_platform.curate.crisis import FLAGS, crisis_flags
from dataset_platform.curate.duplicates import find_duplicates
from dataset_platform.curate.edits import count_edits
from dataset_platform.curate.filtering import decide
from dataset_platform.curate.heldout import heldout_files, overlap, read_heldout, without_contaminated
from dataset_platform.curate.pasted import find_pasted
from dataset_platform.curate.reuse import Earlier, reusable_files
from dataset_platform.curate.signatures import sign
from dataset_platform.curate.signed_rows import streamed

VERSION = "3"
FILTERING_VERSION = "3"
HELDOUT_VERSION = "1"
SIGNATURES_VERSION = "1"
DEDUPLICATION_VERSION = "2"

__all__ = [
    "DEDUPLICATION_VERSION",
    "FILTERING_VERSION",
    "FLAGS",
    "HELDOUT_VERSION",
    "SIGNATURES_VERSION",
    "VERSION",
    "Accounts",
    "Cleaning",
    "Deduplication",
    "Earlier",
    "Links",
    "Pasting",
    "PrivateKind",
    "Signing",
    "account",
    "clean",
    "count_edits",
    "crisis_flags",
    "decide",
    "find_duplicates",
    "find_pasted",
    "heldout_files",
    "overlap",
    "read_heldout",
    "repeated_closings",
    "reusable_files",
    "sign",
    "streamed",
    "without_contaminated",
]
