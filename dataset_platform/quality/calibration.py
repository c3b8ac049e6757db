"""Measures every validator on labelled data, and fits the one head that has coefficients."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from dataset_platform.errors import UsageError
from dataset_platform.quality import (
    appropriateness,
    coherence,
    crisis,
    labelled,
    masking_accuracy,
    private_data,
)
from dataset_platform.quality.accuracy import PACKAGED, AccuracyTable, Measured
from dataset_platform.quality.accuracy import packaged as packaged_table
from dataset_platform.quality.coherence import Head, packaged_head
from dataset_platform.quality.coherence_calibration import SEED, fit_and_measure
from dataset_platform.quality.embedding import Embedder, packaged
from dataset_platform.quality.measurement import Accuracy
from dataset_platform.quality.statistics import clustered_auc

HERE = Path(__file__).parent


def calibrate(
    labels: Path,
    conversations: Path,
    embedder: Embedder | None = None,
    only: Collection[str] = (),
) -> tuple[AccuracyTable, Head]:
    """The measured accuracy of all validators, and the coherence head fitted anew.

    `labels` holds crisis_cssrs/ and presidio/, `conversations` the folders counsel_chat/,
    vera_mh/, esconv/, annomi/ and schema_guided/, each as its origin publishes it
    (`<folder>/raw/` or `<folder>/`). With `only`, the entries of other validators stay as they
    are. InputError names what is missing; UsageError a validator that is not known.
    """
    head = packaged_head()

    def coherences() -> Iterable[Accuracy]:
        nonlocal head
        found, head = fit_and_measure(conversations, embedder or packaged())
        return found

    measures: dict[str, Callable[[], Iterable[Accuracy]]] = {
        "semantic_coherence": coherences,
        "therapeutic_appropriateness": lambda: _appropriateness(
            labelled.of_set(conversations / "annomi", "AnnoMI-full.csv")
        ),
        "crisis_flags": lambda: _crisis(labelled.of_set(labels / "crisis_cssrs", "*.csv")),
        "private_data": lambda: _private_data(labelled.of_set(labels / "presidio", "*.json")),
        masking_accuracy.VALIDATOR: lambda: masking_accuracy.measure(labels, conversations),
    }
    if unknown := set(only) - set(measures):
        raise UsageError(f"--validator {min(unknown)}: no such validator. There are: {', '.join(measures)}")
    kept = packaged_table().entries if only else ()
    entries = [
        entry
        for name, measure in measures.items()
        for entry in (measure() if not only or name in only else (e for e in kept if e.validator == name))
    ]
    return AccuracyTable(entries=tuple(entries)), head


def write(table: AccuracyTable, head: Head, folder: Path = HERE) -> tuple[Path, Path]:
    """Writes `accuracy.json` and `coherence.json`: figures, digests and coefficients, no text."""
    return table.write(folder / PACKAGED), head.write(folder / coherence.PACKAGED)


def _appropriateness(files: list[Path]) -> list[Accuracy]:
    card = appropriateness.Appropriateness().card
    measured = Measured(card.name, card.version, "annomi", labelled.digest(files))
    utterances = labelled.annomi_utterances(files[0])
    quality = {d.id: bool(d.high_quality) for d in labelled.annomi(files[0])}
    sessions = sorted(quality)
    session = np.array([sessions.index(u.session) for u in utterances])
    texts = pa.array([u.text for u in utterances], pa.large_string())
    consistent, inconsistent = (
        sum(
            (b.weight * np.bincount(session, appropriateness.shown(texts, b), len(sessions)) for b in side),
            start=np.zeros(len(sessions)),
        )
        for side in (appropriateness.CONSISTENT, appropriateness.INCONSISTENT)
    )
    score = (1 + consistent) / (2 + consistent + inconsistent)
    split = "nothing is fitted; phrases and weights were set by hand before this was measured"
    auc, interval = clustered_auc(
        np.array([quality[s] for s in sessions]), score, np.arange(len(sessions)), SEED
    )
    n_low = len(sessions) - sum(quality.values())
    entries = [
        measured.says(
            "AUC",
            f"high-quality sessions against {n_low} of low quality",
            auc,
            interval,
            len(sessions),
            split,
            True,
        )
    ]
    for behaviour, label in (("reflection", "reflection"), ("open question", "open_question")):
        rule = next(b for b in appropriateness.CONSISTENT if b.name == behaviour)
        found = appropriateness.shown(texts, rule) > 0
        truth = np.array([getattr(u, label) for u in utterances])
        both, target = int((found & truth).sum()), f"therapist turns labelled {behaviour}"
        entries.append(measured.share("recall", target, both, int(truth.sum()), split))
        entries.append(measured.share("precision", target, both, int(found.sum()), split))
    return entries


def _crisis(files: list[Path]) -> list[Accuracy]:
    card = crisis.CrisisFlags().card
    measured = Measured(card.name, card.version, "crisis_cssrs", labelled.digest(files))
    users = labelled.crisis_posts(files[0])
    flags = crisis.curated_flagger()
    owner = np.repeat(np.arange(len(users)), [len(user.texts) for user in users])
    posts = pa.array([text for user in users for text in user.texts], pa.large_string())
    is_flagged = np.bincount(owner[crisis.flagged(flags(posts))], minlength=len(users)) > 0
    at_risk = np.array([user.at_risk for user in users])
    split = "nothing is fitted; a user counts as flagged when any post is"
    return [
        measured.share(
            "recall", "users with suicidal ideation, behaviour or attempt", int((is_flagged & at_risk).sum()),
            int(at_risk.sum()), split, True,
        ),
        measured.share(
            "false-positive rate", "users who support others or show indicators only",
            int((is_flagged & ~at_risk).sum()), int((~at_risk).sum()), split, True,
        ),
    ]  # fmt: skip


def _private_data(files: list[Path]) -> list[Accuracy]:
    card = private_data.PrivateData().card
    measured = Measured(card.name, card.version, "presidio", labelled.digest(files))
    sentences = labelled.private_sentences(files[0])
    texts = pa.array([sentence.text for sentence in sentences], pa.large_string())
    split = "nothing is fitted"
    entries = []
    for kind in private_data.KINDS:
        truth = np.array([any(span.kind == kind.label for span in s.spans) for s in sentences])
        if kind.label is None or not truth.any():
            continue
        found = np.zeros(len(sentences), bool)
        found[private_data.matches(texts, kind)[0]] = True
        both, target = int((found & truth).sum()), f"sentences with a labelled {kind.name}"
        entries.append(measured.share("recall", target, both, int(truth.sum()), split, True))
        if found.any():
            entries.append(measured.share("precision", target, both, int(found.sum()), split, True))
    return entries
