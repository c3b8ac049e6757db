"""The contract of every storage backend; a backend adds its name, not a test."""

import errno
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataset_platform.errors import AlreadyPublished, StorageError, UsageError
from dataset_platform.storage.files import describe

LABELS = {"run-id": "run-1", "version": "1.0.0"}
MEGABYTE = 1 << 20
AWKWARD_NAMES = [
    "naïve file.json",
    "日本語.txt",
    "em🙂ji",
    "a+b=c&d.csv",
    "percent%20encoded",
    "question?hash#",
    "quotes'\"",
    "star*brackets[]{}",
    " spaces around ",
    "x" * 200,
    "..twodots",
    "e\u0301 and \u00e9",
]
UNSAFE_KEYS = ["../outside", "a/../../b", "/etc/passwd", "a//b", "a/\x00", "a\\b", ".", "a/\ud800", "a/", ""]


def lay(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return sorted(describe(folder), key=lambda file: [*files].index(file.name))


def publish(store, prefix, files):
    """Publishes files in the order in which they are given."""
    with store.staging() as folder:
        store.publish(folder, prefix, lay(folder, files), LABELS)


def add(store, prefix, files):
    with store.staging() as folder:
        return store.add(folder, prefix, lay(folder, files), LABELS)


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


class StoreContract:
    def test_a_published_folder_is_read_back(self, store):
        files = {"a": b"first", "deep/b": b"second", "manifest": b"{}"}
        publish(store, "exports/v1", files)
        assert store.read("exports/v1/a") == b"first"
        assert store.fetch("exports/v1/deep/b").read_bytes() == b"second"
        assert contents(store.fetch("exports/v1")) == files
        found = [(o.key.removeprefix("exports/v1/"), o.bytes) for o in store.list("exports")]
        assert found == [("a", 5), ("deep/b", 6), ("manifest", 2)]

    def test_another_machine_reads_the_same_bytes(self, store, place, tmp_path):
        files = {"a": b"first", "deep/b": os.urandom(MEGABYTE), "empty": b""}
        publish(store, "exports/v1", files)
        other = place.open(cache=tmp_path / "cache of another machine")
        assert other.exists("exports/v1")
        assert contents(other.fetch("exports/v1")) == files

    def test_a_second_publication_is_refused_and_changes_nothing(self, store):
        publish(store, "exports/v1", {"a": b"first", "manifest": b"1"})
        with pytest.raises(AlreadyPublished):
            publish(store, "exports/v1", {"a": b"other", "manifest": b"2"})
        assert contents(store.fetch("exports/v1")) == {"a": b"first", "manifest": b"1"}

    def test_of_many_publications_at_once_one_wins_whole(self, store):
        def attempt(number):
            try:
                publish(store, "exports/v1", {"a": b"%d" % number, "manifest": b"%d" % number})
            except AlreadyPublished:
                return 0
            return 1

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(8))) == 1
        assert store.read("exports/v1/a") == store.read("exports/v1/manifest")

    def test_what_is_there_is_not_added_again(self, store):
        files = {"a": b"first", "deep/b": b"second"}
        assert add(store, "processed/x/abc", files)
        before = [(o.key, o.tag) for o in store.list("processed")]
        assert not add(store, "processed/x/abc", files)
        assert [(o.key, o.tag) for o in store.list("processed")] == before

    def test_what_is_not_there_is_not_found(self, store):
        assert not store.exists("nothing")
        assert list(store.list("nothing")) == []
        for look in (store.read, store.fetch):
            with pytest.raises(FileNotFoundError):
                look("nothing/here")

    def test_replacing_changes_content_and_tag(self, store):
        store.replace("pointer/manifest.json", b"old")
        (old,) = store.list("pointer")
        store.fetch("pointer/manifest.json")
        store.replace("pointer/manifest.json", b"newer")
        (new,) = store.list("pointer")
        assert store.read("pointer/manifest.json") == b"newer"
        assert store.fetch("pointer/manifest.json").read_bytes() == b"newer"
        assert old.tag != new.tag

    def test_what_is_deleted_is_gone(self, store):
        store.replace("raw/a", b"1")
        store.replace("raw/b", b"2")
        store.delete(["raw/a", "raw/never there"])
        assert [o.key for o in store.list("raw")] == ["raw/b"]
        assert not store.exists("raw/a")

    def test_staging_leaves_nothing_behind(self, store):
        with store.staging() as folder:
            (folder / "draft").write_text("never published")
        assert list(store.list("exports")) == []
        assert not folder.exists()

    def test_keys_cannot_leave_the_root(self, store):
        for key in UNSAFE_KEYS:
            for use in (store.read, store.exists, store.fetch, lambda key: store.replace(key, b"")):
                with pytest.raises(UsageError, match="plain relative path"):
                    use(key)

    @pytest.mark.parametrize("name", ["a\nb", "deep/a\\b", "/".join(["x" * 200] * 6)])
    def test_a_file_whose_name_no_store_could_hold_is_refused_before_anything_is_stored(self, store, name):
        for lay_down in (add, publish):
            with pytest.raises(UsageError, match=r"is not a plain relative path|is longer than 1024 bytes"):
                lay_down(store, "exports/v1", {"first": b"1", name: b"2"})
        assert not store.exists("exports/v1")
        assert list(store.list("exports")) == []

    def test_unusual_names_are_kept(self, store):
        for name in AWKWARD_NAMES:
            store.replace(f"raw/source/{name}", name.encode())
        assert [o.key for o in store.list("raw")] == sorted(f"raw/source/{name}" for name in AWKWARD_NAMES)
        for name in AWKWARD_NAMES:
            assert store.read(f"raw/source/{name}") == name.encode()
            assert store.fetch(f"raw/source/{name}").name == name
        files = {name: name.encode() for name in AWKWARD_NAMES}
        publish(store, "exports/v1", files)
        assert contents(store.fetch("exports/v1")) == files

    def test_a_prefix_is_a_folder_and_not_the_beginning_of_a_name(self, store):
        store.replace("raw/source/a", b"1")
        store.replace("raw/source two/a", b"2")
        assert [o.key for o in store.list("raw/source")] == ["raw/source/a"]

    # One class a backend runs it, and examples may share a store: each writes before it reads.
    @settings(
        max_examples=10,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(content=st.binary(max_size=3_000))
    def test_any_bytes_come_back(self, store, content):
        store.replace("raw/bytes", content)
        assert store.read("raw/bytes") == content
        assert store.fetch("raw/bytes").read_bytes() == content

    def test_a_large_file_goes_in_parts(self, store, place, tmp_path):
        content = os.urandom(20 * MEGABYTE + 17)
        add(store, "processed/x/large", {"part-00000.parquet.bin": content})
        other = place.open(cache=tmp_path / "another machine")
        fetched = other.fetch("processed/x/large/part-00000.parquet.bin")
        assert hashlib.sha256(fetched.read_bytes()).digest() == hashlib.sha256(content).digest()

    @pytest.mark.slow
    def test_300_megabytes_come_back(self, store, place, tmp_path):
        block = os.urandom(MEGABYTE)
        with store.staging() as folder:
            with (folder / "large").open("wb") as stream:
                for number in range(300):
                    stream.write(number.to_bytes(8, "big") + block[8:])
            files = list(describe(folder))
            store.publish(folder, "exports/v1", files, LABELS)
        other = place.open(cache=tmp_path / "another machine")
        (fetched,) = describe(other.fetch("exports/v1"))
        assert fetched == files[0]

    @pytest.mark.slow
    def test_5000_small_objects_come_back(self, store, place, tmp_path):
        files = {f"{number % 10}/{number:05}": b"%d" % number * 100 for number in range(5_000)}
        add(store, "processed/x/many", files)
        assert len(list(store.list("processed/x/many"))) == 5_000
        other = place.open(cache=tmp_path / "another machine")
        assert contents(other.fetch("processed/x/many")) == files


class TestLocalStore(StoreContract):
    backend = "local"

    def test_a_folder_that_may_not_be_listed_is_not_taken_for_an_empty_one(self, store, monkeypatch):
        store.replace("exports/v1/a", b"first")
        scandir = os.scandir

        def locked(path):
            if Path(path).name == "v1":
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", locked)
        with pytest.raises(StorageError, match=r"exports/v1: Permission denied"):
            list(store.list("exports"))

    def test_a_disk_that_may_only_be_read_is_read_and_named_in_one_line(self, store, monkeypatch):
        publish(store, "exports/v1", {"a": b"first"})

        def refuse(path, *_, **__):
            raise OSError(errno.EROFS, "Read-only file system", str(path))

        monkeypatch.setattr(Path, "mkdir", refuse)
        for write in (
            lambda: publish(store, "exports/v2", {"a": b"second"}),
            lambda: store.replace("raw/a", b"1"),
        ):
            with pytest.raises(StorageError, match="Read-only file system") as caught:
                write()
            assert "\n" not in str(caught.value)
        assert contents(store.fetch("exports/v1")) == {"a": b"first"}

    def test_only_the_owner_can_look_inside_whatever_the_umask(self, store):
        before = os.umask(0)
        try:
            publish(store, "exports/v1", {"a": b"private", "deep/b": b"private"})
            store.replace("processed/asset/all/manifest.json", b"{}")
            store.put("reports/a", store.fetch("exports/v1/a"), "")
        finally:
            os.umask(before)
        modes = {path: path.stat().st_mode & 0o777 for path in [store.root, *store.root.rglob("*")]}
        assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
        assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


class TestS3Store(StoreContract):
    backend = "s3"


class TestGCSStore(StoreContract):
    backend = "gcs"
