"""What is withdrawn stays out of every later release, however it is delivered again, and is traced."""

import json
import shutil
from functools import partial

import pytest

from dataset_platform import release
from dataset_platform.storage.work import Work, commit
from dataset_platform_tests.checkpoints import write_checkpoint
from dataset_platform_tests.pipeline.project import Project, conversation, conversations

pytestmark = pytest.mark.slow

REASON = ("--reason", "consent withdrawn")
ALPHA = [conversation(f"alpha {n}", turns=12) for n in range(8)]
DELTA = conversations("delta", 2)


def said_again(record, key, change=str):
    return {"key": key, "turns": [{**turn, "content": change(turn["content"])} for turn in record["turns"]]}


def nearly(record, key):
    """The conversation with one word more."""
    again = said_again(record, key)
    again["turns"][0]["content"] += " Well."
    return again


@pytest.fixture(scope="module")
def told_once(tmp_path_factory):
    """Four sources; beta repeats three of alpha's conversations, two nearly; release 1.0.0 with a canary."""
    project = Project(tmp_path_factory.mktemp("told") / "project")
    beta = [said_again(ALPHA[0], "again"), nearly(ALPHA[1], "nearly"), nearly(ALPHA[2], "nearly, too")]
    project.add_source("alpha", ALPHA)
    project.add_source("beta", beta + conversations("beta", 2), "expertise")
    project.add_source("gamma", conversations("gamma", 2))
    project.add_source("delta", DELTA)
    project.done("sources", "clean")
    project.spec("1.0.0", canaries=1)
    project.done("export", "--version", "1.0.0", "--no-quality")
    return project


def id_of(project, source, position):
    rows = {row["origin_position"]: row for row in project.rows("raw_conversations", source)}
    return rows[position]["conversation_id"]


@pytest.fixture(scope="module")
def withdrawn(told_once, tmp_path_factory):
    """Much is withdrawn, delivered again, and 1.1.0 cut: the project, and what each withdrawal said."""
    project = told_once.copy(tmp_path_factory.mktemp("withdrawn") / "project")
    ids = [id_of(project, "alpha", position) for position in range(8)]
    project.land("alpha", ALPHA[:7])
    project.done("sources", "clean", "alpha")
    (project.path / "said.txt").write_text(ALPHA[3]["turns"][5]["content"].upper())
    asked = {
        "exact": ("--conversation", ids[0][:12]),
        "near": ("--conversation", ids[1]),
        "only exact": ("--conversation", ids[2], "--only-exact"),
        "only published": ("--conversation", ids[7][:20]),
        "text": ("--text-file", "said.txt"),
        "source": ("--source", "gamma"),
        "file": ("--file", "delta/file.jsonl"),
    }
    said = {name: project.done("withdraw", *what, *REASON, "--json").facts for name, what in asked.items()}
    project.land(
        "beta",
        [
            said_again(ALPHA[1], "loud", str.upper),
            said_again(ALPHA[7], "elsewhere"),
            {"key": "told", "turns": [dict(ALPHA[3]["turns"][5]), *conversation("told")["turns"]]},
            conversation("of its own"),
        ],
        "second.jsonl",
    )
    project.land("alpha", [{**ALPHA[0], "delivered": "again"}], "renamed.jsonl")
    project.land("gamma", conversations("new", 2), "new.jsonl")
    project.land("delta", DELTA, "renamed.jsonl")
    project.land("delta", [said_again(DELTA[1], "loud", str.upper), conversation("delta's")], "loud.jsonl")
    project.done("sources", "clean")
    project.spec("1.1.0")
    project.done("export", "--version", "1.1.0", "--no-quality")
    return project, said


def test_what_is_withdrawn_is_said_with_everything_that_has_it(withdrawn):
    _, said = withdrawn
    assert {
        name: (one["rows"], one["duplicates"], sum(held["rows"] for held in one["releases"]))
        for name, one in said.items()
    } == {
        "exact": (2, 1, 1),
        "near": (2, 1, 1),
        "only exact": (1, 0, 0),  # 1.0.0 kept the near duplicate in its place
        "only published": (0, 0, 1),
        "text": (1, 0, 1),
        "source": (2, 0, 2),
        "file": (2, 0, 2),
    }


def test_nothing_withdrawn_comes_back_in_whatever_way_it_is_delivered(withdrawn):
    project, _ = withdrawn
    out = {
        (row["origin_file"], row["origin_position"], row["reason"])
        for row in project.ledger("1.1.0")
        if row["fate"] == "withdrawn"
    }
    assert out == {
        *(("alpha/file.jsonl", position, "conversation") for position in (0, 1, 2)),
        ("alpha/file.jsonl", 3, "text"),
        ("alpha/renamed.jsonl", 0, "conversation"),
        *(("beta/file.jsonl", position, "conversation") for position in (0, 1)),
        *(("beta/second.jsonl", position, "conversation") for position in (0, 1)),
        ("beta/second.jsonl", 2, "text"),
        *((f"gamma/{name}.jsonl", position, "source") for name in ("file", "new") for position in (0, 1)),
        *((f"delta/{name}.jsonl", position, "file") for name in ("file", "renamed") for position in (0, 1)),
        ("delta/loud.jsonl", 0, "file"),
    }


def test_what_was_not_withdrawn_is_exported_and_hidden_by_no_withdrawn_duplicate(withdrawn):
    project, _ = withdrawn
    kept = {(row["origin_file"], row["origin_position"]) for row in project.exported("1.1.0")}
    assert kept == {
        *(("alpha/file.jsonl", position) for position in (4, 5, 6)),
        *(("beta/file.jsonl", position) for position in (2, 3, 4)),
        ("beta/second.jsonl", 3),
        ("delta/loud.jsonl", 1),
    }


def test_the_log_has_digests_and_no_text(withdrawn):
    project, _ = withdrawn
    entries = b"".join(path.read_bytes() for path in project.path.glob("data/withdrawals/*/*")).lower()
    words = {turn["content"][:20].lower() for record in ALPHA for turn in record["turns"]}
    assert [word for word in words if word.encode() in entries] == []


def test_withdrawing_the_same_again_changes_nothing(withdrawn, tmp_path):
    project, said = withdrawn
    project = project.copy(tmp_path / "project")
    again = project.done("withdraw", "--source", "gamma", *REASON, "--json").facts
    listed = project.done("withdraw", "--list", "--json").facts["withdrawals"]
    assert len(listed) == len(said) + 1  # its new rows are recorded, too
    assert again["new"]
    again = project.done("withdraw", "--source", "gamma", *REASON, "--json").facts
    assert not again["new"]
    assert project.done("withdraw", "--list", "--json").facts["withdrawals"] == listed


def test_a_published_version_stays_and_the_log_may_lose_no_entry(withdrawn, tmp_path):
    project, said = withdrawn
    project = project.copy(tmp_path / "project")
    id_ = said["source"]["withdrawal"]["id"]
    refused = project.command("export", "--version", "1.0.0", "--no-quality")
    assert refused.status == 1
    assert "release v1.0.0 is published and never changes, but " in refused.error
    lock = json.loads((project.release("1.1.0") / "config_lock.json").read_text())
    assert {sha256[:16] for sha256 in lock["withdrawals"]} == {
        one["withdrawal"]["id"] for one in said.values()
    }
    shutil.rmtree(project.path / "data/withdrawals" / id_)
    project.spec("1.2.0")
    refused = project.command("export", "--version", "1.2.0", "--no-quality")
    assert refused.status == 1
    assert f"lacks {id_}, under which release 1.1.0 was made" in refused.error


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--source", "alpha"), "--reason is missing"),
        (REASON, "name one of --conversation, --file, --source and --text-file"),
        (("--source", "alpha", "--file", "alpha/file.jsonl", *REASON), "name one of"),
        (("--source", "nobody", *REASON), "no table and no release knows a source 'nobody'"),
        (("--conversation", "abc", *REASON), "no table and no release knows a conversation 'abc'"),
        (("--file", "alpha/other.jsonl", *REASON), "no table and no release knows a file"),
        (("--text-file", "short.txt", *REASON), "the text has 11 letters and digits; give 40 or more"),
        (("--text-file", "absent.txt", *REASON), "absent.txt: cannot be read"),
    ],
)
def test_what_cannot_be_withdrawn_is_refused_in_one_line(told_once, arguments, problem):
    (told_once.path / "short.txt").write_text("I am too short")
    refused = told_once.command("withdraw", *arguments)
    assert refused.status == 2
    assert problem in refused.error
    assert not (told_once.path / "data/withdrawals").exists()


def test_checkpoints_that_were_trained_on_the_rows_are_named(told_once, tmp_path):
    project = told_once.copy(tmp_path / "project")
    trained_on = release.manifest_sha256(project.release("1.0.0"))
    with project.entered():
        for version, sha256 in {"1.0.0": trained_on, "0.9.0": "0" * 64}.items():
            work = Work({"trained": version}, partial(write_checkpoint, manifest_sha256=sha256))
            commit(project.storage.store, f"checkpoints/v{version}", work)
    delivered = [row for row in project.exported("1.0.0") if row["source"] != release.CANARIES]
    by_split = {row["split"]: row["conversation_id"] for row in delivered}
    for split, id_ in by_split.items():
        traced = project.done("trace", id_, "--json").facts["checkpoints"]
        withdrawn = project.done("withdraw", "--conversation", id_, *REASON, "--json").facts["checkpoints"]
        assert traced == withdrawn
        assert [one["checkpoint of"] for one in traced] == (["1.0.0"] if split == "train" else [])
    (found,) = project.done("trace", "alpha", "--json").facts["checkpoints"]
    assert found["place"].startswith("data/checkpoints/v1.0.0/")


def test_traces_go_both_ways(told_once):
    id_ = id_of(told_once, "beta", 1)
    row = told_once.done("trace", id_[:10], "--json").facts
    assert row["conversation"] == id_
    (seen,) = row["releases"]
    assert (seen["file"], seen["position"]) == ("beta/file.jsonl", 1)
    assert (seen["fate"], seen["steps"]["duplicates"]) in (
        ("exported", "passed"),
        ("duplicate", "duplicate: near"),
    )
    by_name = told_once.done("trace", "beta/file.jsonl", "--json").facts["releases"]
    by_digest = told_once.done("trace", seen["file's SHA-256"], "--json").facts["releases"]
    by_source = told_once.done("trace", "beta", "--json").facts["releases"]
    assert by_name == by_digest == by_source
    assert by_name[0]["records"] == 5
    assert by_name[0]["rows"] == sum(by_name[0][split] for split in ("train", "validation", "test"))
    for unknown in ("nobody", "0123456789", "abc"):
        refused = told_once.command("trace", unknown)
        assert (refused.status, "no release knows" in refused.error) == (2, True)


def test_a_canary_is_traced_to_the_spec_and_nobody_takes_it_back(told_once):
    (id_,) = {
        row["conversation_id"] for row in told_once.exported("1.0.0") if row["source"] == release.CANARIES
    }
    (seen,) = told_once.done("trace", id_, "--json").facts["releases"]
    assert (seen["fate"], seen["split"]) == ("exported", "train")
    lock = json.loads((told_once.release("1.0.0") / "config_lock.json").read_text())
    assert seen["file's SHA-256"] == lock["config_hash"]
    for what, problem in {
        ("--conversation", id_): "is a canary of release 1.0.0",
        ("--conversation", id_[:12]): "is a canary of release 1.0.0",
        ("--source", release.CANARIES): "no table and no release knows",
    }.items():
        refused = told_once.command("withdraw", *what, *REASON)
        assert (refused.status, problem in refused.error) == (2, True)
