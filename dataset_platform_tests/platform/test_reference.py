"""The reference in the docs says what the code says."""

from pathlib import Path

from dataset_platform.reference import reference

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "reference.md"


def test_the_reference_is_up_to_date():
    renew = "python -m dataset_platform.reference > docs/reference.md"
    assert COMMITTED.read_text() == reference(), f"docs/reference.md is out of date; run: {renew}"
