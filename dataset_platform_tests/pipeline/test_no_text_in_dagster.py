"""No word of a conversation reaches Dagster's storage, its logs, its metadata or the terminal."""

import json

import pytest

from dataset_platform.schemas import RAW
from dataset_platform_tests.pipeline.project import Project, conversation, conversations

pytestmark = pytest.mark.slow

EMAIL = "zebulon.quibble@marmalade-mail.org"
PHONE = "(212) 555-0187"
MARKERS = {
    "a turn": "zanzibar-turn-phrase",
    "an attribute": "yellowstone-attribute-phrase",
    "the name of an attribute": "xylophone-attribute-name",
    "a record that is no JSON": "wolverine-broken-phrase",
    "a record of a wrong type": "vermilion-wrong-type-phrase",
    "a record without a role": "umbrella-missing-role-phrase",
    "a filtered record": "tangerine-filtered-phrase",
    "a duplicate": "saxophone-duplicate-phrase",
    "a row that breaks a contract": "rhinoceros-contract-phrase",
    "an e-mail address": "zebulon.quibble",
    "a telephone number": "555-0187",
}


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """A project with a marker in every place that text may be in, and all that its commands printed."""
    project = Project(tmp_path_factory.mktemp("marked") / "project")
    said = conversation("marked", turns=4)
    said["turns"][0]["content"] += f" {MARKERS['a turn']} write to {EMAIL} or call {PHONE}."
    noted = conversation("noted") | {
        "note": f"She said {MARKERS['an attribute']} and gave {EMAIL} as her address.",
        MARKERS["the name of an attribute"]: "yes",
    }
    twice = conversation("twice", turns=4)
    twice["turns"][1]["content"] += f" {MARKERS['a duplicate']}"
    one_sided = {"turns": [{"speaker": "Client", "content": f"Only I, {MARKERS['a filtered record']}."}]}
    breaking = conversation("breaking")
    breaking["turns"][0]["content"] += f" {MARKERS['a row that breaks a contract']}"
    project.add_source(
        "alpha",
        [
            *conversations("alpha", 20), said, noted, twice, twice, one_sided, breaking,
            json.dumps(conversation("cut"))[:-9] + MARKERS["a record that is no JSON"],
            {"turns": MARKERS["a record of a wrong type"]},
            {"turns": [{"content": MARKERS["a record without a role"]}]},
        ],
    )  # fmt: skip
    project.spec("1.0.0", target_samples=100)
    printed = project.apart(
        ["sources", "clean"],
        ["sources", "list"],
        ["sources", "quarantine", "alpha"],
        ["export", "--version", "1.0.0"],
        ["verify", "--version", "1.0.0", "--json"],
    )
    assert printed.status == 0, printed.err
    texts = [printed.out, printed.err]

    raw = project.rows("raw_conversations", "alpha")
    (broken,) = [row for row in raw if MARKERS["a row that breaks a contract"] in str(row["messages"])]
    turn = {"role": broken["messages"][0]["content"], "content": broken["messages"][0]["content"]}
    spoiled = {**broken, "messages": [turn, *broken["messages"]], "origin_position": -1}
    others = [row for row in raw if row is not broken]
    project.replace_rows("raw_conversations", "alpha", [*others, spoiled, others[0]], RAW)
    refused = project.command("sources", "clean")
    assert project.failed_checks()[-1] == ("raw_conversations", "contract", "alpha")
    return project, [*texts, refused.out, refused.err]


@pytest.mark.parametrize("place", MARKERS)
def test_what_was_planted_is_in_no_file_of_dagster(marked, place):
    project, _ = marked
    files = [path for path in (project.path / ".dagster").rglob("*") if path.is_file()]
    assert {"index.db", "runs.db"} <= {path.name for path in files}
    assert [path for path in files if MARKERS[place].encode() in path.read_bytes()] == []


@pytest.mark.parametrize("place", MARKERS)
def test_what_was_planted_is_printed_nowhere(marked, place):
    _, printed = marked
    assert [text for text in printed if MARKERS[place] in text] == []


def test_the_markers_did_go_through_the_pipeline(marked):
    project, _ = marked
    released = "".join(
        path.read_text() for path in (project.release("1.0.0") / "dataset_v1.0.0.jsonl").iterdir()
    )
    there = {place for place, marker in MARKERS.items() if marker in released}
    assert there == {
        "a turn", "an attribute", "the name of an attribute", "a duplicate", "a row that breaks a contract",
    }  # fmt: skip


def test_dagster_does_hold_what_is_no_text(marked):
    """Else the search above would find nothing wherever it looked."""
    project, printed = marked
    stored = b"".join(path.read_bytes() for path in (project.path / ".dagster").rglob("*.db"))
    assert b"alpha/file.jsonl#-1" in stored
    assert "no_assistant_turn" in "".join(printed) or b"no_assistant_turn" in stored


@pytest.fixture
def stumbled(cleaned, monkeypatch):
    """A step stopped on an error that quotes what it worked on, as those of libraries may."""

    def clean(*_):
        raise ValueError("cannot convert quagmire-quoted-phrase to a number")

    monkeypatch.setattr("dataset_platform.curate.clean", clean)
    cleaned.land("alpha", conversations("alpha", 31))
    return cleaned, cleaned.command("sources", "clean", "alpha")


def test_an_unexpected_error_is_printed_without_its_message(stumbled):
    _, outcome = stumbled
    assert outcome.status == 1
    assert "clean_conversations stopped on ValueError at " in outcome.error
    assert "quagmire" not in outcome.out + outcome.err


def test_an_unexpected_error_is_stored_without_its_message(stumbled):
    project, _ = stumbled
    files = [path for path in (project.path / ".dagster").rglob("*") if path.is_file()]
    assert [path for path in files if b"quagmire" in path.read_bytes()] == []
