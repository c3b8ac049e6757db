"""Names, places, streets and organisations in a text: a small network over words and their neighbours.

Seven words are looked at: the word and three on each side. Weights and features are whole
numbers, so that scores are the same on every machine, whatever order they are summed in.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset_platform.curate.naming.known_words import KnownWords, Vocabulary
from dataset_platform.curate.naming.lexicon import Lexicon
from dataset_platform.curate.naming.words import N_FEATURES, SCALE, WORD, Column

PACKAGED = "names.npz"
REACH = 3
_N_TEXT_FEATURES = 4
_BETWEEN_TEXTS = " "  # ends any word, and is none
N_INPUTS = (2 * REACH + 1) * N_FEATURES + _N_TEXT_FEATURES
# One unit of a weight; a score has units of 1 / (SCALE * WEIGHT_SCALE**2) of a logit.
WEIGHT_SCALE = 1 << 10
LOGIT = float(SCALE * WEIGHT_SCALE**2)
# Where an input tells that the word itself is a listed given name, surname or city, and that it is a word.
OWN_LISTED = [REACH * N_FEATURES + column for column in (Column.GIVEN, Column.SURNAME, Column.CITY)]
OWN_ORDINARY = REACH * N_FEATURES + Column.EVERYDAY


class Label(IntEnum):
    OTHER = 0
    NAME = 1
    PLACE = 2
    STREET = 3
    ORGANISATION = 4


@dataclass(frozen=True)
class Words:
    """All words of some texts in order; `inputs` of those that can be part of a name, at `places`.

    Word i is `said[i]`, of shape `shapes[i]`, and stands in text `texts[i]` from `starts[i]` to `ends[i]`.
    """

    said: list[str]
    shapes: NDArray[np.int64]
    texts: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    places: NDArray[np.int64]
    inputs: NDArray[np.int16]


@dataclass(frozen=True)
class Tagger:
    """The lexicon and the two layers of the network; weights are whole numbers kept as float64."""

    lexicon: Lexicon
    hidden: NDArray[np.float64]
    hidden_bias: NDArray[np.float64]
    output: NDArray[np.float64]
    output_bias: NDArray[np.float64]

    def words(self, texts: list[str]) -> Words:
        said, numbers, starts, ends = _split(texts)
        codes, known = self._known_words.numbered(said)
        at = np.flatnonzero(known.can_name[codes])
        inputs = _inputs(known, codes, numbers, at, len(texts))
        return Words(said, known.shapes[codes], numbers, starts, ends, at, inputs)

    def scores(self, words: Words) -> NDArray[np.float64]:
        """Scores of the labels for each word at `places`, in logits."""
        inner = np.maximum(words.inputs.astype(np.float64) @ self.hidden + self.hidden_bias, 0.0)
        result: NDArray[np.float64] = (inner @ self.output + self.output_bias) / LOGIT
        return result

    @cached_property
    def _known_words(self) -> KnownWords:
        return KnownWords(self.lexicon)

    def write(self, path: Path) -> Path:
        """Writes the tagger; the same tagger gives the same bytes."""
        np.savez_compressed(
            path,
            hashes=self.lexicon.hashes,
            facts=self.lexicon.facts,
            grams=self.lexicon.grams,
            hidden=self.hidden.astype(np.int32),
            hidden_bias=self.hidden_bias.astype(np.int64),
            output=self.output.astype(np.int32),
            output_bias=self.output_bias.astype(np.int64),
        )
        return path

    @classmethod
    def read(cls, file: IO[bytes]) -> "Tagger":
        stored = np.load(file, allow_pickle=False)
        weights = (
            stored[name].astype(np.float64) for name in ("hidden", "hidden_bias", "output", "output_bias")
        )
        return cls(Lexicon(stored["hashes"], stored["facts"], stored["grams"]), *weights)


def _split(
    texts: list[str],
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The words of all texts; of each the number of its text, and where it starts and ends there.

    One call cuts them all at every word; a loop over matches took three times as long.
    """
    cut = re.split(f"({WORD.pattern})", _BETWEEN_TEXTS.join(texts))
    words = cut[1::2]
    ends = np.cumsum(np.fromiter(map(len, cut), np.int64, len(cut)))
    first = np.cumsum([0, *(len(text) + len(_BETWEEN_TEXTS) for text in texts)])[:-1]
    numbers = np.searchsorted(first, ends[:-1:2], side="right") - 1
    return words, numbers, ends[:-1:2] - first[numbers], ends[1::2] - first[numbers]


def _inputs(
    known: Vocabulary, codes: NDArray[np.int64], texts: NDArray[np.int64], at: NDArray[np.int64], n_texts: int
) -> NDArray[np.int16]:
    """What the network sees of each word at `at`: the words around it, and the text as a whole."""
    if not len(at):
        return np.zeros((0, N_INPUTS), np.int16)
    features = known.features[codes]
    n = len(codes)
    window = at[:, None] + np.arange(-REACH, REACH + 1)[None, :]
    inside = (window >= 0) & (window < n)
    clipped = np.clip(window, 0, n - 1)
    inside &= texts[clipped] == texts[at][:, None]
    around = np.where(inside[:, :, None], features[clipped], np.int16(0)).reshape(
        len(at), N_INPUTS - _N_TEXT_FEATURES
    )
    capital = features[:, Column.CAPITAL] > 0
    letters = capital | (features[:, Column.LOWER_CASE] > 0)
    n_capitals = np.bincount(texts[capital], minlength=n_texts)
    n_letters = np.maximum(np.bincount(texts[letters], minlength=n_texts), 1)
    before = np.clip(at - 1, 0, None)
    opens = (
        features[before][:, [Column.SENTENCE_END, Column.NEWLINE, Column.QUOTE]].any(axis=1)
        | ~inside[:, REACH - 1]
    )
    # The same word in lower case elsewhere in the text: an ordinary word that begins a sentence.
    spelled = pa.array(texts[~capital] * known.n_spellings + known.spellings[codes[~capital]])
    plain = pa.array(texts[at] * known.n_spellings + known.plain_spellings[codes[at]])
    also_lower = capital[at] & pc.is_in(plain, spelled).to_numpy(zero_copy_only=False)
    whole = np.column_stack(
        [
            opens,
            also_lower,
            (n_capitals / n_letters)[texts[at]],
            (n_capitals == 0)[texts[at]],
        ]
    )
    return np.hstack([around, np.round(whole * SCALE).astype(np.int16)])


def packaged() -> Tagger:
    """The tagger that ships with this version of the platform."""
    with resources.files(__package__).joinpath(PACKAGED).open("rb") as file:
        return Tagger.read(file)
