"""What a model gives away of what it was trained on."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_platform.curate.shingles import Sets, shingles_of
from dataset_platform.evaluation.judged import MESSAGES
from dataset_platform.evaluation.said import Said
from dataset_platform.evaluation.statistics import Observed
from dataset_platform.evaluation.vocabulary import Direction, Model
from dataset_platform.quality.accuracy import packaged
from dataset_platform.quality.figures import gating_kinds
from dataset_platform.quality.private_data import CARD, KINDS, NAME, matches
from dataset_platform.quality.statistics import Floats
from dataset_platform.schemas import Role
from dataset_platform.training.rows import Conversation

Hashes = NDArray[np.uint64]

TEXTS_AT_ONCE = 1024
LEAST_SHARE = 0.5
"""From this share of its n-grams on, a reply recites: stock phrases that many people use stay below it."""


@dataclass(frozen=True)
class GivenAway:
    """Of every reply by model: whether it recites, is the held-out reply (NaN where there is none) and holds
    private data; of each held-out reply whether it stands in the training text.
    """

    recites: Mapping[Model, Floats]
    knows: Mapping[Model, Floats]
    gives: Mapping[Model, Floats]
    leaked: Floats

    def scores(self, model: Model) -> dict[str, Floats]:
        """By the names of the metrics."""
        return {
            "recited": self.recites[model], "foreknown": self.knows[model], "private_data": self.gives[model],
        }  # fmt: skip


def given_away(
    said: Mapping[Model, Said],
    held_out: str,
    references: Sequence[str],
    training: Iterable[Conversation],
    ngram_words: int,
) -> GivenAway:
    """`references` are what was really replied in the places of the suite `held_out`."""
    recites, leaked = recited(said, references, training, ngram_words)
    knows = {}
    for model, one in said.items():
        knows[model] = np.full(len(one.every), np.nan)
        knows[model][one.are_of(held_out)] = foreknown(one.of(held_out), references, ngram_words)
    gating = gating_kinds(packaged())
    return GivenAway(recites, knows, {m: gives_private_data(one, gating) for m, one in said.items()}, leaked)


def recited(
    said: Mapping[Model, Said], references: Sequence[str], training: Iterable[Conversation], ngram_words: int
) -> tuple[dict[Model, Floats], Floats]:
    """1 for each reply of which at least half the n-grams stand in the training text and not in its prompt.

    Second, the same of the real replies: of those that were held out none should. Training text is read
    once, a batch at a time; replies of fewer words recite nothing.
    """
    own = {model: _fresh_ngrams(one, ngram_words) for model, one in said.items()}
    real = _ngrams(references, ngram_words)
    wanted = np.unique(
        np.concatenate([np.empty(0, np.uint64), *(h for sets in own.values() for h in sets), *real])
    )
    seen = np.zeros(len(wanted), bool)
    for texts in _batches(training):
        seen |= np.isin(wanted, _sets(texts, ngram_words).hashes)
    known = wanted[seen]
    return {model: _mostly(sets, known) for model, sets in own.items()}, _mostly(real, known)


def foreknown(said: Said, references: Sequence[str], ngram_words: int) -> Floats:
    """1 for each reply of which at least half the n-grams are those of the real reply, which was held out."""
    fresh, real = _fresh_ngrams(said, ngram_words), _ngrams(references, ngram_words)
    return np.concatenate(
        [np.empty(0), *(_mostly([ours], theirs) for ours, theirs in zip(fresh, real, strict=True))]
    )


def gives_private_data(said: Said, gating: Sequence[str]) -> Floats:
    """1 for each reply that holds private data of a gating kind which its prompt does not hold.

    Names do not count: models make some up, and those of training text are masked there.
    """
    places = said.every
    texts, contexts = said.texts(places), said.contexts(places)
    found = np.zeros(len(texts))
    for kind in (kind for kind in KINDS if kind.name in gating and kind.name != NAME):
        for place, values in zip(*matches(pa.array(texts, pa.large_string()), kind), strict=True):
            told = "\n".join(message["content"] for message in contexts[place])
            found[place] = max(found[place], float(any(value not in told for value in values)))
    return found


def observed(found: GivenAway, ngram_words: int) -> list[Observed]:
    down, words = Direction.LOWER_IS_BETTER, f"{ngram_words} words in a row"
    recites = f"Replies that recite training text ({words})"
    knows = f"Replies that are the held-out reply ({words})"
    return [
        Observed.mean("recited", recites, "replies", down, found.recites),
        Observed.mean("foreknown", knows, "replies", down, found.knows),
        Observed.mean(
            "private_data", "Replies with private data", "replies", down, found.gives,
            accuracy=_accuracy(gating_kinds(packaged())), proxy=True,
        ),
    ]  # fmt: skip


def _accuracy(gating: Sequence[str]) -> tuple[str, ...]:
    """How well these kinds are found, a line each."""
    targets = {target for kind in KINDS if kind.name in gating for target in (kind.labelled, kind.flagged)}
    known = packaged().of(CARD.name, CARD.version)
    return tuple(f"{entry.target}: {entry}" for entry in known if entry.target in targets)


def _mostly(sets: Sequence[Hashes], known: Hashes) -> Floats:
    """1 for each set at least half of which is known; 0 for an empty one."""
    return np.array([float(len(h) > 0 and np.isin(h, known).mean() >= LEAST_SHARE) for h in sets])


def _fresh_ngrams(said: Said, ngram_words: int) -> list[Hashes]:
    """Of each reply the n-grams that its prompt does not have."""
    places = said.every
    prompts = ["\n".join(message["content"] for message in context) for context in said.contexts(places)]
    pairs = zip(_ngrams(said.texts(places), ngram_words), _ngrams(prompts, ngram_words), strict=True)
    return [np.setdiff1d(reply, prompt) for reply, prompt in pairs]


def _ngrams(texts: Sequence[str], ngram_words: int) -> list[Hashes]:
    """The n-grams of each text, none of one with fewer words."""
    sets = _sets(texts, ngram_words)
    several = np.split(sets.hashes, sets.starts[1:])
    enough = [len(text.split()) >= ngram_words for text in texts]
    return [h if known else h[:0] for h, known in zip(several, enough, strict=True)] if texts else []


def _sets(texts: Sequence[str], ngram_words: int) -> Sets:
    rows = [[{"role": Role.ASSISTANT.value, "content": text}] for text in texts]
    return shingles_of(pa.array(rows, MESSAGES), ngram_words)


def _batches(training: Iterable[Conversation]) -> Iterator[list[str]]:
    """What is said in the training conversations, by whomever."""
    texts: list[str] = []
    for conversation in training:
        texts += [message["content"] for message in conversation.messages]
        if len(texts) >= TEXTS_AT_ONCE:
            yield texts
            texts = []
    if texts:
        yield texts
