"""Lexical triage of crises: which client turns show one, of what kind, how grave.

Triage reads one turn at a time, clause by clause: what is denied, said of others in general or of
long ago counts less or not at all (`crisis_signs`). A lexicon finds words, not intent, and English
ones: its measured accuracy belongs beside every use.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.safety.crisis_signs import LEXICON, LONG_AGO, NOT_MEANT, TRIGGER
from dataset_platform.curate.safety.flags import CRISIS_FLAGS, Flag, Severity

_TRIGGER = f"(?i){TRIGGER}"
_NOT_MEANT = rf"\b(?:{'|'.join(NOT_MEANT)})\b"
_LONG_AGO = rf"\b(?:{LONG_AGO})"
_LASTS = np.array([flag is Flag.ABUSE for flag in CRISIS_FLAGS])  # abuse that is over has not gone


def crisis_severities(turns: pa.Array) -> np.ndarray:
    """Severity (`Severity`, uint8) of each turn, a column for each of `CRISIS_FLAGS`. Null reads as empty."""
    texts = pc.fill_null(turns, "")
    found = np.zeros((len(texts), len(CRISIS_FLAGS)), np.uint8)
    suspects = np.flatnonzero(pc.match_substring_regex(texts, _TRIGGER).to_numpy(zero_copy_only=False))
    if len(suspects):
        owners, clauses = _clauses(texts.take(pa.array(suspects)))
        np.maximum.at(found, suspects[owners], _of_clauses(clauses))
    return found


def _clauses(texts: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """The suspicious clauses of all texts in plain words, and to which text each belongs."""
    plain = pc.replace_substring_regex(pc.utf8_lower(texts), "['’`]", "")  # noqa: RUF001
    split = pc.split_pattern_regex(plain, r"[.!?;\n\r\"]+")
    clauses, owners = pc.list_flatten(split), pc.list_parent_indices(split).to_numpy()
    suspicious = pc.match_substring_regex(clauses, _TRIGGER)
    words = pc.replace_substring_regex(clauses.filter(suspicious), r"[^a-z0-9]+", " ")
    return owners[suspicious.to_numpy(zero_copy_only=False)], pc.utf8_trim_whitespace(words)


def _of_clauses(clauses: pa.Array) -> np.ndarray:
    distinct = clauses.dictionary_encode()
    words = distinct.dictionary
    meant = pc.replace_substring_regex(words, _NOT_MEANT, " - ")
    found = np.zeros((len(words), len(CRISIS_FLAGS)), np.uint8)
    for signs in LEXICON:
        shown = _matches(meant, signs.pattern) * np.uint8(signs.severity)
        column = CRISIS_FLAGS.index(signs.flag)
        found[:, column] = np.maximum(found[:, column], shown)
    long_ago = _matches(words, _LONG_AGO)
    found[long_ago] = np.where(
        _LASTS & (found[long_ago] == Severity.LOW), Severity.LOW, _less(found[long_ago])
    )
    return found[distinct.indices.to_numpy()]


def _less(severities: np.ndarray) -> np.ndarray:
    return severities - np.minimum(severities, 1)


def _matches(texts: pa.Array, pattern: str) -> np.ndarray:
    return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False), bool)
