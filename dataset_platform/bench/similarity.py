"""How alike two texts truly are, and texts that are as alike to another as one wants."""

import random
import re
from collections.abc import Iterable

from dataset_platform.bench.zipf import Turns, lexicon

NGRAM_WORDS = 5
_NO_WORD = re.compile(r"[^\w\s]|_")


def shingles(turns: Turns) -> set[tuple[str, ...]]:
    """The word 5-grams of a conversation: lower case, without punctuation, across turns."""
    words = _NO_WORD.sub("", " ".join(turns).lower()).split()
    return {tuple(words[start : start + NGRAM_WORDS]) for start in range(len(words) - NGRAM_WORDS + 1)}


def jaccard(left: Turns, right: Turns) -> float:
    """Size of intersection over size of union of the word 5-grams; 0 where neither has one."""
    mine, others = shingles(left), shingles(right)
    return len(mine & others) / len(mine | others) if mine or others else 0.0


def altered(turns: Turns, low: float, high: float, rng: random.Random) -> tuple[Turns, float]:
    """The turns with other words in some places, and their true similarity, which is in [low, high].

    The places are scattered or one passage. Raises ValueError where no number of words hits the range.
    """
    for _ in range(_TRIES):
        changed = _reworded(turns, rng.uniform(low, high), rng)
        similarity = jaccard(turns, changed)
        if low <= similarity <= high:
            return changed, similarity
    raise ValueError(f"no alteration of {len(shingles(turns))} n-grams is {low} to {high} similar")


_TRIES = 100


def _reworded(turns: Turns, target: float, rng: random.Random) -> Turns:
    """Words change one by one until the similarity is about the target."""
    words = [turn.split(" ") for turn in turns]
    places = [(turn, place) for turn, said in enumerate(words) for place, word in enumerate(said) if word]
    n_ngrams = max(len(places) - NGRAM_WORDS + 1, 1)
    lost: set[int] = set()
    for number in _order(len(places), rng):
        turn, place = places[number]
        words[turn][place] = _other(words[turn][place], rng)
        lost.update(range(max(number - NGRAM_WORDS + 1, 0), min(number + 1, n_ngrams)))
        if n_ngrams - len(lost) <= target * (n_ngrams + len(lost)):
            break
    return [" ".join(said) for said in words]


def _order(n_places: int, rng: random.Random) -> Iterable[int]:
    if rng.random() < _PASSAGE_SHARE:
        start = rng.randrange(n_places)
        return [number % n_places for number in range(start, start + n_places)]
    return rng.sample(range(n_places), n_places)


_PASSAGE_SHARE = 0.3


def _other(word: str, rng: random.Random) -> str:
    """Another word with the same punctuation around it."""
    core = word.strip("“”.,?!").lower()
    other = rng.choice(lexicon().words)
    while other == core:
        other = rng.choice(lexicon().words)
    return word.lower().replace(core, other, 1) if core else other
