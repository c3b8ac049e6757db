"""Public sources in their original form, where they are on this machine; nothing of them is kept."""

import pytest

from dataset_platform_tests.ingest.hand_made import REAL_FILES, REAL_SOURCES, read_landed, real_files

pytestmark = pytest.mark.skipif(
    not REAL_FILES.is_dir(), reason=f"no real sources here: {REAL_FILES} (set DATASET_TEST_DATA)"
)

# Conversations, user turns and assistant turns, counted from the files with the json and csv modules.
EXPECTED = {
    "esconv": (196, 2853, 2377),
    "counsel_chat": (2129, 2129, 2129),
    "annomi": (74, 2148, 2195),
    "vera_mh": (54, 723, 714),
    "schema_guided": (580, 3818, 3818),
}


@pytest.mark.parametrize("name", REAL_SOURCES)
def test_every_conversation_and_turn_is_read_with_its_role(name, tmp_path):
    files = real_files(name)
    read = read_landed(REAL_SOURCES[name], files, tmp_path)
    roles = [role for conversation in read.turns for role, _ in conversation]
    assert (len(read.records), roles.count("user"), roles.count("assistant")) == EXPECTED[name]
    assert read.quarantine == []
    assert read.ignored == (f"{name}/README.md",)
