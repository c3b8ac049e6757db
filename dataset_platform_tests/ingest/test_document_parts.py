"""A JSON document is cut between its records for several processes; what is read does not depend on it."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dataset_platform.ingest import parts
from dataset_platform.ingest.formats import record_spans
from dataset_platform_tests.ingest.hand_made import Read, describe, read_one
from dataset_platform_tests.ingest.test_damaged_files import damaged

LISTS = describe(
    [{"shape": "list", "at": "conversation"}],
    reader="json",
    records=["[]", "data.all[]", "more[]"],
)


def talk(number: int) -> dict[str, object]:
    content = f'{number} "\\\\" \\ \\" [{{}}] é: 1234567890123456789'
    return {"id": number, "conversation": [{"role": "client", "content": content}] * 2, "n": [[{}], []]}


TALKS = [talk(number) for number in range(6)]
DOCUMENTS = [
    TALKS,
    {
        "about": {"all": [1, {"x": "]"}]},
        "data": {"first": "{", "all": TALKS, "last": [{}]},
        "more": TALKS[:2],
    },
    [*TALKS[:2], "a string", None, *TALKS[2:4], {"no": "turns"}, [], *TALKS[4:]],
    [],
]


def cut(content: bytes, monkeypatch: pytest.MonkeyPatch, part_bytes: int, block_bytes: int) -> Read:
    with monkeypatch.context() as patched:
        patched.setattr(parts, "_PART_BYTES", part_bytes)
        patched.setattr(record_spans, "_BLOCK_BYTES", block_bytes)
        return read_one(LISTS, content)


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
@pytest.mark.parametrize(("part_bytes", "block_bytes"), [(1, 2**20), (300, 7), (1, 1)])
def test_parts_of_a_sound_document_give_what_the_whole_gives(number, part_bytes, block_bytes, monkeypatch):
    content = json.dumps(DOCUMENTS[number], indent=1).encode()
    assert cut(content, monkeypatch, part_bytes, block_bytes) == read_one(LISTS, content)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(content=st.sampled_from(DOCUMENTS).flatmap(lambda value: damaged(json.dumps(value).encode())))
@example(content=json.dumps(TALKS).encode()[:-40])
def test_parts_of_a_damaged_document_give_what_the_whole_gives(content, monkeypatch):
    assert cut(content, monkeypatch, 1, 64) == read_one(LISTS, content)
