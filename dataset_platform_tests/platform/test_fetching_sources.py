"""`sources fetch`: from an origin in a description to a green partition, with one line for every mistake."""

import hashlib
import json
import re

import pytest
import stamina

from dataset_platform_tests.ingest.origins.hub_server import serving_hub
from dataset_platform_tests.ingest.origins.web_server import Page, serving
from dataset_platform_tests.pipeline.project import Project, conversations

CONTENT = "".join(f"{json.dumps(record)}\n" for record in conversations("alpha", 5)).encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def web():
    with serving() as web, stamina.set_testing(True, attempts=2):
        web.pages["/a.jsonl"] = Page(CONTENT)
        yield web


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("DATASET_CACHE_DIR", str(tmp_path / "cache"))
    project = Project(tmp_path / "project")
    project.describe("alpha")
    return project


def write_origin(project, text):
    path = project.describe("alpha")
    path.write_text(path.read_text() + f"origin:\n{text}\n")


def test_a_pinned_origin_is_fetched_read_and_not_fetched_again(project, web):
    write_origin(project, f"  urls: [{{url: '{web.url}/a.jsonl', sha256: {SHA256}}}]")
    refused = project.command("sources", "clean", "alpha")
    assert refused.status == 2
    assert refused.error.endswith("raw/alpha: no files to read; try `dataset-platform sources fetch alpha`")
    facts = project.done("sources", "fetch", "alpha", "--json").facts
    assert facts["files"] == [{"file": "a.jsonl", "sha256": SHA256, "outcome": "added"}]
    project.done("sources", "clean", "alpha")
    assert len(project.rows("raw_conversations", "alpha")) == 5
    again = project.done("sources", "fetch", "alpha", "--json").facts
    assert [file["outcome"] for file in again["files"]] == ["there already"]
    assert len(web.requests) == 1


def test_the_pin_that_is_printed_is_the_one_to_write(project, web):
    write_origin(project, f"  urls: [{{url: '{web.url}/a.jsonl'}}]")
    outcome = project.command("sources", "fetch", "alpha")
    assert (outcome.status, outcome.out) == (2, "")
    assert "`dataset-platform sources fetch alpha --pin` prints the pin to write" in outcome.error
    printed = project.done("sources", "fetch", "alpha", "--pin").out
    assert SHA256 in printed
    assert not (project.path / "data/raw/alpha").exists()
    path = project.describe("alpha")
    path.write_text(path.read_text() + printed)
    project.done("sources", "fetch", "alpha")
    assert (project.path / "data/raw/alpha/a.jsonl").read_bytes() == CONTENT


def test_wrong_bytes_put_nothing_into_the_landing_area(project, web):
    write_origin(project, f"  urls: [{{url: '{web.url}/a.jsonl', sha256: {'f' * 64}}}]")
    outcome = project.command("sources", "fetch", "alpha")
    assert outcome.status == 1
    assert f"the bytes received have SHA-256 {SHA256}, but {'f' * 64} is pinned" in outcome.error
    assert not (project.path / "data/raw/alpha").exists()


def test_an_edited_file_is_not_overwritten(project, web):
    write_origin(project, f"  urls: [{{url: '{web.url}/a.jsonl', sha256: {SHA256}}}]")
    project.land("alpha", conversations("mine", 1), "a.jsonl")
    outcome = project.command("sources", "fetch", "alpha")
    assert outcome.status == 2
    assert "raw/alpha: a.jsonl differ from the origin and did not come from it" in outcome.error


def test_an_origin_that_does_not_answer_is_one_line(project, web):
    web.pages.clear()
    write_origin(project, f"  urls: [{{url: '{web.url}/a.jsonl', sha256: {SHA256}}}]")
    outcome = project.command("sources", "fetch", "alpha")
    assert (outcome.status, outcome.out) == (1, "")
    assert re.fullmatch(r"error: http://127.0.0.1:\d+/a.jsonl: HTTP 404", outcome.error)


def test_progress_is_plain_lines_when_nobody_watches(project, web):
    web.pages["/a.jsonl"] = Page(CONTENT)
    write_origin(project, f"  urls: [{{url: '{web.url}/a.jsonl', sha256: {SHA256}}}]")
    err = project.done("sources", "fetch", "alpha").err
    assert re.search(r"^a\.jsonl: 0\.0 of 0\.0 MB$", err, re.MULTILINE)
    assert "\x1b" not in err


def test_a_source_without_origin_has_nothing_to_fetch(project):
    outcome = project.command("sources", "fetch", "alpha")
    assert outcome.status == 2
    assert "sources/alpha.yaml: has no `origin` to fetch files from" in outcome.error


MISTAKES = [
    ("  - hub", "line 11, key `origin`: an origin names `hub`, `urls` or `prefix`"),
    ("  revision: abc", "line 11, key `origin`: an origin names `hub`, `urls` or `prefix`"),
    ("  hub: a/b/c", "key `origin.hub`"),
    ("  hub: a/b\n  revisoin: x", "line 13, key `origin.revisoin`: this key is not known"),
    ("  urls: [{url: 'ftp://a/b'}]", "key `origin.urls.0.url`: a web address begins with https://"),
    ("  urls: [{url: 'https://me:s3cret@a/b'}]", "credentials do not belong into a description"),
    ("  urls: [{url: 'https://a/b', sha256: 12}]", "key `origin.urls.0.sha256`"),
    ("  prefix: https://a/b", "key `origin.prefix`"),
]


@pytest.mark.parametrize(("text", "complaint"), MISTAKES)
def test_a_mistake_in_an_origin_is_named_with_file_line_and_key(project, text, complaint):
    write_origin(project, text)
    outcome = project.command("sources", "fetch", "alpha")
    assert outcome.status == 2
    assert "sources/alpha.yaml, line" in outcome.error
    assert complaint in outcome.error
    assert "s3cret" not in outcome.err
    assert outcome.error.count("\n") == 0


@pytest.mark.slow
def test_a_dataset_of_the_hub_is_fetched_by_its_environment_and_read_offline_afterwards(project, tmp_path):
    with serving_hub("owner/talks") as hub:
        commit = hub.commit({"data/a.jsonl": CONTENT, "README.md": b"# Talks"})
        write_origin(project, f"  hub: owner/talks\n  revision: '{commit}'\n  files: ['data/*.jsonl']")
        fetch = ["sources", "fetch", "alpha", "--json"]
        online = project.apart(fetch, HF_ENDPOINT=hub.url, HF_TOKEN="hf_s3cret")
        assert online.status == 0, online.err
    landed = project.path / "data/raw/alpha/data/a.jsonl"
    assert landed.read_bytes() == CONTENT
    landed.unlink()
    offline = project.apart(fetch, HF_HUB_OFFLINE="1", HF_TOKEN="hf_s3cret")
    assert offline.status == 0, offline.err
    assert landed.read_bytes() == CONTENT
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert b"hf_s3cret" not in path.read_bytes()
    assert "hf_s3cret" not in online.out + online.err + offline.out + offline.err
