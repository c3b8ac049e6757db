"""Files whose reading or sniffing would take minutes if its time grew with the square of their length."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset_platform.ingest.formats.lines import Span
from dataset_platform.ingest.formats.parquet_rows import row_batches
from dataset_platform.ingest.sniffing.readings import reading
from dataset_platform.ingest.sniffing.speakers import by_presence
from dataset_platform.ingest.sniffing.together import fields_in_common
from dataset_platform_tests.ingest.hand_made import contents, describe, read_one

pytestmark = pytest.mark.timeout(60)

TURNS = [
    {"shape": "fields", "turns": [{"content": "q", "role": "user"}, {"content": "a", "role": "assistant"}]}
]
ENTRY = json.dumps({"q": "x" * 90, "a": "y" * 90})


def test_many_row_groups():
    written = io.BytesIO()
    pq.write_table(pa.table({"q": range(10_000)}), written, row_group_size=1)
    assert len(list(row_batches(written, Span(0, 10_000)))) == 10_000


@pytest.mark.parametrize("damage", [b', "n": NaN}', b",}"])
def test_many_records_that_are_damaged_inside(damage):
    records = [ENTRY.encode()[:-1] + damage] * 40_000
    read = contents(describe(TURNS, reader="json", records=["[]"]), b"[%b, %b]" % (b",".join(records), b"{}"))
    assert len(read) == len(records) + 1
    assert read[-1] == {}


def test_a_long_text_of_escaped_quotes_behind_damage():
    described = describe(TURNS, reader="json", records=["concepts.*"], record_key="key")
    document = b'{"concepts": {"k": {"q": 1 2 "lost", "text": "%b", "l": %b}}'
    read = contents(described, document % (b'\\"' * 500_000, ENTRY.encode()))
    assert read[1:] == [{"key": "l"} | json.loads(ENTRY)]


def test_many_columns_of_which_the_last_is_named_twice():
    header = ",".join(f"c{number}" for number in range(150_000))
    read = read_one(describe(TURNS, reader="csv"), f"{header},c0\n".encode())
    assert read.quarantine[0]["detail"].endswith("the header names column 150001 like an earlier one")


TALK = [{"speaker": "client", "text": "I am here."}, {"speaker": "coach", "text": "Good for you."}]
MANY_NAMES = {
    "lists": [{f"conv_{number}": TALK} for number in range(12_000)],
    "texts": [{f"user_{number}": "I am here."} for number in range(12_000)],
    "lists that go on": [
        {f"user_{number}": [{"x": 1}], f"bot_{number}": [{"x": 1}]} for number in range(6_000)
    ],
    "lists of one record": [
        {f"{name}_{number}": [{"x": 1}] for number in range(6_000) for name in ("user", "bot")}
    ],
    "numbers of turns": [{"turns": [{f"speaker_{number}": 1} for number in range(20_000)]}],
}


@pytest.mark.parametrize("names", MANY_NAMES)
def test_records_that_each_have_names_of_their_own(names):
    assert reading({"reader": "jsonl"}, MANY_NAMES[names]) is None


def test_what_many_records_have_in_common():
    assert fields_in_common([{f"user_{number}": "Ann"} for number in range(30_000)], ()) == []


def test_many_people_who_begin():
    conversations = [(f"Person {number}", "Ann") for number in range(100_000)]
    spoken = by_presence(conversations)
    assert list(spoken.roles.values()) == ["user", "assistant"] + ["user"] * 99_999
