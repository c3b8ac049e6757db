"""The packaged accuracies are those that a fresh calibration gives."""

from pathlib import Path

import pytest

from dataset_platform.curate.safety import toxicity
from dataset_platform.errors import InputError
from dataset_platform.quality import accuracy, calibrate, embedding
from dataset_platform.quality.assessment import validators
from dataset_platform.quality.coherence import packaged_head
from dataset_platform_tests.quality.conftest import BagOfWords

SHARED = Path(__file__).parents[3] / "shared" / "data"


def test_every_gated_validator_has_a_packaged_accuracy() -> None:
    table = accuracy.packaged()
    for validator in validators():
        if validator.card.name not in ("bias", "hygiene"):
            assert table.headline(validator.card.name, validator.card.version), validator.card.name


def test_packaged_coefficients_name_only_data_that_may_be_fitted_on() -> None:
    assert set(packaged_head().fitted_on) == {"counsel_chat", "vera_mh"}


def test_missing_labels_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="counsel_chat"):
        calibrate(tmp_path, tmp_path, BagOfWords())


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not SHARED.is_dir(), reason="the labelled sets are not beside this checkout")
def test_packaged_accuracies_match_a_fresh_calibration() -> None:
    calibration = calibrate(SHARED / "labels", SHARED, embedding.packaged())
    table, head = calibration.accuracies, calibration.coherence
    packaged = accuracy.packaged()
    keys = [(e.validator, e.dataset, e.metric, e.target) for e in packaged.entries]
    assert [(e.validator, e.dataset, e.metric, e.target) for e in table.entries] == keys
    for fresh, stored in zip(table.entries, packaged.entries, strict=True):
        assert fresh.value == pytest.approx(stored.value, abs=0.01), stored
        assert fresh.dataset_sha256 == stored.dataset_sha256
    assert head.weights == pytest.approx(packaged_head().weights, abs=0.05)
    assert calibration.toxicity.weights == pytest.approx(toxicity.packaged_head().weights, abs=0.05)
