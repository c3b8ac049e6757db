"""The words of conversations as numbers: lower case, without punctuation, one 64-bit hash each.

Nothing loops over words or rows. A word of up to eight bytes is read from the text as one number, so two of
them never share a hash; longer ones share one with probability 2^-64.
"""

import string
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataset_platform.curate.columns import Turns

# Ends a turn. Clean text has no control characters, so it cannot forge one.
_END = 0x1E
_LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_PUNCTUATION = string.punctuation.encode()
_TYPOGRAPHIC = str.maketrans("", "", "‘’“”«»–—…")  # noqa: RUF001
# Lets eight bytes be read at any place of a text.
_PADDING = bytes(8)
_FIRST_BYTES = np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64)
# Odd 64-bit constant of SplitMix64 (Steele, Lea, Flood 2014).
_FACTOR = np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True)
class WordHashes:
    """Hashes of all words of a batch, in order; turn i has those from `turns[i]` to `turns[i + 1]`.

    `rows` holds the same for conversations.
    """

    hashes: np.ndarray
    turns: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, turns: Turns) -> "WordHashes":
        text = _joined(turns)
        ends = np.flatnonzero(text[: -len(_PADDING)] <= ord(" "))
        starts = _starts(ends)
        lengths = ends - starts
        hashes = _hashes(text, starts, lengths)
        typeset = _not_ascii(text, starts)
        hashes[typeset], lengths[typeset] = _folded(text, starts[typeset], lengths[typeset])
        empty = np.flatnonzero(lengths == 0)
        words = np.concatenate(([0], np.flatnonzero(text[ends] == _END) + 1))
        of_turns = words - np.searchsorted(empty, words)
        return cls(np.delete(hashes, empty), of_turns, of_turns[turns.offsets()])


def mixed(values: np.ndarray) -> np.ndarray:
    """Other numbers, one for each, with all bits spread over all bits."""
    spread_out = values >> np.uint64(32)
    spread_out ^= values
    spread_out *= _FACTOR
    spread_out ^= spread_out >> np.uint64(29)
    return spread_out


def starts_of(lengths: np.ndarray) -> np.ndarray:
    """Where each of adjoining stretches starts."""
    return np.cumsum(lengths) - lengths


def spread(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The places start, start + 1, … of each stretch, one stretch after the other."""
    return np.arange(lengths.sum()) + np.repeat(starts - starts_of(lengths), lengths)


def _joined(turns: Turns) -> np.ndarray:
    """The bytes of all turns, ASCII in lower case and without punctuation, an end after each turn."""
    all_turns = pa.ListArray.from_arrays(
        pa.array([0, len(turns.contents)], pa.int32()), turns.contents.cast(pa.string())
    )
    text = pc.binary_join(all_turns, chr(_END)).cast(pa.binary())[0].as_py()
    end = bytes([_END]) if len(turns.contents) else b""
    return np.frombuffer((text + end + _PADDING).translate(_LOWER, _PUNCTUATION), np.uint8)


def _hashes(text: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    eight = np.ndarray(len(text) - 7, "<u8", text.data, strides=(1,))
    hashes = mixed(eight[starts] & _FIRST_BYTES[np.minimum(lengths, 8)])
    longer, done = np.flatnonzero(lengths > 8), 8
    while len(longer):
        following = eight[starts[longer] + done] & _FIRST_BYTES[np.minimum(lengths[longer] - done, 8)]
        hashes[longer] = mixed(hashes[longer] ^ following)
        done += 8
        longer = longer[lengths[longer] > done]
    return hashes


def _not_ascii(text: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The numbers of the words with a byte that is not ASCII."""
    words = np.searchsorted(starts, np.flatnonzero(text >= 0x80), side="right") - 1
    return words[np.diff(words, prepend=-1) > 0]


def _folded(text: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hashes and lengths of words in lower case and without typographic punctuation."""
    apart = text[spread(starts, lengths + 1)]
    apart[np.cumsum(lengths + 1) - 1] = _END
    folded = apart.tobytes().decode().lower().translate(_TYPOGRAPHIC).encode()
    letters = np.frombuffer(folded + _PADDING, np.uint8)
    ends = np.flatnonzero(letters == _END)
    starts = _starts(ends)
    return _hashes(letters, starts, ends - starts), ends - starts


def _starts(ends: np.ndarray) -> np.ndarray:
    """Where each word starts, a byte behind the end of the one before it."""
    starts = np.zeros_like(ends)
    np.add(ends[:-1], 1, out=starts[1:])
    return starts
