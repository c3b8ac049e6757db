"""Fits the heads of replies on EPITOME and AnnoMI, and measures lexical and trained heads on them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dataset_platform.quality import labelled, reply_signs
from dataset_platform.quality.accuracy import Measured
from dataset_platform.quality.embedding import Embedder, Memorising
from dataset_platform.quality.head_fitting import SEED, Cases, Fitted, Origin, fit
from dataset_platform.quality.measurement import Accuracy
from dataset_platform.quality.reply_quality import CARD
from dataset_platform.quality.statistics import clustered_auc
from dataset_platform.quality.text_blocks import Sentences
from dataset_platform.quality.traits import TRAITS, Trait

HEADS_VERSION = "2"
NO_LICENCE = "none stated; the head stays with the project that trained it"
_BY_HAND = (
    "nothing is fitted; phrases and weights were set by hand with this set in view, so it is optimistic"
)
_SHORTEST = 8


@dataclass(frozen=True)
class Labelled:
    """A trait's labelled replies."""

    trait: Trait
    cases: Cases
    origin: Origin

    def fitted(self) -> Fitted:
        return fit(self.trait.name, HEADS_VERSION, self.cases, self.origin)


def read(trait: Trait, labels: Path, conversations: Path, embedder: Embedder) -> Labelled:
    """A trait's cases from its set; InputError where the set is missing."""
    if trait.dataset == "epitome":
        files = labelled.of_set(labels / "epitome", labelled.EPITOME[trait.name])
        return Labelled(trait, *_epitome(trait, files, embedder))
    files = labelled.of_set(conversations / "annomi", "AnnoMI-full.csv")
    return Labelled(trait, *_annomi(trait, files, embedder))


def measure(found: Labelled, fitted: Fitted) -> Iterator[Accuracy]:
    """AUC of the lexical and of the trained head; the latter is what `train-heads` gives."""
    cases, trait = found.cases, found.trait
    measured = Measured(CARD.name, CARD.version, found.origin.dataset, found.origin.sha256)
    lexical = trait.lexical(reply_signs.counted(cases.texts))
    auc, interval = clustered_auc(cases.positive, lexical, cases.group, SEED)
    n = len(cases.positive)
    yield measured.says("AUC", f"{trait.name}, lexical head", auc, interval, n, _BY_HAND)
    card = fitted.head.card
    yield measured.says("AUC", f"{trait.name}, trained head", card.auc, card.interval, n, card.split)


def measure_all(labels: Path, conversations: Path, embedder: Embedder) -> Iterator[Accuracy]:
    embedder = Memorising(embedder)
    for trait in TRAITS:
        found = read(trait, labels, conversations, embedder)
        yield from measure(found, found.fitted())


def _epitome(trait: Trait, files: list[Path], embedder: Embedder) -> tuple[Cases, Origin]:
    responses = labelled.epitome(files[0])
    texts = pa.array([response.text for response in responses], pa.large_string())
    sentences = Sentences.of(texts)
    shows = np.array(
        [
            any(_meets(passage, said) for passage in responses[owner].passages)
            for said, owner in zip(sentences.text.to_pylist(), sentences.owner, strict=True)
        ]
    )
    positive = np.array([response.shows for response in responses])
    cases = Cases(
        texts, reply_signs.features(texts), reply_signs.NAMES, embedder.embed(texts), positive,
        _numbered([response.seeker for response in responses]), shows=shows & positive[sentences.owner],
    )  # fmt: skip
    target = f"responses that show {trait.name}"
    licence = "research only, as its repository says; " + NO_LICENCE.partition("; ")[2]
    return cases, Origin("epitome", labelled.digest(files), licence, target, "seeker's post")


def _annomi(trait: Trait, files: list[Path], embedder: Embedder) -> tuple[Cases, Origin]:
    utterances = labelled.annomi_utterances(files[0])
    texts = pa.array([utterance.text for utterance in utterances], pa.large_string())
    positive = np.array([getattr(utterance, trait.name) for utterance in utterances])
    cases = Cases(
        texts, reply_signs.features(texts), reply_signs.NAMES, embedder.embed(texts), positive,
        _numbered([utterance.session for utterance in utterances]),
    )  # fmt: skip
    target = f"therapist turns labelled {trait.name}"
    return cases, Origin("annomi", labelled.digest(files), NO_LICENCE, target, "session")


def _meets(passage: str, said: str) -> bool:
    """Whether a marked passage and a sentence share words, as passages are cut freely."""
    bare = said.strip(".!? ")
    return passage in said or bare in passage or (len(passage) > _SHORTEST and passage[:25] in said)


def _numbered(names: Sequence[str]) -> NDArray[np.int64]:
    return np.unique(np.array(names), return_inverse=True)[1].astype(np.int64)
