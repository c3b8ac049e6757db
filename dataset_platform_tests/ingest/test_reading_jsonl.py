import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_platform.ingest import rejection
from dataset_platform.ingest.describing.description import Limits
from dataset_platform.ingest.formats.json_values import has_long_number
from dataset_platform_tests.ingest.hand_made import describe, read_one

PAIRS = describe(
    [
        {
            "shape": "fields",
            "turns": [{"content": "q", "role": "user"}, {"content": "a", "role": "assistant"}],
        }
    ]
)
GOOD = b'{"q": "x", "a": "y"}'

REJECTED_LINES = [
    (b'{"q": "x", "a": NaN}', "bad_syntax"),
    (b'{"q": "x", "a": "y"} {"q": "x"}', "bad_syntax"),
    (b'{"q": "\\ud800", "a": "y"}', "bad_encoding"),
    (b'{"q": "x", "a": "y", "n": 123456789012345678901234567890}', "wrong_type"),
    (b'{"q": "x", "a": "y", "n": -9223372036854775809}', "wrong_type"),
    (b'{"q": "x", "a": "y", "n": 1e999}', "wrong_type"),
    (b'{"q": "x", "a": "y", "n": ' + b"9" * 5000 + b"}", "wrong_type"),
    (b'"a string"', "wrong_type"),
    (b"[1]", "wrong_type"),
    (b"null", "wrong_type"),
    (b'{"q": "x"}', "missing_field"),
    (b'{"q": "x", "a": null}', "missing_field"),
    (b'{"q": ["x"], "a": "y"}', "wrong_type"),
    (b"{}", "missing_field"),
    (b'{"q": "x", "a": "y", "n": ' + b"[" * 300 + b"]" * 300 + b"}", "too_large"),
    (b"[" * 100_000, "too_large"),
    (b'{"q": "x", "a": "', "bad_syntax"),
    (b"\x00\x00", "bad_syntax"),
    (GOOD[:-4], "bad_syntax"),
]


@pytest.mark.parametrize(("line", "reason"), REJECTED_LINES, ids=[reason for _, reason in REJECTED_LINES])
def test_a_line_that_cannot_be_read_is_quarantined_between_its_neighbours(line, reason):
    read = read_one(PAIRS, b"\n".join([GOOD, line, GOOD]))
    assert [row["origin_position"] for row in read.records] == [0, 2]
    assert read.reasons == [(1, reason)]
    assert read.payload(0) == (line + b"\n")[: rejection.PAYLOAD_BYTES]
    assert f"byte {len(GOOD) + 1}:" in read.quarantine[0]["detail"]


KEPT_NUMBERS = [b"18446744073709551615", b"-9223372036854775808", b"1234567890123456789", b"0.1", b"1e30"]


@pytest.mark.parametrize("number", KEPT_NUMBERS)
def test_numbers_that_64_bits_hold_are_kept_as_they_are(number):
    read = read_one(PAIRS, b'{"q": "x", "a": "y", "n": %b}' % number)
    assert read.attributes(0) == {"n": json.loads(number)}


def test_long_numbers_in_text_are_just_text():
    read = read_one(PAIRS, b'{"q": "call \\"123456789012345678901234567890\\"", "a": "y"}')
    assert len(read.records) == 1


def test_a_byte_order_mark_blank_lines_and_mixed_line_ends_are_no_records():
    read = read_one(PAIRS, b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n  \n" + GOOD + b"\n\n" + GOOD)
    assert [row["origin_position"] for row in read.records] == [0, 1, 2]
    assert read.quarantine == []


def test_a_last_line_that_ends_early_is_truncated():
    read = read_one(PAIRS, GOOD + b"\n" + GOOD[:-5])
    assert read.reasons == [(1, "truncated")]


def test_a_line_over_the_limit_is_too_large_and_the_next_is_read():
    limited = PAIRS.model_copy(update={"limits": Limits(max_record_bytes=100)})
    long = b'{"q": "' + b"x" * 1000 + b'", "a": "y"}'
    read = read_one(limited, b"\n".join([GOOD, long, GOOD]))
    assert read.reasons == [(1, "too_large")]
    assert len(read.records) == 2


def test_text_is_kept_to_the_letter():
    said = " a\u0000\u200b\r\n\té😀 <b> "
    read = read_one(PAIRS, json.dumps({"q": said, "a": "y"}).encode())
    assert read.turns[0][0] == ("user", said)


def test_equal_records_share_an_id_whatever_the_order_of_their_keys():
    read = read_one(PAIRS, b'{"q":"x","a":"y","k":1}\n{"k":1, "a":"y", "q":"x"}\n{"q":"x","a":"y","k":2}')
    ids = [row["conversation_id"] for row in read.records]
    assert ids[0] == ids[1] != ids[2]


def test_the_id_is_the_digest_of_source_and_canonical_record():
    read = read_one(PAIRS, GOOD)
    expected = hashlib.sha256(b'made\0{"a":"y","q":"x"}').hexdigest()
    assert read.records[0]["conversation_id"] == expected


@given(st.lists(st.one_of(st.binary(max_size=12), st.from_regex(rb"[0-9]{1,24}", fullmatch=True))))
def test_a_row_of_nineteen_digits_is_seen_wherever_it_stands(pieces):
    raw = b"".join(pieces)
    assert has_long_number(raw) == bool(re.search(rb"[0-9]{19}", raw))


@pytest.mark.parametrize("other", [b'{"q": "x: \\u003a", "a": "y"}', b'{"q": "x"', GOOD])
def test_a_repeated_key_is_found_among_other_lines(other):
    twice = b'{"q": "x", "q": "z", "a": "y"}'
    read = read_one(PAIRS, b"\n".join([GOOD, other, twice, other, GOOD]))
    assert (2, "duplicate_key") in read.reasons
