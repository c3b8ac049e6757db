"""The pages about sources: files are read as their descriptions say, and commands print what stands there."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from dataset_platform import ingest
from dataset_platform.ingest.origins.description import BucketOrigin, HubOrigin, WebOrigin
from dataset_platform.ingest.quarantine import CURES
from dataset_platform.ingest.sniffing import DECISIONS, sniff
from dataset_platform.schemas import QuarantineReason
from dataset_platform_tests.ingest.hand_made import landed_files, read_landed
from dataset_platform_tests.ingest.packing import packed
from dataset_platform_tests.pipeline.project import Project
from dataset_platform_tests.platform.worked_examples import packing, rendered, worked_examples

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = worked_examples(DOCS / "sources.md")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def laid_down(example, folder):
    files = {shown.split(" ")[0]: packed(text, packing(shown)) for shown, text in example.files.items()}
    return landed_files(example.name, files, folder)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_a_worked_example_reads_its_files_to_what_the_page_shows(example, tmp_path):
    path = tmp_path / f"{example.name}.yaml"
    path.write_text(example.yaml)
    read = read_landed(ingest.load_description(path), laid_down(example, tmp_path), tmp_path / "out")
    assert rendered(read) == example.outcome
    assert read.quarantine == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_a_worked_example_is_what_is_drafted_but_for_what_a_person_decides(example, tmp_path):
    path = tmp_path / f"{example.name}.yaml"
    path.write_text(example.yaml)
    drafted = sniff(example.name, laid_down(example, tmp_path)).description
    assert drafted.model_dump(exclude=set(DECISIONS)) == ingest.load_description(path).model_dump(
        exclude=set(DECISIONS)
    )


def test_every_reader_and_shape_has_a_worked_example():
    text = "".join(example.yaml for example in EXAMPLES)
    for reader in ingest.Reader:
        assert f"reader: {reader}\n" in text
    for shape in ("list", "fields", "text", "template"):
        assert f"shape: {shape}\n" in text


def test_every_key_of_a_description_is_explained():
    table = re.findall(r"^\| (`.+?`) \| .+ \|$", (DOCS / "sources.md").read_text(), re.MULTILINE)
    explained = {name for names in table for name in re.findall(r"`(\w+)`", names)}
    assert set(ingest.SourceDescription.model_fields) == explained


def test_an_origin_of_the_runbook_is_one(tmp_path):
    blocks = re.findall(
        r"^ +```yaml\n( +origin:\n.*?)^ +```$", (DOCS / "runbook.md").read_text(), re.M | re.S
    )
    path = tmp_path / f"{EXAMPLES[0].name}.yaml"
    kinds = set()
    for block in blocks:
        path.write_text(EXAMPLES[0].yaml + dedent(block))
        kinds.add(type(ingest.load_description(path).origin))
    assert kinds == {HubOrigin, WebOrigin, BucketOrigin}


def test_the_ten_minutes_go_as_the_page_says(tmp_path):
    project = Project(tmp_path / "project")
    printed: list[list[str]] = []
    for language, block in BLOCK.findall((DOCS / "adding-a-source.md").read_text()):
        if language == "csv":
            landing = project.path / "data/raw/talks"
            landing.mkdir(parents=True)
            (landing / "talks.csv").write_text(block)
        elif language == "yaml":
            (project.path / "sources/talks.yaml").write_text(block)
        elif language == "text":
            assert [line for line in block.splitlines() if not is_shown(line, printed)] == []
        else:
            printed = [
                line.split()
                for command in block.splitlines()
                for line in project.done(*command.split()[1:]).out.splitlines()
            ]


def is_shown(line: str, printed: list[list[str]]) -> bool:
    """Whether a line was printed, but for its layout; `…` at its end stands for any rest."""
    words = line.split()
    if words[-1:] == ["…"]:
        return any(found[: len(words) - 1] == words[:-1] for found in printed)
    return words in printed


def test_the_runbook_words_the_cures_as_the_command_does():
    rows = re.findall(r"^\| `(\w+)` \| .+ \| (.+) \|$", (DOCS / "runbook.md").read_text(), re.MULTILINE)
    assert [
        (reason.value, CURES[reason])
        for reason in QuarantineReason
        if (reason.value, CURES[reason]) not in rows
    ] == []
