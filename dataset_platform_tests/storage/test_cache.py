"""The cache keeps its limit, never takes a file from a living process, and never hands out harmed bytes."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from dataset_platform.errors import UsageError
from dataset_platform.storage.cache import Cache
from dataset_platform_tests.storage.writer import PROCESSES


@pytest.fixture
def root(tmp_path):
    return tmp_path / "cache"


def put(cache, name, content):
    """Adds an object, and returns the SHA-256 of its content."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = cache.partial(f"{uuid4().hex}.arrived")
    path.write_bytes(content)
    cache.add(path, sha256)
    cache.name({name: sha256})
    return sha256


def blobs(cache):
    return [path for path in (cache.root / "blobs").rglob("*") if path.is_file()]


def use_and_end(root, name, content):
    """What another process does that is gone afterwards."""
    put(Cache(root, 10**9), name, content)


def elsewhere(root, name, content):
    process = PROCESSES.Process(target=use_and_end, args=(root, name, content))
    process.start()
    process.join()
    assert process.exitcode == 0


def test_what_was_added_is_found_under_its_name(root):
    cache = Cache(root, 10**9)
    sha256 = put(cache, "s3://bucket/a\ntag", b"content")
    assert cache.find("s3://bucket/a\ntag") == sha256
    assert cache.find("s3://bucket/a\nanother tag") is None
    folder = cache.folder({"deep/a": sha256, "b": sha256})
    assert (folder / "deep/a").read_bytes() == (folder / "b").read_bytes() == b"content"


@pytest.mark.parametrize("name", ["../../outside", "/outside", "a/../../../outside"])
def test_a_name_that_would_leave_the_folder_is_refused(root, name):
    """Buckets hold what others put there, and some keep such keys."""
    cache = Cache(root, 10**9)
    sha256 = put(cache, "one", b"content")
    with pytest.raises(UsageError, match="is not a plain relative path"):
        cache.folder({"a": sha256, name: sha256})
    assert [path.name for path in root.parent.iterdir()] == ["cache"]


def test_equal_content_is_stored_once(root):
    cache = Cache(root, 10**9)
    assert put(cache, "one", b"same") == put(cache, "two", b"same")
    assert len(blobs(cache)) == 1


def test_the_least_recently_used_leave_when_the_limit_is_passed(root):
    for number in range(4):
        elsewhere(root, f"object {number}", b"%d" % number * 1_000)
    cache = Cache(root, 2_000)
    cache.find("object 0")
    cache.shrink()
    assert sum(path.stat().st_size for path in blobs(cache)) <= 2_000
    assert [bool(cache.find(f"object {number}")) for number in range(4)] == [True, False, False, True]


def test_what_a_living_process_was_given_stays_whatever_the_limit(root):
    living, other = Cache(root, 1), Cache(root, 1)
    folder = living.folder({"a": put(living, "used", b"1" * 1_000)})
    elsewhere(root, "unused", b"2" * 1_000)
    other.shrink()
    assert (folder / "a").read_bytes() == b"1" * 1_000
    assert other.find("unused") is None


def test_a_folder_of_something_that_left_is_made_again(root):
    elsewhere(root, "a", b"1" * 1_000)
    cache = Cache(root, 1)
    cache.shrink()
    assert blobs(cache) == []
    folder = cache.folder({"a": put(cache, "a", b"1" * 1_000)})
    assert (folder / "a").read_bytes() == b"1" * 1_000


def test_a_file_that_somebody_changed_is_not_handed_out(root):
    elsewhere(root, "a", b"content")
    (blob,) = blobs(Cache(root, 10**9))
    blob.chmod(0o600)
    blob.write_bytes(b"cONTENT")
    cache = Cache(root, 10**9)
    assert cache.find("a") is None
    folder = cache.folder({"a": put(cache, "a", b"content")})
    assert (folder / "a").read_bytes() == b"content"


def test_many_threads_and_caches_at_once_lose_nothing(root):
    caches = [Cache(root, 5_000) for _ in range(4)]

    def use(number):
        cache, content = caches[number % 4], b"%d" % (number % 25) * 500
        folder = cache.folder({"a": put(cache, f"object {number % 25}", content)})
        cache.shrink()
        return (folder / "a").read_bytes() == content

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(200)))


def test_only_the_owner_can_look_inside(root):
    before = os.umask(0)
    try:
        cache = Cache(root, 10**9)
        cache.folder({"deep/a": put(cache, "a", b"content")})
    finally:
        os.umask(before)
    folders = [path for path in [root, *root.rglob("*")] if path.is_dir()]
    assert {path.stat().st_mode & 0o077 for path in folders} == {0}
    assert {path.stat().st_mode & 0o777 for path in blobs(cache)} == {0o400}
