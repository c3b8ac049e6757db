"""Files and the description that sniffing drafts of them: each case is a file of `cases/`."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dataset_platform.ingest import load_description
from dataset_platform.ingest.sniffing import Draft, sniff
from dataset_platform_tests.ingest.hand_made import Read, landed_files, packed, read_landed

CASES = {
    path.stem: YAML(typ="safe").load(path)
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
}
SAID_BY_FILES = {"files", "reader", "records", "record_key", "csv", "encoding", "turns", "roles"}


def drafted(case: dict[str, Any], folder: Path) -> tuple[Draft, Read]:
    files = {name: packed(text, case.get("pack")) for name, text in case["files"].items()}
    landed = landed_files("made", files, folder)
    draft = sniff("made", landed)
    return draft, read_landed(draft.description, landed, folder / "out")


@pytest.mark.parametrize("name", CASES)
def test_a_folder_is_drafted_as_a_person_would_describe_it(name, tmp_path):
    case = CASES[name]
    draft, read = drafted(case, tmp_path)
    said = {key: value for key, value in draft.keys.items() if key in SAID_BY_FILES}
    if "files" not in case["expect"]:
        said.pop("files")
    assert said == case["expect"]
    assert f"{len(read.records)} of {len(read.records) + len(read.quarantine)}" == case["reads"]


@pytest.mark.parametrize("name", CASES)
def test_a_draft_names_what_it_is_unsure_of_and_what_it_leaves_out(name, tmp_path):
    case = CASES[name]
    draft, read = drafted(case, tmp_path)
    expected = case.get("unsure", [])
    assert len(draft.doubts) == len(expected), draft.doubts
    assert all(any(part in doubt for doubt in draft.doubts) for part in expected)
    left_out = case.get("left_out", {})
    assert set(draft.left_out) == {f"made/{file}" for file in left_out} == set(read.ignored)
    assert all(why in draft.left_out[f"made/{file}"] for file, why in left_out.items())


@pytest.mark.parametrize("name", CASES)
def test_a_draft_is_a_file_that_loads_and_tells_what_to_decide(name, tmp_path):
    draft, _ = drafted(CASES[name], tmp_path)
    path = tmp_path / "made.yaml"
    path.write_text(draft.yaml)
    assert load_description(path) == draft.description
    for key in ("description", "stage", "license"):
        assert any(line.startswith(f"{key}: ") and " # " in line for line in draft.yaml.splitlines())
