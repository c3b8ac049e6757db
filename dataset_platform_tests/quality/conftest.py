"""Hand-made releases of our own writing, and an embedder that needs no model."""

import hashlib
from collections.abc import Callable

import daft
import numpy as np
import pyarrow as pa
import pytest

from dataset_platform.quality import crisis
from dataset_platform.quality.accuracy import AccuracyTable
from dataset_platform.quality.measurement import Accuracy
from dataset_platform.quality.private_data import KINDS, PrivateData
from dataset_platform.schemas import RELEASE
from dataset_platform_tests.rows import nothing

Row = dict[str, object]
THRESHOLDS = {
    "semantic_coherence": 0.80,
    "therapeutic_appropriateness": 0.70,
    "crisis_flags": 0.005,
    "private_data": 0,
    "bias": 0.60,
    "overall": 0.75,
}
MANIFEST = "ab" * 32


class BagOfWords:
    """Unit vectors of hashed words: texts that share words lie close."""

    def embed(self, texts: pa.Array) -> np.ndarray:
        vectors = np.full((len(texts), 384), 1e-3, np.float32)
        for row, text in enumerate(texts.to_pylist()):
            for word in text.lower().split():
                vectors[row, int(hashlib.sha256(word.encode()).hexdigest(), 16) % 384] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def row(number: int, turns: list[tuple[str, str]], **changes: object) -> Row:
    """A row of a release that keeps its contract; `changes` replace columns."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return (
        nothing(RELEASE)
        | {
            "conversation_id": digest,
            "split": "train",
            "source": "made_by_hand",
            "stage": "foundation",
            "messages": [{"role": role, "content": content} for role, content in turns],
            "is_edge_case": False,
            "license": "MIT",
            "attributes": "{}",
            "origin_file": "raw/made_by_hand/a.jsonl",
            "origin_sha256": "cd" * 32,
            "origin_position": number,
            "text_sha256": digest,
            "language": "en",
            "n_turns": len(turns),
            "n_chars": sum(len(content) for _, content in turns),
            "cluster_id": digest,
        }
        | changes
    )


def frame(rows: list[Row]) -> daft.DataFrame:
    return daft.from_arrow(pa.Table.from_pylist(rows, schema=RELEASE.arrow))


TOPICS = (
    ("sleep", "nights", "waking", "tired"),
    ("garden", "roses", "weeds", "spring"),
    ("exam", "studying", "marks", "teacher"),
    ("running", "knee", "training", "race"),
    ("music", "guitar", "practice", "concert"),
    ("cooking", "kitchen", "recipe", "dinner"),
)


def good_row(number: int, **changes: object) -> Row:
    """A conversation that passes every gate: replies share words with the client and reflect."""
    a, b, c, d = TOPICS[number % len(TOPICS)]
    return row(
        number,
        [
            ("user", f"Since spring {number} my {a} worries me, {b} and {c} leave me {d}."),
            (
                "assistant",
                f"It sounds like {a} worries you, with {b} and {c}. What about {d} worries you most?",
            ),
            ("user", f"Mostly the {b}, and that {c} never stops while {d} stays."),
            ("assistant", f"You feel the {b} and {c} never stops while {d} stays. Thank you for telling me."),
        ],
        **changes,
    )


def sixty_good_rows() -> list[Row]:
    return [good_row(number, split=("train", "validation", "test")[number % 3]) for number in range(60)]


@pytest.fixture
def good_rows() -> list[Row]:
    return sixty_good_rows()


VERSIONS = {"crisis_flags": crisis.CARD.version, "private_data": PrivateData().card.version}


def accuracy(validator: str, metric: str = "AUC", value: float = 0.9, target: str = "made up") -> Accuracy:
    return Accuracy(
        validator=validator,
        validator_version=VERSIONS.get(validator, "1"),
        metric=metric,
        target=target,
        value=value,
        interval=(value - 0.05, min(1.0, value + 0.05)),
        n=100,
        dataset="made_by_hand",
        dataset_sha256="ef" * 32,
        split="none",
        headline=True,
    )


@pytest.fixture(scope="session")
def table() -> AccuracyTable:
    """Accuracies made up for tests of everything but accuracy."""
    return AccuracyTable(
        entries=(
            accuracy("semantic_coherence"),
            accuracy("therapeutic_appropriateness"),
            accuracy("crisis_flags", "recall"),
            *(accuracy("private_data", "precision", 0.95, kind.flagged) for kind in KINDS),
        )
    )


@pytest.fixture(scope="session")
def assessed(table: AccuracyTable) -> Callable:
    from dataset_platform.quality import assess

    def assess_rows(rows: list[Row], **changes: object):
        settings = {"table": table, "embedder": BagOfWords()} | changes
        return assess(frame(rows), THRESHOLDS, MANIFEST, "1.0.0", **settings)

    return assess_rows


@pytest.fixture(scope="session")
def judged(assessed: Callable) -> Callable:
    return lambda rows, **changes: assessed(rows, **changes).report


@pytest.fixture(scope="session")
def good_report(judged: Callable):
    """The report of `good_rows`, made once."""
    return judged(sixty_good_rows())
