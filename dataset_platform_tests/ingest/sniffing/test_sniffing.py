"""Files and the description that sniffing drafts of them: each case is a file of `cases/`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dataset_platform.ingest import load_description
from dataset_platform.ingest.sniffing import DECISIONS, Draft, sniff
from dataset_platform.ingest.sniffing.draft import READER_KEYS
from dataset_platform_tests.ingest.hand_made import Read, landed_files, read_landed
from dataset_platform_tests.ingest.packing import packed

CASES = {
    path.stem: YAML(typ="safe").load(path)
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
}
SAID_BY_FILES = {"files", *READER_KEYS, "turns", "roles", "split_together"}


@dataclass(frozen=True)
class Outcome:
    """A case, what was drafted of its files, and what the draft reads."""

    case: dict[str, Any]
    draft: Draft
    read: Read


@pytest.fixture(scope="module", params=CASES)
def outcome(request, tmp_path_factory):
    case, folder = CASES[request.param], tmp_path_factory.mktemp(request.param)
    files = {name: packed(text, case.get("pack")) for name, text in case["files"].items()}
    landed = landed_files("made", files, folder)
    draft = sniff("made", landed)
    return Outcome(case, draft, read_landed(draft.description, landed, folder / "out"))


def test_a_folder_is_drafted_as_a_person_would_describe_it(outcome):
    expected, read = outcome.case["expect"], outcome.read
    said = {key: value for key, value in outcome.draft.keys.items() if key in SAID_BY_FILES}
    assert {"files": said["files"], **expected} == said
    assert f"{len(read.records)} of {len(read.records) + len(read.quarantine)}" == outcome.case["reads"]


def test_a_draft_names_what_it_is_unsure_of_and_what_it_leaves_out(outcome):
    draft, expected = outcome.draft, outcome.case.get("unsure", [])
    assert len(draft.doubts) == len(expected), draft.doubts
    assert all(any(part in doubt for doubt in draft.doubts) for part in expected)
    left_out = outcome.case.get("left_out", {})
    assert set(draft.left_out) == {f"made/{file}" for file in left_out} == set(outcome.read.ignored)
    assert all(why in draft.left_out[f"made/{file}"] for file, why in left_out.items())


def test_a_draft_is_a_file_that_loads_and_tells_what_to_decide(outcome, tmp_path):
    path = tmp_path / "made.yaml"
    path.write_text(outcome.draft.yaml)
    assert load_description(path) == outcome.draft.description
    for key in DECISIONS:
        assert any(line.startswith(f"{key}: ") and " # " in line for line in outcome.draft.yaml.splitlines())
