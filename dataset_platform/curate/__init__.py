"""Raw conversations → cleaned conversations → duplicate clusters.

Cleaning tidies text and turns by rules, masks private data and measures, also what is unsafe;
filtering says, on what was measured, why a row is fit for no release and which of its flags nobody
has resolved. Signatures are what is known of a text without reading it again: deduplication compares
them, finds exact and near duplicates and names the member to keep. Raise the version of what you
change with every change that alters rows.
"""

from dataset_platform.curate.accounts import Accounts, account
from dataset_platform.curate.agreement import Agreement, agreements
from dataset_platform.curate.cleaning import clean, clean_text, repeated_closings
from dataset_platform.curate.configuration import (
    Cleaning,
    Deduplication,
    Links,
    Pasting,
    PrivateKind,
    Pseudonyms,
    Signing,
)
from dataset_platform.curate.duplicates import find_duplicates
from dataset_platform.curate.edits import count_edits
from dataset_platform.curate.filtering import decide
from dataset_platform.curate.heldout import heldout_files, overlap, read_heldout, without_contaminated
from dataset_platform.curate.intake import Intake, judged_decisions, judged_reading
from dataset_platform.curate.models import models_used
from dataset_platform.curate.pasted import find_pasted
from dataset_platform.curate.resolving import REVIEW_CONFLICT
from dataset_platform.curate.reuse import Earlier, reusable_files
from dataset_platform.curate.review_files import file_contents, read_reviews, review_file, reviews_in
from dataset_platform.curate.reviews import Decision, Review, Reviews
from dataset_platform.curate.safety import CRISIS_FLAGS, FLAGS, crisis_severities
from dataset_platform.curate.safety_counts import (
    blocked_count,
    flag_counts,
    severity_counts,
    toxic_share,
    unresolved_count,
    unresolved_counts,
)
from dataset_platform.curate.signatures import sign
from dataset_platform.curate.surrogates import Surrogates, surrogates_of

VERSION = "5"
FILTERING_VERSION = "5"
HELDOUT_VERSION = "1"
SIGNATURES_VERSION = "2"
DEDUPLICATION_VERSION = "3"

__all__ = [
    "CRISIS_FLAGS",
    "DEDUPLICATION_VERSION",
    "FILTERING_VERSION",
    "FLAGS",
    "HELDOUT_VERSION",
    "REVIEW_CONFLICT",
    "SIGNATURES_VERSION",
    "VERSION",
    "Accounts",
    "Agreement",
    "Cleaning",
    "Decision",
    "Deduplication",
    "Earlier",
    "Intake",
    "Links",
    "Pasting",
    "PrivateKind",
    "Pseudonyms",
    "Review",
    "Reviews",
    "Signing",
    "Surrogates",
    "account",
    "agreements",
    "blocked_count",
    "clean",
    "clean_text",
    "count_edits",
    "crisis_severities",
    "decide",
    "file_contents",
    "find_duplicates",
    "find_pasted",
    "flag_counts",
    "heldout_files",
    "judged_decisions",
    "judged_reading",
    "models_used",
    "overlap",
    "read_heldout",
    "read_reviews",
    "repeated_closings",
    "reusable_files",
    "review_file",
    "reviews_in",
    "severity_counts",
    "sign",
    "surrogates_of",
    "toxic_share",
    "unresolved_count",
    "unresolved_counts",
    "without_contaminated",
]
