"""Measures every validator on labelled data, and fits the heads that have coefficients."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from dataset_platform.errors import UsageError
from dataset_platform.heads import Head
from dataset_platform.quality import (
    answered_calibration,
    appropriateness,
    crisis,
    crisis_calibration,
    crisis_fitting,
    crisis_triage,
    labelled,
    masking_accuracy,
    private_data_calibration,
    red_lines,
    reply_calibration,
    reply_quality,
    speaker_calibration,
    speakers,
)
from dataset_platform.quality.accuracy import FILE, AccuracyTable, Measured
from dataset_platform.quality.accuracy import packaged as packaged_table
from dataset_platform.quality.coherence_calibration import SEED, fit_and_measure
from dataset_platform.quality.dialogue_sets import REAL, chats_of, digested
from dataset_platform.quality.embedding import Embedder
from dataset_platform.quality.measurement import Accuracy
from dataset_platform.quality.sentence_model import chosen
from dataset_platform.quality.statistics import clustered_auc

HERE = Path(__file__).parent
SAFETY = HERE.parent / "curate" / "safety"


@dataclass(frozen=True)
class Calibration:
    """What a calibration leaves: the table of accuracies, and the heads that were fitted anew."""

    accuracies: AccuracyTable
    coherence: Head | None
    toxicity: Head | None
    speakers: Head | None


def calibrate(
    labels: Path,
    conversations: Path,
    embedder: Embedder | None = None,
    only: Collection[str] = (),
) -> Calibration:
    """The measured accuracy of all validators, or of `only` those, and the heads that they fit.

    `labels` holds crisis_cssrs/, epitome/, hatecheck/ and presidio/, `conversations` counsel_chat/,
    vera_mh/, esconv/, annomi/ and schema_guided/, each as its origin publishes it
    (`<folder>/raw/` or `<folder>/`). With `only`, the entries of other validators stay as they
    are. InputError names what is missing; UsageError a validator that is not known.
    """
    coherence_head: Head | None = None
    toxicity_head: Head | None = None
    speakers_head: Head | None = None

    def coherences() -> Iterable[Accuracy]:
        nonlocal coherence_head
        found, coherence_head = fit_and_measure(conversations, embedder or chosen().load())
        return found

    def toxicities() -> Iterable[Accuracy]:
        nonlocal toxicity_head
        found, toxicity_head = _toxicity(labelled.of_set(labels / "hatecheck", "*.csv"))
        return found

    def of_speakers() -> Iterable[Accuracy]:
        nonlocal speakers_head
        found, speakers_head = speaker_calibration.fit_and_measure(conversations)
        return found

    measures: dict[str, Callable[[], Iterable[Accuracy]]] = {
        "semantic_coherence": coherences,
        "therapeutic_appropriateness": lambda: _appropriateness(
            labelled.of_set(conversations / "annomi", "AnnoMI-full.csv")
        ),
        "crisis_flags": lambda: _crisis(labelled.of_set(labels / "crisis_cssrs", "*.csv"), conversations),
        "toxicity": toxicities,
        "private_data": lambda: private_data_calibration.measure(labels, conversations),
        reply_quality.CARD.name: lambda: reply_calibration.measure_all(
            labels, conversations, embedder or chosen().load()
        ),
        crisis_triage.CARD.name: lambda: crisis_fitting.fit_heads(labels, embedder or chosen().load())[1],
        red_lines.CARD.name: lambda: _red_lines(conversations),
        speakers.NAME: of_speakers,
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
    return Calibration(AccuracyTable(entries=tuple(entries)), coherence_head, toxicity_head, speakers_head)


def write(calibration: Calibration, folder: Path | None = None, safety: Path = SAFETY) -> tuple[Path, ...]:
    """Writes `accuracy.json` and the coefficients of heads that were fitted: figures and digests, no text.

    They go beside the chosen sentence model if no folder is named; heads that read no vectors, into the
    package.
    """
    folder = folder or chosen().calibration
    folder.mkdir(exist_ok=True)
    written = [calibration.accuracies.write(folder / FILE)]
    if calibration.coherence:
        written.append(calibration.coherence.write(folder))
    if calibration.speakers:
        written.append(calibration.speakers.write(HERE))
    if calibration.toxicity:
        written.append(calibration.toxicity.write(safety))
    return tuple(written)


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


def _crisis(files: list[Path], conversations: Path) -> list[Accuracy]:
    card = crisis.CARD
    measured = Measured(card.name, card.version, "crisis_cssrs", labelled.digest(files))
    entries = crisis_calibration.of_posts(labelled.crisis_posts(files[0]), measured)
    for name in REAL:
        chats, dialogues = chats_of(conversations, name)
        entries.append(crisis_calibration.of_chats(name, dialogues, labelled.digest(chats)))
        entries += answered_calibration.precision(name, chats, dialogues)
    return entries


def _red_lines(conversations: Path) -> list[Accuracy]:
    """How often each rule speaks on real replies: an alarm rate, as no label says which are right."""
    entries = []
    for name in REAL:
        sha256, dialogues = digested(conversations, name)
        measured = Measured(red_lines.CARD.name, red_lines.CARD.version, name, sha256)
        said = [text for d in dialogues for role, text in d.messages if role == "assistant"]
        for line, hit in red_lines.crossed(pa.array(said, pa.large_string())).items():
            target = f"{line}, replies, unlabelled"
            entries.append(
                measured.share("share flagged", target, int(hit.sum()), len(said), "nothing is fitted")
            )
    return entries


def _toxicity(files: list[Path]) -> tuple[list[Accuracy], Head]:
    # Imported here: curate pulls in its language models, which only a calibration needs.
    from dataset_platform.quality import toxicity_calibration

    card = toxicity_calibration.CARD
    measured = Measured(card.name, card.version, "hatecheck", labelled.digest(files))
    return toxicity_calibration.fit_and_measure(labelled.hate_cases(files[0]), measured)
