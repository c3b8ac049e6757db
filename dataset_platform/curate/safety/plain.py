"""Texts in plain words, the form in which every rule of safety reads them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SENTENCE_ENDS = r"[.!?;\n\r\"]+"


def any_of(words: str) -> str:
    """A pattern for any of these words; `_` stands for a space within one."""
    return f"(?:{'|'.join(words.split()).replace('_', ' ')})"


def plain(texts: pa.Array) -> pa.Array:
    """Lower case, without apostrophes, words separated by one space: `i dont want to live`."""
    return _spaced(_lower(texts))


def clauses(texts: pa.Array, trigger: str, ends: str = SENTENCE_ENDS) -> tuple[np.ndarray, pa.Array]:
    """The clauses in which the trigger occurs, in plain words, and to which text each belongs."""
    split = pc.split_pattern_regex(_lower(texts), ends)
    found, owners = pc.list_flatten(split), pc.list_parent_indices(split).to_numpy()
    suspicious = pc.match_substring_regex(found, trigger)
    return owners[suspicious.to_numpy(zero_copy_only=False)], _spaced(found.filter(suspicious))


def matches(texts: pa.Array, pattern: str) -> np.ndarray:
    """Whether each text holds the RE2 pattern."""
    return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False), bool)


def _lower(texts: pa.Array) -> pa.Array:
    lower = pc.utf8_lower(texts)
    # Without its apostrophe "od'd" would be "odd".
    lower = pc.replace_substring_regex(lower, r"\bod['’](?:d|ed)\b", "overdosed")  # noqa: RUF001
    return pc.replace_substring_regex(lower, "['’`]", "")  # noqa: RUF001


def _spaced(texts: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"[^a-z0-9]+", " "))
