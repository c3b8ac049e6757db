"""Datasets of the Hugging Face Hub, from a server that speaks its API and from a cache in its layout."""

import pytest
from huggingface_hub import constants

from dataset_platform.errors import FetchFailed, InputError, VerificationFailed
from dataset_platform.ingest.origins.description import HubOrigin
from dataset_platform.ingest.origins.fetching import fetch_origin, pin_origin
from dataset_platform.ingest.origins.means import Means
from dataset_platform.settings import Settings
from dataset_platform_tests.ingest.origins.hub_server import etag, serving_hub

DATASET = "owner/talks"
FILES = {
    "README.md": b"# Talks",
    "train.jsonl": b'{"a": 1}\n' * 5_000,
    "parts/one.jsonl": b"{}\n",
    "parts/deep/two.jsonl": b"[]\n",
}


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_s3cret")
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    with serving_hub(DATASET) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        yield hub


@pytest.fixture
def means(tmp_path):
    return Means(Settings(_env_file=None, cache_dir=tmp_path / "cache"))


def fetched(origin, means):
    return {file.name: file.path.read_bytes() for file in fetch_origin(origin, "alpha", means)}


def test_all_files_of_a_commit_are_fetched_once(hub, means):
    origin = HubOrigin(hub=DATASET, revision=hub.commit(FILES))
    assert fetched(origin, means) == FILES
    assert sorted(hub.downloads) == ["README.md", "one.jsonl", "train.jsonl", "two.jsonl"]
    assert fetched(origin, means) == FILES
    assert len(hub.downloads) == 4


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        (["*.jsonl"], ["train.jsonl"]),
        (["**/*.jsonl"], ["parts/deep/two.jsonl", "parts/one.jsonl", "train.jsonl"]),
        (["parts/*"], ["parts/one.jsonl"]),
    ],
)
def test_globs_mean_what_they_mean_in_a_description_and_nothing_else_is_downloaded(
    hub, means, globs, expected
):
    origin = HubOrigin(hub=DATASET, revision=hub.commit(FILES), files=globs)
    assert list(fetched(origin, means)) == expected
    assert len(hub.downloads) == len(expected)


def test_a_commit_is_what_it_was_after_the_branch_moved_on(hub, means):
    first = hub.commit(FILES)
    hub.commit({"other": b"x"})
    assert fetched(HubOrigin(hub=DATASET, revision=first), means) == FILES


@pytest.mark.parametrize("revision", [None, "main", "0123abc"])
def test_a_branch_is_no_pin_and_pinning_gives_its_commit(hub, means, revision):
    commit = hub.commit(FILES)
    hub.branches["0123abc"] = commit
    origin = HubOrigin(hub=DATASET, revision=revision)
    with pytest.raises(InputError, match="not pinned"):
        fetched(origin, means)
    assert pin_origin(origin, "alpha", means) == HubOrigin(hub=DATASET, revision=commit)
    assert hub.downloads == []


def test_nothing_is_asked_of_the_hub_for_what_was_fetched(hub, means):
    origin = HubOrigin(hub=DATASET, revision=hub.commit(FILES), files=["*.jsonl"])
    before = fetched(origin, means)
    hub.requests.clear()
    assert fetched(origin, means) == before
    assert hub.requests == []


def test_a_hub_that_is_down_is_one_line(hub, means):
    origin = HubOrigin(hub=DATASET, revision=hub.commit(FILES))
    hub.is_down = True
    with pytest.raises(FetchFailed, match="hub owner/talks: HTTP 503; try again later"):
        fetched(origin, means)
    hub.is_down = False
    assert fetched(origin, means) == FILES


@pytest.fixture
def cached_commit(means, monkeypatch):
    """A cache in the Hub's layout that somebody carried here, and no way out."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    commit = "5" * 40
    root = means.cache / "hub" / "datasets--owner--talks"
    for name, content in FILES.items():
        blob, link = root / "blobs" / etag(content), root / "snapshots" / commit / name
        for path in (blob, link):
            path.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(content)
        link.symlink_to(blob)
    return commit


def test_a_cache_that_was_carried_here_is_read_offline(cached_commit, means):
    origin = HubOrigin(hub=DATASET, revision=cached_commit, files=["*.jsonl"])
    assert fetched(origin, means) == {"train.jsonl": FILES["train.jsonl"]}


@pytest.mark.parametrize("name", ["train.jsonl", "parts/one.jsonl"])
def test_a_damaged_blob_in_the_cache_is_found(cached_commit, means, name):
    (means.cache / "hub/datasets--owner--talks/snapshots" / cached_commit / name).write_bytes(b"other")
    with pytest.raises(VerificationFailed, match=f"hub owner/talks, {name}: the cached bytes have digest"):
        fetched(HubOrigin(hub=DATASET, revision=cached_commit), means)


def test_offline_without_a_cache_is_one_line(cached_commit, means):
    with pytest.raises(FetchFailed, match="hub owner/other: the Hub gives no answer, and the cache"):
        fetched(HubOrigin(hub="owner/other", revision=cached_commit), means)


def test_bytes_that_were_changed_on_their_way_are_refused(hub, means):
    hub.damaged = {"train.jsonl"}
    with pytest.raises(VerificationFailed, match=r"train.jsonl: the cached bytes have digest"):
        fetched(HubOrigin(hub=DATASET, revision=hub.commit(FILES)), means)


@pytest.mark.parametrize(
    ("dataset", "revision", "complaint"),
    [
        ("owner/none", "0" * 40, "no such dataset, or a private one: set HF_TOKEN"),
        (DATASET, "0" * 40, "there is no revision 0000"),
    ],
)
def test_what_is_not_there_is_one_line(hub, means, dataset, revision, complaint):
    hub.commit(FILES)
    with pytest.raises(FetchFailed, match=complaint) as failure:
        fetched(HubOrigin(hub=dataset, revision=revision), means)
    assert "\n" not in str(failure.value)
    assert "s3cret" not in str(failure.value)


def test_a_dataset_over_the_limit_is_refused_before_it_comes(hub, tmp_path):
    means = Means(Settings(_env_file=None, cache_dir=tmp_path, fetch_max_gb=1e-6))
    with pytest.raises(InputError, match="hub owner/talks: more than 1e-06 GB"):
        fetched(HubOrigin(hub=DATASET, revision=hub.commit(FILES)), means)
    assert hub.downloads == []


def test_a_name_that_could_lead_out_of_the_folder_is_refused(hub, means):
    with pytest.raises(InputError):
        fetched(HubOrigin(hub=DATASET, revision=hub.commit({"a\\b": b"x"})), means)
