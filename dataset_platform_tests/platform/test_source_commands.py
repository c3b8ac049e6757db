"""`sources check` and `sources quarantine`: what they show, write and refuse."""

import json

import pytest

from dataset_platform.ingest import load_description
from dataset_platform.rebuilding import DESCRIPTIONS, HELDOUT, REVIEWS
from dataset_platform.storage.landing import OWN_NAMES, SOURCE_NAMES
from dataset_platform_tests.pipeline.project import Project, conversation, conversations

BAD_INPUT = 2
BROKEN = ['{"key": "cut off', '{"key": 1, "turns": [{"speaker": "Martian", "content": "Hm."}]}', "not JSON"]


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


# check, without a description


def test_a_draft_is_written_and_reads_what_it_was_drafted_from(project):
    project.land("alpha", conversations("alpha", 5))
    outcome = project.done("sources", "check", "alpha")
    assert "5 of 5 records of alpha would be read (100.0%) as sources/alpha.yaml says" in outcome.out
    assert "next: dataset-platform sources clean alpha" in outcome.out
    assert load_description(project.path / "sources/alpha.yaml").roles == {
        "Client": "user",
        "Therapist": "assistant",
    }
    assert project.done("sources", "clean", "alpha", "--json").facts["sources"][0]["fit"] == 5


def test_three_records_are_shown_with_roles_and_shortened_text(project):
    said = "word " * 100
    project.land(
        "alpha", [conversation("a"), conversation("b", turns=9), conversation("c"), conversation("d")]
    )
    project.land(
        "long",
        [{"turns": [{"speaker": "client", "text": said}, {"speaker": "nurse", "text": "Yes, I see."}]}],
    )
    lines = project.done("sources", "check", "alpha").out.splitlines()
    assert sum(line.startswith("alpha/file.jsonl, record ") for line in lines) == 3
    assert [line for line in lines if "more turns" in line] == [
        line for line in lines if "3 more turns" in line
    ]
    long = project.done("sources", "check", "long")
    assert f"{said[:90]}" in long.out
    assert said[:110] not in long.out


def test_text_that_a_terminal_would_obey_is_shown_plain(project):
    hostile = "a [bold]b[/nothing] \x1b[31mred\x07 :smile: \u202e end"
    project.land(
        "alpha", [{"turns": [{"speaker": "client", "text": hostile}, {"speaker": "nurse", "text": hostile}]}]
    )
    out = project.done("sources", "check", "alpha").out
    assert "a [bold]b[/nothing] [31mred :smile: end" in out
    assert "\x1b" not in out


def test_records_that_would_not_be_read_are_counted_by_reason_with_the_cure(project):
    project.land("alpha", [*conversations("alpha", 6), *BROKEN])
    outcome = project.done("sources", "check", "alpha")
    assert "6 of 9 records of alpha would be read (66.7%)" in outcome.out
    assert "map it in the description" in outcome.out
    facts = project.done("sources", "check", "alpha", "--json").facts
    assert {row["reason"]: row["records"] for row in facts["quarantined"]} == {
        "bad_syntax": 2,
        "unknown_role": 1,
    }


def test_files_that_are_left_out_are_counted_and_say_what_they_hold(project):
    project.land("alpha", conversations("alpha", 2))
    folder = project.path / "data/raw/alpha"
    for number in range(25):
        (folder / f"{number}.txt").write_text("Therapist: Hello.\nClient: Hello.\n")
        (folder / f"{number}.jsonl").write_text(json.dumps(conversation(f"k{number}")) + "\n")
    outcome = project.done("sources", "check", "alpha", "--no-write")
    assert (
        "27 of 27 records of alpha would be read (100.0%) as the draft says; 25 of 51 files are"
        in outcome.out
    )
    facts = project.done("sources", "check", "alpha", "--no-write", "--json").facts
    whys = [row["why"] for row in facts["left_out"]]
    assert len(whys) == 25
    assert all("holds conversations as transcript: give it a source of its own" in why for why in whys)


def test_a_description_that_is_there_is_checked_and_never_overwritten(project):
    project.add_source("alpha", conversations("alpha", 4))
    path = project.path / "sources/alpha.yaml"
    path.write_text(path.read_text().replace("Therapist: assistant", "Nurse: assistant"))
    before = path.read_text()
    outcome = project.command("sources", "check", "alpha")
    assert outcome.status == BAD_INPUT
    assert "0 of 4 records of alpha would be read" in outcome.out
    assert "unknown_role" in outcome.out
    assert path.read_text() == before


def test_a_licence_that_is_still_to_be_decided_is_said_again(project):
    project.land("alpha", conversations("alpha", 2))
    project.done("sources", "check", "alpha")
    assert "undecided: `license` in sources/alpha.yaml" in project.done("sources", "check", "alpha").out


def test_a_licence_that_is_no_spdx_id_is_a_warning(project):
    project.add_source("alpha", conversations("alpha", 2))
    path = project.path / "sources/alpha.yaml"
    path.write_text(path.read_text().replace("license: CC0-1.0", "license: CC BY 4.0"))
    warning = "warning: `license` in sources/alpha.yaml: 'CC BY 4.0' is no SPDX id: did you mean CC-BY-4.0?"
    assert warning in project.done("sources", "check", "alpha").out


def test_force_drafts_anew_over_a_description(project):
    project.add_source("alpha", conversations("alpha", 4))
    path = project.path / "sources/alpha.yaml"
    path.write_text(path.read_text().replace("Therapist: assistant", "Nurse: assistant"))
    assert project.done("sources", "check", "alpha", "--force", "--json").facts["written"] is True
    assert "Therapist: assistant" in path.read_text()


def test_no_write_prints_the_draft_and_stores_nothing(project):
    project.land("alpha", conversations("alpha", 2))
    outcome = project.done("sources", "check", "alpha", "--no-write")
    assert "license: LicenseRef-ask-the-owner # decide: " in outcome.out
    assert not (project.path / "sources").exists()


def test_a_folder_elsewhere_is_drafted_under_its_own_or_the_given_name(project, tmp_path):
    folder = tmp_path / "My Talks (2)"
    folder.mkdir()
    (folder / "one.txt").write_text("Therapist: Hello.\nClient: Hello.\n")
    outcome = project.done("sources", "check", str(folder))
    assert "next: put the files in " in outcome.out
    assert (project.path / "sources/my_talks_2.yaml").exists()
    project.done("sources", "check", str(folder), "--name", "talks")
    assert (project.path / "sources/talks.yaml").exists()


def test_the_folder_in_the_landing_area_is_the_source(project):
    project.land("alpha", conversations("alpha", 2))
    outcome = project.done("sources", "check", "data/raw/alpha")
    assert "next: dataset-platform sources clean alpha" in outcome.out


def test_a_description_that_nothing_would_read_is_refused(project):
    project.land("alpha", conversations("alpha", 2))
    (project.path / "sources").mkdir(exist_ok=True)
    (project.path / "sources/alpha.yml").write_text("name: alpha\n")
    outcome = project.command("sources", "check", "alpha")
    assert (outcome.status, outcome.out) == (BAD_INPUT, "")
    assert outcome.error.endswith("alpha.yml: a description ends in .yaml. Rename the file.")


@pytest.mark.parametrize(
    ("arguments", "fragment"),
    [
        (["nowhere"], "nowhere: no such folder, and no source with files in "),
        ([""], "error: an empty name: no such folder"),
        (["/tmp/no/where"], "error: /tmp/no/where: no such folder"),
        (["../../nowhere"], "error: ../../nowhere: no such folder"),
        (["dagster.yaml"], "error: dagster.yaml: is a file; name the folder that it is in"),
        (["empty"], "empty: no files to read"),
        (["strange"], "in 1 of 1 files; strange/photo.jpg: is neither text nor Parquet; docs/sources.md"),
        (["strange", "--name", "A B"], "--name 'A B': the name of a source has lower-case letters"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_one_line(project, arguments, fragment):
    (project.path / "empty").mkdir()
    (project.path / "strange").mkdir()
    (project.path / "strange/photo.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x02")
    outcome = project.command("sources", "check", *arguments)
    assert (outcome.status, outcome.out) == (BAD_INPUT, "")
    assert fragment in outcome.error
    assert outcome.error.count("\n") == 0
    assert not (project.path / "sources").exists()


@pytest.mark.parametrize("name", ["Bad-Name", "sources"])
@pytest.mark.parametrize("command", ["check", "clean"])
def test_a_folder_whose_name_no_source_may_have_is_told_so(project, command, name):
    project.land(name, conversations("alpha", 2))
    project.describe("alpha")
    outcome = project.command("sources", command, name)
    assert outcome.status == BAD_INPUT
    assert name in outcome.error
    assert SOURCE_NAMES in outcome.error


def test_no_source_is_called_as_a_lock_calls_the_files_of_the_project():
    assert {f"{name}/" for name in OWN_NAMES} == {DESCRIPTIONS, HELDOUT, REVIEWS}


@pytest.mark.parametrize("command", ["check", "clean"])
def test_a_link_that_leads_nowhere_is_refused(project, command):
    project.add_source("alpha", conversations("alpha", 2))
    (project.path / "data/raw/alpha/x.jsonl").symlink_to("nowhere")
    outcome = project.command("sources", command, "alpha")
    assert outcome.status == BAD_INPUT
    assert "alpha/x.jsonl: a link that leads nowhere; remove it or put the file there" in outcome.error


def test_a_link_that_leads_out_of_the_folder_is_refused(project, tmp_path):
    project.land("alpha", conversations("alpha", 2))
    (tmp_path / "secret.jsonl").write_text("{}")
    (project.path / "data/raw/alpha/link.jsonl").symlink_to(tmp_path / "secret.jsonl")
    outcome = project.command("sources", "check", "alpha")
    assert outcome.status == BAD_INPUT
    assert (
        outcome.error == "error: alpha/link.jsonl: a link out of the landing area; put the file itself there."
    )


def test_json_of_a_check_is_complete(project):
    project.land("alpha", conversations("alpha", 4))
    (project.path / "data/raw/alpha/README.md").write_text("Read me: now.\n")
    facts = project.done("sources", "check", "alpha", "--json").facts
    assert (facts["records"], facts["kept"], facts["written"], facts["unsure"]) == (4, 4, True, [])
    assert facts["left_out"] == [{"file": "alpha/README.md", "why": "no conversations found in it"}]
    assert [len(record["messages"]) for record in facts["first_records"]] == [4, 4, 4]
    assert facts["draft"] == (project.path / "sources/alpha.yaml").read_text()


# quarantine


@pytest.fixture(scope="module")
def quarantined_once(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("quarantined") / "project")
    project.add_source("alpha", [*conversations("alpha", 3), *BROKEN, *["broken"] * 12])
    other = project.path / "data/raw/alpha/other.jsonl"
    other.write_text("[]\n" + json.dumps(conversation("other")) + "\n")
    project.done("sources", "clean", "alpha")
    return project


@pytest.fixture
def quarantined(quarantined_once, tmp_path):
    return quarantined_once.copy(tmp_path / "project")


def test_groups_name_reason_file_count_first_positions_and_cure(quarantined_once):
    facts = quarantined_once.done("sources", "quarantine", "alpha", "--json").facts
    assert [
        (g["reason"], g["file"], g["records"], g["first positions"], g["cure"]) for g in facts["groups"]
    ] == [
        ("bad_syntax", "alpha/file.jsonl", 14, "3, 5, 6", "mend the record"),
        ("unknown_role", "alpha/file.jsonl", 1, "4", "map it in the description"),
        ("wrong_type", "alpha/other.jsonl", 1, "0", "mend the record"),
    ]


def test_a_table_lists_the_first_records_and_json_all(quarantined_once):
    assert len(quarantined_once.done("sources", "quarantine", "alpha", "--json").facts["quarantined"]) == 16
    out = quarantined_once.done("sources", "quarantine", "alpha").out
    assert "Record by record, the first 10 of 16" in out
    assert "16 records of alpha could not be read" in out
    limited = quarantined_once.done("sources", "quarantine", "alpha", "--limit", "2", "--json").facts
    assert [row["origin_position"] for row in limited["quarantined"]] == [3, 4]


@pytest.mark.parametrize(
    ("options", "count"),
    [(["--reason", "unknown_role"], 1), (["--file", "alpha/other.jsonl"], 1), (["--reason", "too_large"], 0)],
)
def test_reason_and_file_choose_among_the_records(quarantined_once, options, count):
    facts = quarantined_once.done("sources", "quarantine", "alpha", *options, "--json").facts
    assert (
        facts["records"] == len(facts["quarantined"]) == sum(g["records"] for g in facts["groups"]) == count
    )


def test_a_role_that_is_mapped_leaves_the_quarantine(quarantined):
    path = quarantined.path / "sources/alpha.yaml"
    path.write_text(path.read_text().replace("Client: user", "Client: user, Martian: assistant"))
    quarantined.done("sources", "clean", "alpha")
    reasons = {
        g["reason"] for g in quarantined.done("sources", "quarantine", "alpha", "--json").facts["groups"]
    }
    assert reasons == {"bad_syntax", "wrong_type"}
    assert len(quarantined.rows("raw_conversations", "alpha")) == 5


def test_a_file_that_is_mended_leaves_the_quarantine(quarantined):
    quarantined.land("alpha", conversations("alpha", 18))
    quarantined.done("sources", "clean", "alpha")
    facts = quarantined.done("sources", "quarantine", "alpha", "--json").facts
    assert [(g["reason"], g["file"]) for g in facts["groups"]] == [("wrong_type", "alpha/other.jsonl")]
    assert len(quarantined.rows("raw_conversations", "alpha")) == 19
