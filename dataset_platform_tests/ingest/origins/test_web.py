"""Files from web addresses arrive whole and verified, or are refused with one line that tells no secret."""

import hashlib
import json
import random

import httpx
import pytest
import stamina
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dataset_platform.errors import FetchFailed, InputError, UsageError, VerificationFailed
from dataset_platform.ingest.origins import web as web_origin
from dataset_platform.ingest.origins.description import WebFile, WebOrigin
from dataset_platform.ingest.origins.fetching import fetch_origin, pin_origin
from dataset_platform.ingest.origins.means import Means
from dataset_platform.settings import Settings
from dataset_platform_tests.ingest.origins.web_server import Page, serving

CONTENT = random.Random(0).randbytes(3_000_000)


@pytest.fixture(autouse=True)
def _no_waiting():
    with stamina.set_testing(True, attempts=4):
        yield


@pytest.fixture(scope="module")
def shared_web():
    with serving() as web:
        yield web


@pytest.fixture
def web(shared_web):
    shared_web.pages.clear()
    shared_web.requests.clear()
    return shared_web


@pytest.fixture
def means(tmp_path):
    return Means(Settings(_env_file=None, cache_dir=tmp_path / "cache"))


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def origin(web, content=CONTENT, path="/a.jsonl", **more):
    return WebOrigin(urls=(WebFile(url=web.url + path, sha256=sha256(content), **more),))


def fetched(origin, means):
    return {file.name: file.path.read_bytes() for file in fetch_origin(origin, "alpha", means)}


def test_a_file_is_fetched_once_and_then_comes_from_the_cache(web, means):
    web.pages["/a.jsonl"] = Page(CONTENT)
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}
    assert len(web.requests) == 1


def test_a_damaged_copy_in_the_cache_is_fetched_again(web, means):
    web.pages["/a.jsonl"] = Page(CONTENT)
    (file,) = fetch_origin(origin(web), "alpha", means)
    file.path.write_bytes(CONTENT[:-1] + b"x")
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}


def test_a_connection_that_breaks_is_taken_up_where_it_broke(web, means):
    web.pages["/a.jsonl"] = Page(CONTENT, cuts=[1_200_000, 700_000])
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}
    first, *rest = web.ranges("/a.jsonl")
    assert first is None
    offsets = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in rest]
    assert len(offsets) == 2
    assert 0 < offsets[0] < offsets[1] < len(CONTENT)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(web_origin, "TIMEOUT", httpx.Timeout(0.5))


@pytest.mark.usefixtures("impatient")
def test_a_transfer_that_stalls_and_then_breaks_is_taken_up_where_it_stood(web, means):
    web.pages["/a.jsonl"] = Page(CONTENT, stalls=[1_200_000], cuts=[700_000])
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}
    first, *rest = web.ranges("/a.jsonl")
    assert first is None
    offsets = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in rest]
    assert offsets == [1_200_000, 1_900_000]


@pytest.mark.usefixtures("impatient")
def test_other_bytes_after_a_stall_do_not_pass_for_those_that_were_pinned(web, means):
    web.pages["/a.jsonl"] = Page(CONTENT[::-1], stalls=[1_200_000])
    with pytest.raises(VerificationFailed, match=f"but {sha256(CONTENT)} is pinned"):
        fetched(origin(web), means)
    assert len(web.requests) == 2


@pytest.mark.usefixtures("impatient")
def test_a_server_that_only_stalls_is_given_up_with_one_line_and_gone_on_with_later(web, means):
    web.pages["/a.jsonl"] = Page(CONTENT, stalls=[1_000, 0])
    with stamina.set_testing(True, attempts=2), pytest.raises(FetchFailed) as failure:
        fetched(origin(web), means)
    assert str(failure.value) == (
        f"{web.url}/a.jsonl: no bytes for 0.5 s after 8 attempts; the same command goes on from there"
    )
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}
    assert web.ranges("/a.jsonl") == [None, "bytes=1000-", "bytes=1000-"]


def test_the_next_command_goes_on_where_the_last_one_gave_up(web, means):
    web.pages["/a.jsonl"] = Page(CONTENT, cuts=[1_500_000, 0, 0, 0])
    with pytest.raises(FetchFailed, match=r"127.0.0.1:\d+/a.jsonl: RemoteProtocolError after 8 attempts"):
        fetched(origin(web), means)
    web.requests.clear()
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}
    (asked,) = web.ranges("/a.jsonl")
    assert int(asked.removeprefix("bytes=").rstrip("-")) > 1_000_000


@pytest.mark.parametrize("changes", [{"etag": '"2"'}, {"ranges": False}, {"etag": None}, {"etag": 'W/"1"'}])
def test_a_file_that_changed_or_cannot_be_resumed_begins_anew(web, means, changes):
    web.pages["/a.jsonl"] = Page(b"another version" * 100_000, cuts=[1_000_000, 0, 0, 0])
    with pytest.raises(FetchFailed):
        fetched(origin(web), means)
    web.pages["/a.jsonl"] = Page(CONTENT, **changes)
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}


def test_a_partial_file_longer_than_the_remote_one_is_thrown_away(web, means):
    web.pages["/a.jsonl"] = Page(CONTENT + b"more", cuts=[len(CONTENT) + 2, 0, 0, 0])
    with pytest.raises(FetchFailed):
        fetched(origin(web), means)
    web.pages["/a.jsonl"] = Page(CONTENT)
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}


def test_wrong_bytes_are_refused_with_both_digests_and_not_kept(web, means):
    web.pages["/a.jsonl"] = Page(b"other")
    with pytest.raises(VerificationFailed, match=f"{sha256(b'other')}, but {sha256(CONTENT)} is pinned"):
        fetched(origin(web), means)
    assert [path.suffix for path in (means.cache / "files").iterdir()] == [".lock"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_that_fails_for_a_while_is_asked_again(web, means, status):
    web.pages["/a.jsonl"] = Page(CONTENT, statuses=[status, status])
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_final(web, means, status):
    web.pages["/a.jsonl"] = Page(CONTENT, statuses=[status])
    with pytest.raises(FetchFailed, match=f"/a.jsonl: HTTP {status}$"):
        fetched(origin(web), means)
    assert len(web.requests) == 1


def test_a_redirect_is_followed(web, means):
    web.pages |= {"/a.jsonl": Page(redirect="/b?x=1"), "/b": Page(CONTENT)}
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}


@pytest.mark.parametrize(
    ("target", "complaint"),
    [
        ("file:///etc/passwd", "redirects to file, not to https"),
        ("ftp://example.org/a", "redirects to ftp, not to https"),
        ("http://192.0.2.1/a", "plain http"),
        ("/a.jsonl", "more than 5 redirects"),
    ],
)
def test_a_redirect_elsewhere_is_refused(web, means, target, complaint):
    web.pages["/a.jsonl"] = Page(redirect=target)
    with pytest.raises((FetchFailed, UsageError), match=complaint):
        fetched(origin(web), means)


def test_plain_http_from_another_machine_needs_the_flag(means):
    remote = WebOrigin(urls=(WebFile(url="http://192.0.2.1/a", sha256="0" * 64),))
    with pytest.raises(UsageError, match=r"^http://192.0.2.1/a: plain http .* or --allow-http"):
        fetched(remote, means)


def test_what_is_larger_than_the_limit_is_refused(web, tmp_path):
    settings = Settings(_env_file=None, cache_dir=tmp_path, fetch_max_gb=len(CONTENT) * 1.5 / 1e9)
    two = (("/a", CONTENT), ("/b", CONTENT[::-1]))
    web.pages |= {path: Page(content) for path, content in two}
    urls = tuple(WebFile(url=web.url + path, sha256=sha256(content)) for path, content in two)
    with pytest.raises(InputError, match=r"/b: more than 0.0045 GB; raise DATASET_FETCH_MAX_GB"):
        fetched(WebOrigin(urls=urls), Means(settings))


def test_an_origin_without_a_pin_is_refused_and_pinning_gives_it(web, means):
    web.pages["/a.jsonl"] = Page(CONTENT)
    unpinned = WebOrigin(urls=(WebFile(url=web.url + "/a.jsonl"),))
    with pytest.raises(InputError, match="`dataset-platform sources fetch alpha --pin` prints the pin"):
        fetched(unpinned, means)
    assert web.requests == []
    assert pin_origin(unpinned, "alpha", means) == origin(web)
    assert fetched(origin(web), means) == {"a.jsonl": CONTENT}
    assert len(web.requests) == 1


def test_a_pin_that_no_longer_holds_is_replaced_by_pinning(web, means):
    web.pages["/a.jsonl"] = Page(b"new")
    assert pin_origin(origin(web), "alpha", means) == origin(web, b"new")


def test_what_is_secret_in_an_address_is_not_told(web, means, capfd):
    web.pages["/a"] = Page(b"", statuses=[500] * 99)
    secret = WebOrigin(urls=(WebFile(url=f"{web.url}/a?token=s3cret", sha256="0" * 64),))
    with pytest.raises(FetchFailed) as failure:
        fetched(secret, means)
    assert "s3cret" not in str(failure.value) + "".join(capfd.readouterr())
    for path in (means.cache / "files").iterdir():
        assert "s3cret" not in path.name + path.read_text()


@pytest.mark.parametrize("name", ["../b", "/etc/passwd", "a/../../b", "a\nb", "a\\b", ".", "a//b"])
def test_a_name_that_could_lead_out_of_the_folder_is_refused(web, means, name):
    with pytest.raises(InputError):
        fetched(origin(web, name=name), means)
    assert web.requests == []


@pytest.mark.parametrize("path", ["/..%2f..%2fb", "/", "/a%0ab", "/%2e%2e"])
def test_an_address_that_ends_in_no_file_name_is_refused(web, means, path):
    with pytest.raises(InputError):
        fetched(origin(web, path=path), means)
    assert web.requests == []


def test_two_addresses_of_one_name_are_refused(web, means):
    urls = tuple(WebFile(url=f"{web.url}/{folder}/a", sha256="0" * 64) for folder in "xy")
    with pytest.raises(InputError, match="given twice"):
        fetched(WebOrigin(urls=urls), means)


@hypothesis_settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(0, 3_000_000),
    cuts=st.lists(st.integers(0, 3_000_000), max_size=2),
    statuses=st.lists(st.sampled_from([500, 503]), max_size=1),
    etag=st.sampled_from([None, '"1"', 'W/"1"']),
)
def test_whatever_breaks_the_bytes_are_those_that_were_pinned(web, means, size, cuts, statuses, etag):
    content = CONTENT[:size]
    web.pages["/a.jsonl"] = Page(content, etag, [min(cut, size) for cut in cuts], statuses)
    for path in (means.cache / "files").glob("*"):
        path.unlink()
    try:
        assert fetched(origin(web, content), means) == {"a.jsonl": content}
    except FetchFailed:  # patience has an end; the next command brings it
        assert fetched(origin(web, content), means) == {"a.jsonl": content}


def test_progress_is_told_in_bytes(web, tmp_path):
    told = []
    settings = Settings(_env_file=None, cache_dir=tmp_path)
    web.pages["/a.jsonl"] = Page(CONTENT)
    fetched(origin(web), Means(settings, on_file=lambda *args: told.append(args)))
    assert told[-1] == ("a.jsonl", len(CONTENT), len(CONTENT))
    assert json.dumps(told)
