"""`rebuild` gives the same bytes from a lock, names what kept it from that, and touches nothing."""

import json

import pytest

from dataset_platform import curate, release
from dataset_platform.release import shards
from dataset_platform.storage.files import sha256_of
from dataset_platform_tests.pipeline.project import Project, conversations

pytestmark = pytest.mark.slow

FILES = release.ReleaseFiles("1.0.0")


@pytest.fixture(scope="module")
def published_once(tmp_path_factory):
    """Two sources and release 1.0.0, with two canaries."""
    project = Project(tmp_path_factory.mktemp("published") / "project")
    project.add_source("alpha", conversations("alpha", 6))
    project.add_source("beta", conversations("beta", 6), "expertise")
    project.done("sources", "clean")
    project.spec("1.0.0", 9, canaries=2)
    project.done("export", "--version", "1.0.0", "--no-quality")
    return project


@pytest.fixture
def published(published_once, tmp_path):
    return published_once.copy(tmp_path / "project")


def everything(project):
    files = [
        path for path in project.path.glob("data/**/*") if path.is_file() and ".staging" not in path.parts
    ]
    # The digests of the landing area that the platform remembers are its own affair.
    return {path: sha256_of(path) for path in files if "landing_index" not in path.parts}


def test_a_lock_rebuilds_the_same_bytes_and_leaves_the_project_alone(published):
    published.land("alpha", conversations("later", 2), "later.jsonl")
    before, made = everything(published), published.reused()
    lock = published.release("1.0.0") / "config_lock.json"
    facts = published.done("rebuild", "--lock", str(lock), "--out", "again", "--json").facts
    assert facts["same"]
    manifest = release.read_manifest(published.release("1.0.0"))
    assert [file["file"] for file in facts["files"]] == [entry.name for entry in manifest.files]
    assert everything(published) == before
    assert published.reused() == made
    rebuilt = published.path / "again"
    for shard in (published.release("1.0.0") / FILES.parquet).iterdir():
        assert (rebuilt / FILES.parquet / shard.name).read_bytes() == shard.read_bytes()
    assert release.verify(rebuilt).passed
    assert (
        "exists; name a folder" in published.command("rebuild", "--lock", str(lock), "--out", "again").error
    )


def test_other_bytes_are_named_with_what_made_them(published, monkeypatch):
    version = release.VERSION
    monkeypatch.setattr(shards, "COMPRESSION", "gzip")
    monkeypatch.setattr(release, "VERSION", "99")
    outcome = published.command("rebuild", "--version", "1.0.0", "--json")
    assert outcome.status == 1
    differing = {file["file"] for file in outcome.facts["files"] if not file["same"]}
    assert differing >= {f"{FILES.parquet}/train-00001-of-00001.parquet", FILES.ledger, "config_lock.json"}
    assert not any(name.startswith(FILES.jsonl) for name in differing)
    assert f"code release: {version}, now 99" in outcome.error


def test_inputs_that_are_not_those_of_the_lock_are_named_before_anything_is_built(published):
    published.land("alpha", conversations("alpha", 5))
    (published.path / "data/raw/beta/file.jsonl").unlink()
    path = published.path / "sources/beta.yaml"
    path.write_text(path.read_text() + "\n")
    outcome = published.command("rebuild", "--version", "1.0.0")
    assert outcome.status == 2
    assert "alpha/file.jsonl has other bytes; beta/file.jsonl is gone; sources/beta.yaml has" in outcome.error


def test_a_lock_of_rows_that_were_withdrawn_since_is_not_kept(published):
    done = published.done("withdraw", "--source", "beta", "--reason", "licence ended", "--json").facts
    outcome = published.command("rebuild", "--version", "1.0.0", "--out", "again")
    assert outcome.status == 2
    assert f"rows were withdrawn since ({done['withdrawal']['id']})" in outcome.error


def test_what_is_no_lock_of_a_release_here_is_refused(published, tmp_path):
    foreign = tmp_path / "config_lock.json"
    lock = json.loads((published.release("1.0.0") / "config_lock.json").read_text())
    problems = {}
    for name, content in {
        "no JSON": "",
        "another": json.dumps({**lock, "seed": 7}),
        "not here": json.dumps({**lock, "spec": {**lock["spec"], "version": "3.0.0"}}),
    }.items():
        foreign.write_text(content)
        outcome = published.command("rebuild", "--lock", str(foreign))
        problems[name] = (outcome.status, outcome.error.partition(": ")[2].partition(": ")[2])
    assert problems["no JSON"][0] == problems["another"][0] == problems["not here"][0] == 2
    assert "is no lock of a release" in problems["no JSON"][1]
    assert "is not the lock that" in problems["another"][1]
    assert "is neither beside it nor in storage" in problems["not here"][1]
    assert published.command("rebuild").status == 2


def during_the_build(monkeypatch, action):
    """Has something happen once, after a release was built and before it is published."""
    build, waiting = release.build, [action]

    def built(*arguments):
        built_release = build(*arguments)
        for act in waiting[:]:
            waiting.clear()
            act()
        return built_release

    monkeypatch.setattr(release, "build", built)


def test_of_two_exports_of_one_version_at_once_one_wins_and_one_is_told_what_differs(published, monkeypatch):
    published.spec("2.0.0", 9, seed=1)

    def another_wins():
        published.spec("2.0.0", 9, seed=2)
        published.done("export", "--version", "2.0.0", "--no-quality")

    during_the_build(monkeypatch, another_wins)
    lost = published.command("export", "--version", "2.0.0", "--no-quality")
    assert lost.status == 1
    assert lost.error == (
        "error: release v2.0.0 is published and never changes, but spec seed changed. "
        "Give the new release a new version."
    )
    assert json.loads((published.release("2.0.0") / "config_lock.json").read_text())["seed"] == 2
    assert published.done("verify", "--version", "2.0.0").status == 0


def test_two_equal_exports_at_once_are_one_release(published, monkeypatch):
    published.spec("2.0.0", 9)
    during_the_build(monkeypatch, lambda: published.done("export", "--version", "2.0.0", "--no-quality"))
    published.done("export", "--version", "2.0.0", "--no-quality")
    assert sorted(published.reused()["dataset_export", "2.0.0"]) == [False, True]


def test_with_keys_releases_are_signed_and_read_only_when_they_are(published):
    published.done("keygen", "key.pem")
    (published.path / ".env").write_text("DATASET_SIGNING_KEY=key.pem\nDATASET_PUBLIC_KEY=key.pem.pub\n")
    published.spec("2.0.0", 9)
    published.done("export", "--version", "2.0.0", "--no-quality")
    assert published.done("verify", "--version", "2.0.0", "--json").facts["signature"] == "checked"
    (published.release("2.0.0") / release.ReleaseFiles("2.0.0").signature).unlink()
    for version in ("1.0.0", "2.0.0"):
        assert published.command("verify", "--version", version).status == 1
        refused = published.command("qa", "--version", version)
        assert (refused.status, "there is no signature" in refused.error) == (1, True)


@pytest.mark.parametrize("what", ["curate", "models", "settings"])
def test_a_lock_names_no_program_or_model_that_its_rows_were_not_made_with(published, monkeypatch, what):
    if what == "settings":
        (published.path / ".env").write_text("DATASET_LINKS=host\n")
    elif what == "models":
        monkeypatch.setattr(curate, "models_used", lambda: {"names": "0" * 64})
    else:
        monkeypatch.setattr(curate, "VERSION", "99")
    published.spec("2.0.0", 9)
    outcome = published.command("export", "--version", "2.0.0", "--no-quality")
    assert outcome.status == 1
    assert (
        "clean_conversations of alpha was made by another version of this program or of its" in outcome.error
    )
