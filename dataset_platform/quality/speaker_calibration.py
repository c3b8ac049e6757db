"""Fits the head that tells therapists' turns from clients', and measures it with planted swaps elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from dataset_platform.heads import Head
from dataset_platform.quality import pairs, reply_signs, speakers
from dataset_platform.quality.accuracy import Measured
from dataset_platform.quality.coherence import mean_by
from dataset_platform.quality.dialogue_sets import PERMITTED, digested
from dataset_platform.quality.head_fitting import SEED, Cases, Origin, fit_features
from dataset_platform.quality.labelled import Dialogue
from dataset_platform.quality.measurement import Accuracy
from dataset_platform.quality.statistics import clustered_auc
from dataset_platform.schemas import Role

FLAGGED = 0.005  # of the therapists' turns that the head is fitted on, when they were unseen
_STRENGTH = 0.1
_SPLIT = "fitted on counsel_chat and vera_mh only"


def fit_and_measure(conversations: Path) -> tuple[list[Accuracy], Head]:
    """The head, and its accuracy on dialogues of two sets that it was not fitted on."""
    fitted = {name: digested(conversations, name) for name in PERMITTED}
    digests = {name: sha256 for name, (sha256, _) in fitted.items()}
    origin = Origin.of_permitted(digests, "turns of therapists against turns of clients")
    head = _fitted([dialogues for _, dialogues in fitted.values()], origin)
    return [*measure(head, conversations)], head


def measure(head: Head, conversations: Path) -> Iterator[Accuracy]:
    """How well the head tells single turns apart, and whole dialogues from the same with roles swapped."""
    for name in ("esconv", "annomi"):
        sha256, dialogues = digested(conversations, name)
        yield from _of_set(head, Measured(speakers.NAME, speakers.CARD.version, name, sha256), dialogues)


def _fitted(sets: list[list[Dialogue]], origin: Origin) -> Head:
    """A dialogue and its excerpt are one group; every set weighs the same, whole and as excerpts."""
    texts, positive, group, weight, groups = [], [], [], [], 0
    for dialogues in sets:
        for version in (dialogues, pairs.excerpts(dialogues, SEED)):
            said, is_reply, owner = turns(version)
            texts += said
            positive.append(is_reply)
            group.append(owner + groups)
            weight.append(np.full(len(said), 1_000 / len(said)))
        groups += len(dialogues)
    column, labels = pa.array(texts, pa.large_string()), np.concatenate(positive)
    no_vectors = np.empty((len(texts), 0), np.float32)
    cases = Cases(
        column, reply_signs.features(column), reply_signs.NAMES, no_vectors, labels,
        np.concatenate(group), weight=np.concatenate(weight),
    )  # fmt: skip
    fitted = fit_features(speakers.NAME, "1", cases, origin, _STRENGTH)
    threshold = float(np.quantile(fitted.unseen[labels], FLAGGED))
    return fitted.head.model_copy(update={"threshold": round(threshold, 4)})


def turns(dialogues: list[Dialogue]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Texts of all turns, whether each is a therapist's, and the place of its dialogue."""
    flat = [(place, role, text) for place, d in enumerate(dialogues) for role, text in d.messages]
    is_reply = np.array([role == Role.ASSISTANT.value for _, role, _ in flat])
    return [text for _, _, text in flat], is_reply, np.array([place for place, _, _ in flat])


def _of_set(head: Head, measured: Measured, dialogues: list[Dialogue]) -> Iterator[Accuracy]:
    texts, is_reply, owner = turns(dialogues)
    found = speakers.logits(head, pa.array(texts, pa.large_string()))
    auc, interval = clustered_auc(is_reply, found, owner, SEED)
    yield measured.says("AUC", "turns: therapist's or client's", auc, interval, len(texts), _SPLIT)
    low = speakers.reads_like_client(head, found)
    for metric, target, side in (
        ("recall", "turns of clients that stand as replies", ~is_reply),
        ("false-positive rate", "replies of therapists", is_reply),
    ):
        yield measured.share(metric, target, int((low & side).sum()), int(side.sum()), _SPLIT)
    means = [mean_by(owner[side], found[side], len(dialogues)) for side in (is_reply, ~is_reply)]
    margin = (means[1] - means[0])[~np.isnan(means[1] - means[0])]
    n = len(margin)
    planted = np.repeat([True, False], n)
    auc, interval = clustered_auc(planted, np.r_[-margin, margin], np.tile(np.arange(n), 2), SEED)
    yield measured.says("AUC", "dialogues with planted swaps of roles", auc, interval, n, _SPLIT, True)
    for metric, target, values in (
        ("recall", "dialogues whose roles were swapped", -margin),
        ("false-positive rate", "dialogues as they are", margin),
    ):
        yield measured.share(metric, target, int((values >= speakers.SWAPPED_FROM).sum()), n, _SPLIT)
