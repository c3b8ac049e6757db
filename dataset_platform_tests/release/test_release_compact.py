import pyarrow as pa
import pytest

from dataset_platform.release.compact import compact, in_words
from dataset_platform_tests.release.release_records import sha

DIGITS = ["", None, sha("one"), sha("other"), None, ""]


@pytest.mark.parametrize("strings", [pa.string(), pa.large_string()])
def test_digests_are_held_as_the_bytes_that_their_digits_stand_for(strings):
    table = pa.table({"split_group": pa.array(DIGITS, strings)})
    held = compact([table, table.slice(1, 3), table.slice(4, 1), table.slice(0, 0)])
    digits = [*DIGITS, *DIGITS[1:4], DIGITS[4]]
    assert held["split_group"].to_list() == [None if one is None else bytes.fromhex(one) for one in digits]
    assert in_words(held)["split_group"].to_list() == digits
