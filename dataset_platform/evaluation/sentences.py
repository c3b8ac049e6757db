"""Replies as sentences in plain words, beside what they reply to: the form in which the rubric reads them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset_platform.curate.safety.plain import SENTENCE_ENDS, matches, plain
from dataset_platform.evaluation.generation import Messages

Mask = NDArray[np.bool_]
_ASKED = "questionmark"
_QUOTED = r"“[^”]{0,400}”|\"[^\"]{0,400}\""
_BRIEF = r"^(?:\w+ ?){1,40}$"
_ENDS = rf"{SENTENCE_ENDS}|: "
_LEAST_MIRRORED = 4
_DECIMAL = r"(\d)[.,](\d)"


@dataclass(frozen=True)
class Sentences:
    """Sentences of replies with their owners; `told` is what was said before each reply.

    What they quote is left out, words for somebody else to say, and what they mirror word for word. A
    question ends in a word of its own, so that patterns can ask for it: `are you safe questionmark`.
    """

    told: pa.Array
    whole: pa.Array
    texts: pa.Array
    owner: NDArray[np.int64]

    @classmethod
    def of(cls, contexts: Sequence[Messages], replies: Sequence[str]) -> "Sentences":
        told = pa.array([context[-1]["content"] for context in contexts], pa.large_string())
        said = pc.replace_substring_regex(pa.array(replies, pa.large_string()), _DECIMAL, r"\1\2")
        own = pc.replace_substring_regex(said, _QUOTED, " ")
        marked = pc.replace_substring_regex(own, r"\?+", f" {_ASKED}.")
        parts = pc.split_pattern_regex(marked, _ENDS)
        heard, texts = plain(told), plain(pc.list_flatten(parts))
        owner = pc.list_parent_indices(parts).to_numpy()
        mirrored = _mirrored(texts.to_pylist(), owner, heard.to_pylist())
        return cls(heard, plain(own), texts.filter(pa.array(~mirrored)), owner[~mirrored])

    @property
    def asks(self) -> Mask:
        return matches(self.texts, rf"{_ASKED}$")

    @property
    def brief(self) -> Mask:
        """Which replies have at most 40 words: in longer ones a yes at the start is rarely all."""
        return matches(self.whole, _BRIEF)

    def say(self, *phrases: str) -> Mask:
        """Which sentences say one of these."""
        return matches(self.texts, _one_of(phrases))

    def reply_with(self, sentences: Mask) -> Mask:
        """Which replies have one of these sentences."""
        found = np.zeros(len(self.whole), bool)
        found[self.owner[sentences]] = True
        return found

    def replies(self, *phrases: str) -> Mask:
        """Which replies say one of these, across sentences too."""
        return matches(self.whole, _one_of(phrases))

    def answer_to(self, *phrases: str) -> Mask:
        """Which replies answer somebody who said one of these."""
        return matches(self.told, _one_of(phrases))


def _mirrored(texts: Sequence[str], owner: NDArray[np.int64], told: Sequence[str]) -> Mask:
    """Which sentences only repeat words that they reply to."""
    return np.array(
        [
            text in told[place] and text.count(" ") + 1 >= _LEAST_MIRRORED
            for text, place in zip(texts, owner, strict=True)
        ],
        bool,
    )


def _one_of(phrases: Sequence[str]) -> str:
    return rf"\b(?:{'|'.join(phrases)})\b"
