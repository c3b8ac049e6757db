"""Whether a model says different things in different places, and whether it goes round in circles."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from dataset_platform.evaluation.statistics import Observed
from dataset_platform.evaluation.vocabulary import Direction, Model
from dataset_platform.quality.statistics import Floats

Scored = Callable[[Sequence[Sequence[str]]], Floats]
OPENING_WORDS = 4
_REFERENCES = 20
"""Other replies that self-BLEU compares one with; all of them would take time quadratic in their number."""


def observed(replies: Mapping[Model, Sequence[str]], seed: int) -> list[Observed]:
    """Length, distinct-1 and -2, self-BLEU, repetition and template collapse of replies to many places."""
    words = {model: [text.lower().split() for text in texts] for model, texts in replies.items()}
    up, down = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER

    def mean(
        name: str, title: str, direction: Direction, of: Scored, gates: bool, share: bool = True
    ) -> Observed:
        values = {model: of(texts) for model, texts in words.items()}
        return Observed.mean(name, title, "replies", direction, values, gates=gates, share=share)

    distinct = [
        Observed(
            f"distinct_{n}", f"Distinct {n}-grams among all", "replies", up,
            {model: _distinct(texts, n) for model, texts in words.items()}, gates=False,
        )
        for n in (1, 2)
    ]  # fmt: skip
    bleu = {model: self_bleu(texts, seed) for model, texts in replies.items()}
    opening = f"Replies whose first {OPENING_WORDS} words are the commonest"
    return [
        mean("length", "Words of a reply", Direction.NEITHER_IS_BETTER, _lengths, False, share=False),
        *distinct,
        Observed.mean("self_bleu", "Self-BLEU (0 to 100)", "replies", down, bleu, gates=False),
        mean("repetition", "3-grams that a reply said before", down, repetition, True),
        mean("collapse", opening, down, collapse, True),
    ]


def _lengths(replies: Sequence[Sequence[str]]) -> Floats:
    return np.array([float(len(words)) for words in replies])


def self_bleu(replies: Sequence[str], seed: int) -> Floats:
    """BLEU of each reply against others of the model (Zhu et al. 2018), 0 to 100; high is monotonous."""
    from sacrebleu.metrics import BLEU

    bleu = BLEU(effective_order=True)
    chance = np.random.default_rng(seed)
    scores = []
    for place, reply in enumerate(replies):
        others = [other for number, other in enumerate(replies) if number != place]
        drawn = chance.permutation(len(others))[:_REFERENCES]
        scores.append(bleu.sentence_score(reply, [others[i] for i in drawn]).score if others else np.nan)
    return np.array(scores, np.float64)


def repetition(replies: Sequence[Sequence[str]], n: int = 3) -> Floats:
    """Share of each reply's word n-grams that it had said before; 0 for a short one."""
    grams = [list(_ngrams(words, n)) for words in replies]
    return np.array([1 - len(set(said)) / len(said) if said else 0.0 for said in grams])


def collapse(replies: Sequence[Sequence[str]]) -> Floats:
    """1 for the replies that begin as most others of the model do; alone with its beginning none does."""
    openings = [tuple(words[:OPENING_WORDS]) for words in replies]
    if not openings:
        return np.empty(0)
    ((commonest, count),) = Counter(openings).most_common(1)
    return np.array([float(count > 1 and opening == commonest) for opening in openings])


def _distinct(replies: Sequence[Sequence[str]], n: int) -> Floats:
    """For each reply its share in the distinct n-grams of all replies, and how many n-grams it has."""
    counts = Counter(gram for words in replies for gram in _ngrams(words, n))
    rows = [
        (sum(1 / counts[gram] for gram in _ngrams(words, n)), max(0, len(words) - n + 1)) for words in replies
    ]
    return np.array(rows, np.float64).reshape(len(replies), 2)


def _ngrams(words: Sequence[str], n: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[place:] for place in range(n)), strict=False)
