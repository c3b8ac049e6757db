"""The packaged accuracies are those that a fresh calibration gives."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from dataset_platform.curate.safety import toxicity
from dataset_platform.errors import InputError
from dataset_platform.quality import Accuracy, accuracy, calibrate, embedding, reply_calibration
from dataset_platform.quality.assessment import validators
from dataset_platform.quality.coherence import packaged_head
from dataset_platform.quality.coherence_calibration import measure_elsewhere
from dataset_platform.quality.traits import TRAITS
from dataset_platform_tests.quality.conftest import BagOfWords

SHARED = Path(__file__).parents[3] / "shared" / "data"


BESIDE_THE_GATES = {"reply_quality", "crisis_triage", "red_lines"}
OF_OTHERS = {"bias", "hygiene", "crisis_handling"}


def test_every_validator_has_a_packaged_accuracy() -> None:
    table = accuracy.packaged()
    for card in (validator.card for validator in validators()):
        measured = table.of if card.name in BESIDE_THE_GATES else table.headline
        assert card.name in OF_OTHERS or measured(card.name, card.version), card.name


def test_packaged_coefficients_name_only_data_that_may_be_fitted_on() -> None:
    assert packaged_head().card.dataset == "counsel_chat+vera_mh"
    assert toxicity.packaged_head().card.dataset == "hatecheck"


def test_missing_labels_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="counsel_chat"):
        calibrate(tmp_path, tmp_path, BagOfWords())


needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the labelled sets are not beside this checkout")
# What a vector is needed for is measured on a part of its sets: all of them take many minutes.
WITHOUT_VECTORS = {
    "therapeutic_appropriateness", "crisis_flags", "toxicity", "private_data", "red_lines", "speakers",
    "private_data_masking",
}  # fmt: skip


def agree(fresh: Iterable[Accuracy], stored: Iterable[Accuracy], within: float = 0.01) -> None:
    """The same figures on the same data, in the same order."""
    for one, other in zip(fresh, stored, strict=True):
        assert (one.metric, one.target, one.dataset_sha256) == (
            other.metric,
            other.target,
            other.dataset_sha256,
        )
        assert one.value == pytest.approx(other.value, abs=within), other


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs_data
def test_packaged_accuracies_match_a_fresh_calibration() -> None:
    calibration = calibrate(SHARED / "labels", SHARED, only=WITHOUT_VECTORS)
    agree(calibration.accuracies.entries, accuracy.packaged().entries)
    assert {e.validator for e in calibration.accuracies.entries} > WITHOUT_VECTORS
    ours = toxicity.packaged_head().parts[0].weights
    assert calibration.toxicity.parts[0].weights == pytest.approx(ours, abs=0.05)


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs_data
def test_packaged_coherence_is_that_of_the_packaged_head_on_a_set_it_was_not_fitted_on() -> None:
    fresh = measure_elsewhere(packaged_head(), SHARED, embedding.packaged(), {"annomi"})
    stored = (e for e in accuracy.packaged().of("semantic_coherence", "1") if e.dataset == "annomi")
    agree(fresh, stored)


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs_data
def test_a_head_trained_anew_is_as_good_as_the_packaged_table_says() -> None:
    trait = next(trait for trait in TRAITS if trait.name == "explorations")
    found = reply_calibration.read(trait, SHARED / "labels", SHARED, embedding.packaged())
    stored = (e for e in accuracy.packaged().of("reply_quality", "1") if e.target.startswith("explorations,"))
    agree(reply_calibration.measure(found, found.fitted()), stored)
