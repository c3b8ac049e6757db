"""Trains the heads whose data has no licence to package them, from sets that the user points to."""

from collections.abc import Mapping
from pathlib import Path

from dataset_platform.errors import InputError
from dataset_platform.heads import Head
from dataset_platform.quality import crisis_fitting, labelled, reply_calibration
from dataset_platform.quality.embedding import Embedder, Memorising
from dataset_platform.quality.sentence_model import chosen
from dataset_platform.quality.traits import TRAITS, Heads

TRAINING_VERSION = f"{reply_calibration.HEADS_VERSION}.{crisis_fitting.HEADS_VERSION}"
_PATTERNS = {"epitome": "*.csv", "crisis_cssrs": "*.csv", "annomi": "AnnoMI-full.csv"}


def training_sets(labels: Path, conversations: Path) -> dict[str, str]:
    """SHA-256 of each set that heads are trained on and that is there; InputError where there is none.

    `labels` holds epitome/ and crisis_cssrs/, `conversations` annomi/, each as its origin publishes it.
    """
    found = {}
    for name, pattern in _PATTERNS.items():
        folder = (conversations if name == "annomi" else labels) / name
        if folder.is_dir():
            found[name] = labelled.digest(labelled.of_set(folder, pattern))
    if not found:
        raise InputError(
            f"{labels} and {conversations}: none of {', '.join(_PATTERNS)} is there to train heads on. "
            "Lay the sets down as their origins publish them."
        )
    return found


def train_heads(labels: Path, conversations: Path, embedder: Embedder | None = None) -> tuple[Head, ...]:
    """A head for each trait and for crises, as far as their sets are there; a few minutes on two cores."""
    sets = training_sets(labels, conversations)
    embedder = Memorising(embedder or chosen().load())
    heads = [
        reply_calibration.read(trait, labels, conversations, embedder).fitted().head
        for trait in TRAITS
        if trait.dataset in sets
    ]
    crisis = crisis_fitting.fit_heads(labels, embedder)[0] if "crisis_cssrs" in sets else ()
    return (*heads, *crisis)


def write_heads(heads: tuple[Head, ...], folder: Path) -> None:
    """One file a head; the same heads give the same bytes."""
    for head in heads:
        head.write(folder)


def read_heads(folder: Path) -> Heads:
    """The heads of a folder by name; InputError names one that is none, or is of other vectors."""
    heads: Mapping[str, Head] = {path.stem: Head.read(path) for path in sorted(folder.glob("*.json"))}
    for name, head in heads.items():
        if head.card.vectors not in ("", chosen().name):
            raise InputError(
                f"{folder / name}.json: trained on vectors of {head.card.vectors}, not of {chosen().name}. "
                "Train the heads again with `dataset-platform qa train-heads`, or mend DATASET_EMBEDDER."
            )
    return heads


def head_cards(heads: Heads) -> list[dict[str, str | float | int | None]]:
    """One plain row a head, for a table in Dagster or a terminal."""
    return [
        {
            "head": head.name,
            "AUC": head.card.auc,
            "interval": f"{head.card.interval[0]:.3f} to {head.card.interval[1]:.3f}",
            "n": head.card.n,
            "positive": head.card.n_positive,
            "data": f"{head.card.dataset} {head.card.dataset_sha256[:8]}",
            "kept apart by": head.card.split,
        }
        for head in heads.values()
    ]
