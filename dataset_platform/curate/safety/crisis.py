"""Lexical triage of crises: which client turns show one, of what kind, how grave.

Triage reads one turn at a time, clause by clause: what is denied, said of others in general or of
long ago counts less or not at all (`crisis_context`). A lexicon finds words, not intent, and English
ones: its measured accuracy belongs beside every use.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.safety.crisis_context import LONG_AGO, NOT_MEANT, TRIGGER
from dataset_platform.curate.safety.crisis_signs import LEXICON
from dataset_platform.curate.safety.flags import CRISIS_FLAGS, Flag, Severity
from dataset_platform.curate.safety.plain import clauses, matches

_NOT_MEANT = rf"\b(?:{'|'.join(NOT_MEANT)})\b"
_LONG_AGO = rf"\b(?:{LONG_AGO})"
_LASTS = np.array([flag is Flag.ABUSE for flag in CRISIS_FLAGS])  # abuse that is over has not gone


def crisis_severities(turns: pa.Array) -> np.ndarray:
    """Severity (`Severity`, uint8) of each turn, a column for each of `CRISIS_FLAGS`. Null reads as empty."""
    texts = pc.fill_null(turns, "")
    found = np.zeros((len(texts), len(CRISIS_FLAGS)), np.uint8)
    suspects = np.flatnonzero(matches(texts, f"(?i){TRIGGER}"))
    if len(suspects):
        owners, said = clauses(texts.take(pa.array(suspects)), TRIGGER)
        np.maximum.at(found, suspects[owners], _of_clauses(said))
    return found


def _of_clauses(said: pa.Array) -> np.ndarray:
    """Severities of clauses in plain words; equal ones are looked at once."""
    distinct = said.dictionary_encode()
    words = distinct.dictionary
    meant = pc.replace_substring_regex(words, _NOT_MEANT, " - ")
    found = np.zeros((len(words), len(CRISIS_FLAGS)), np.uint8)
    for signs in LEXICON:
        shown = matches(meant, signs.pattern) * np.uint8(signs.severity)
        column = CRISIS_FLAGS.index(signs.flag)
        found[:, column] = np.maximum(found[:, column], shown)
    long_ago = matches(words, _LONG_AGO)
    found[long_ago] = np.where(
        _LASTS & (found[long_ago] == Severity.LOW), Severity.LOW, _one_less(found[long_ago])
    )
    return found[distinct.indices.to_numpy()]


def _one_less(severities: np.ndarray) -> np.ndarray:
    return severities - np.minimum(severities, 1)
