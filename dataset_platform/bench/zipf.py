"""Conversations of words as frequent as in a language, so that two of them have next to nothing in common."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

VOCABULARY = 40_000
"""Different words; the n-th is used as 1 / (n + 2.7), Mandelbrot's form of Zipf's law."""
_OFFSET = 2.7
_ONSETS = ("", *"bcdfghjklmnprstvwz", "br", "ch", "cl", "dr", "fl", "gr", "pl", "sh", "st", "th", "tr")
_VOWELS = ("a", "e", "i", "o", "u", "ea", "ou")
_CODAS = ("", "", "n", "r", "s", "t", "l", "ck", "nd", "ng")
_PHRASES = (
    "Thank you for making the time today.",
    "How has your week been since we last talked?",
    "I do not really know where to begin.",
    "It sounds as if that has been weighing on you for a while.",
    "What would be most helpful to look at together?",
)
_PHRASE_SHARE, _BLANKS_SHARE, _QUOTED_SHARE = 0.06, 0.1, 0.03

Turns = list[str]
"""What is said in turn; user and assistant alternate, the user begins."""


@dataclass(frozen=True)
class Lexicon:
    """Words by rank, with their cumulative weights."""

    words: Sequence[str]
    weights: Sequence[float]

    def draw(self, rng: random.Random, count: int) -> list[str]:
        return rng.choices(self.words, cum_weights=self.weights, k=count)


@cache
def lexicon() -> Lexicon:
    """Made-up words, the short ones first; one in 1,000 has an accent."""
    rng = random.Random("lexicon")
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        syllables = min(1 + len(words) // 500, rng.choice((1, 2, 2, 3)))
        word = "".join(_syllable(rng) for _ in range(syllables))
        words[word.replace("e", "é") if rng.random() < 0.001 else word] = None
    weights = accumulate(1 / (rank + _OFFSET) for rank in range(VOCABULARY))
    return Lexicon(list(words), list(weights))


def conversation(rng: random.Random) -> Turns:
    """Two turns or more, log-normal in their number and in sentences; about 1.6 KB on average."""
    n_turns = min(2 + int(rng.lognormvariate(1.5, 0.7)), 60)
    return [_turn(rng, min(1 + int(rng.lognormvariate(0.7, 0.7)), 20)) for _ in range(n_turns)]


def short_conversation(rng: random.Random) -> Turns:
    """Two turns of three words: less than any use of a conversation asks for."""
    return [_sentence(rng, 3), _sentence(rng, 3)]


def _turn(rng: random.Random, n_sentences: int) -> str:
    said = [_sentence(rng, rng.randint(4, 16)) for _ in range(n_sentences)]
    if rng.random() < _PHRASE_SHARE:
        said[0] = rng.choice(_PHRASES)
    if rng.random() < _QUOTED_SHARE:
        said[-1] = f"“{said[-1]}”"
    if rng.random() < _BLANKS_SHARE:
        return "  ".join([*said, ""])
    return " ".join(said)


def _sentence(rng: random.Random, n_words: int) -> str:
    words = lexicon().draw(rng, n_words)
    if n_words > 8:
        words[n_words // 2] += ","
    return " ".join(words).capitalize() + rng.choice("...?!")


def _syllable(rng: random.Random) -> str:
    return rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)
