"""The draft of each public source reads it unaided, where the sources are on this machine."""

from collections import Counter

import pytest

from dataset_platform.ingest.sniffing import sniff
from dataset_platform_tests.ingest.hand_made import REAL_FILES, read_landed, real_files

pytestmark = pytest.mark.skipif(
    not REAL_FILES.is_dir(), reason=f"no real sources here: {REAL_FILES} (set DATASET_TEST_DATA)"
)

# Conversations that are read and that are not, user turns and assistant turns, counted from the files with
# the json, csv and yaml modules. One of chatterbot_english's conversations is a plain string.
EXPECTED = {
    "annomi": (74, 0, 2148, 2195),
    "chatterbot_english": (2025, 1, 2187, 2144),
    "counsel_chat": (2129, 0, 2129, 2129),
    "esconv": (196, 0, 2853, 2377),
    "schema_guided": (580, 0, 3818, 3818),
    "vera_mh": (54, 0, 723, 714),
}
ROLES = {
    "annomi": {"therapist": "assistant", "client": "user"},
    "chatterbot_english": {},
    "counsel_chat": {},
    "esconv": {"speaker": "user", "listener": "assistant"},
    "schema_guided": {"USER": "user", "SYSTEM": "assistant"},
    "vera_mh": {"user": "user", "agent": "assistant"},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_draft_reads_every_conversation_with_its_roles(name, tmp_path):
    files = real_files(name)
    draft = sniff(name, files)
    read = read_landed(draft.description, files, tmp_path)
    roles = Counter(role for conversation in read.turns for role, _ in conversation)
    counts = (len(read.records), len(read.quarantine), roles["user"], roles["assistant"])
    assert counts == EXPECTED[name]
    assert draft.keys.get("roles", {}) == ROLES[name]
    assert list(draft.left_out) == [f"{name}/README.md"]
