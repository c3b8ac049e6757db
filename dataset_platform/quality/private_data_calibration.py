"""How well the sweep for private data does: on labelled sentences, and on real turns that were masked.

Names in masked turns were judged by a reader; what is kept of that are digests (`judged_names.json`).
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pyarrow as pa

from dataset_platform.curate.configuration import PrivateKind, Span
from dataset_platform.curate.masking import Masked, masked_texts
from dataset_platform.quality import labelled, masking_accuracy
from dataset_platform.quality.accuracy import Measured
from dataset_platform.quality.dialogue_sets import REAL, chats_of
from dataset_platform.quality.labelled import PrivateSpan, Sentence
from dataset_platform.quality.left_over_names import name_spans
from dataset_platform.quality.masking_accuracy import flags_of
from dataset_platform.quality.measurement import Accuracy
from dataset_platform.quality.private_data import CARD, KINDS, NAME, Kind, matches
from dataset_platform.quality.statistics import wilson

JUDGED = "judged_names.json"
UNFITTED = "nothing is fitted"
TUNED = "nothing is fitted; rules were written while looking at these turns"
LEFT_OVER = "names that masking left in labelled sentences"


def measure(labels: Path, conversations: Path) -> list[Accuracy]:
    """Recall and precision of each kind that has labels, and of names in what masking leaves."""
    files, sentences, found = masking_accuracy.of_unseen(labels, conversations)
    measured = Measured(CARD.name, CARD.version, "presidio", labelled.digest(files))
    return [
        *(entry for kind in KINDS for entry in _on_sentences(measured, sentences, kind)),
        _left_in_sentences(measured, sentences, found),
        *_in_turns(conversations),
    ]


def _on_sentences(measured: Measured, sentences: Sequence[Sentence], kind: Kind) -> Iterator[Accuracy]:
    truth = np.array([any(span.kind == kind.label for span in s.spans) for s in sentences])
    if kind.label is None or not truth.any():
        return
    hit = np.zeros(len(sentences), bool)
    hit[matches(pa.array([s.text for s in sentences], pa.large_string()), kind)[0]] = True
    both = int((hit & truth).sum())
    yield measured.share("recall", kind.labelled, both, int(truth.sum()), UNFITTED, True)
    if kind.name == NAME:  # what is no person's here is a firm's or a street's, which masking takes away
        return
    if hit.any():
        yield measured.share("precision", kind.flagged, both, int(hit.sum()), UNFITTED, True)
    alarms, without = int((hit & ~truth).sum()), int((~truth).sum())
    yield measured.share("false-positive rate", kind.unlabelled, alarms, without, UNFITTED)


def _left_in_sentences(
    measured: Measured, sentences: Sequence[Sentence], found: Sequence[Sequence[Span]]
) -> Accuracy:
    """How many of the labelled names that masking misses the sweep finds."""
    n_left = n_found = 0
    for sentence, spans in zip(sentences, found, strict=True):
        left = [
            _once_masked(name, sentence.text, spans)
            for name in sentence.spans
            if name.kind == "PERSON" and not any(name.meets(start, end) for start, end, _ in spans)
        ]
        n_left += len(left)
        swept = name_spans(_hidden(sentence.text, spans)) if left else []
        n_found += sum(any(name.meets(*span) for span in swept) for name in left)
    split = f"{UNFITTED}; masked by taggers that had not seen the sentence's template"
    return measured.share("recall", LEFT_OVER, n_found, n_left, split, True)


def _once_masked(name: PrivateSpan, text: str, spans: Sequence[Span]) -> PrivateSpan:
    """Where a name that meets no span stands once the spans before it are masked."""
    start, end = (
        len(_hidden(text[:place], [span for span in spans if span[1] <= place]))
        for place in (name.start, name.end)
    )
    return replace(name, start=start, end=end)


def _hidden(text: str, spans: Sequence[Span]) -> str:
    masked = Masked.of(text)
    masked.hide(spans)
    return masked.text


def _in_turns(conversations: Path) -> Iterator[Accuracy]:
    """What the sweep takes for names in masked real conversations, each name of a conversation once."""
    right = frozenset(json.loads((resources.files(__package__) / JUDGED).read_text("utf-8"))["right"])
    files, turns, owners = masked_turns(conversations)
    names: dict[tuple[int, str], bool] = defaultdict(bool)
    n_flags = n_wrong_turns = n_right_turns = 0
    for turn, owner in zip(turns, owners, strict=True):
        spans = [(start, end, PrivateKind.NAME) for start, end in name_spans(turn)]
        is_right = [flag in right for flag in flags_of(turn, spans)]
        for (start, end, _), so in zip(spans, is_right, strict=True):
            names[owner, turn[start:end].lower()] |= so
        n_flags += len(spans)
        n_right_turns += any(is_right)
        n_wrong_turns += bool(is_right) and not any(is_right)
    measured = Measured(CARD.name, CARD.version, "+".join(REAL), labelled.digest(files))
    kind = next(kind for kind in KINDS if kind.name == NAME)
    yield measured.share("precision", kind.flagged, sum(names.values()), len(names), TUNED, True)
    nameless = len(turns) - n_right_turns
    yield measured.share("false-positive rate", kind.unlabelled, n_wrong_turns, nameless, TUNED)
    low, high = wilson(n_flags, len(turns))
    per_1000, interval = 1000 * n_flags / len(turns), (1000 * low, 1000 * high)
    yield measured.says("flags per 1,000 turns", kind.flagged, per_1000, interval, len(turns), TUNED)


def masked_turns(conversations: Path) -> tuple[list[Path], list[str], list[int]]:
    """Files of the real sets, their turns as masking leaves them, and the conversation of each."""
    files: list[Path] = []
    said: list[str] = []
    owners: list[int] = []
    n_dialogues = 0
    for name in REAL:
        of_set, dialogues = chats_of(conversations, name)
        files += of_set
        for owner, dialogue in enumerate(dialogues, start=n_dialogues):
            said += [text for _, text in dialogue.messages]
            owners += [owner] * len(dialogue.messages)
        n_dialogues += len(dialogues)
    masked = masked_texts(said, owners, [True] * len(said), frozenset(PrivateKind))
    return files, [text.text for text in masked], owners
