import pytest

from dataset_platform.display import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 records"), (1, "1 record"), (2, "2 records"), (2000, "2,000 records")]
)
def test_one_thing_is_counted_in_the_singular(number, words):
    assert counted(number, "record") == words
