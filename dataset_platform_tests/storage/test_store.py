"""The contract of every storage backend; a backend adds a fixture, not a test."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dataset_platform.errors import AlreadyPublished, UsageError
from dataset_platform.storage.local import LocalStore


class StoreContract:
    def publish(self, store, prefix, **files):
        with store.staging() as folder:
            for name, content in files.items():
                (folder / name).write_text(content)
            store.publish(folder, prefix)

    def test_a_published_folder_is_read_back(self, store):
        self.publish(store, "exports/v1", a="first", b="second")
        assert store.read("exports/v1/a") == b"first"
        assert store.fetch("exports/v1/b").read_text() == "second"
        assert [(o.key, o.bytes) for o in store.list("exports")] == [("exports/v1/a", 5), ("exports/v1/b", 6)]

    def test_a_second_publication_is_refused_and_changes_nothing(self, store):
        self.publish(store, "exports/v1", a="first")
        with pytest.raises(AlreadyPublished):
            self.publish(store, "exports/v1", a="other")
        assert store.read("exports/v1/a") == b"first"

    def test_of_many_publications_at_once_one_wins_whole(self, store):
        def attempt(number):
            try:
                self.publish(store, "exports/v1", a=str(number), b=str(number))
            except AlreadyPublished:
                return 0
            return 1

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(8))) == 1
        assert store.read("exports/v1/a") == store.read("exports/v1/b")

    def test_what_is_not_there_is_not_found(self, store):
        assert not store.exists("nothing")
        assert list(store.list("nothing")) == []
        for look in (store.read, store.fetch):
            with pytest.raises(FileNotFoundError):
                look("nothing/here")

    def test_replacing_changes_content_and_tag(self, store):
        store.replace("pointer/manifest.json", b"old")
        (old,) = store.list("pointer")
        store.replace("pointer/manifest.json", b"newer")
        (new,) = store.list("pointer")
        assert store.read("pointer/manifest.json") == b"newer"
        assert old.tag != new.tag

    def test_staging_leaves_nothing_behind(self, store):
        with store.staging() as folder:
            (folder / "draft").write_text("never published")
        assert list(store.list("exports")) == []
        assert not folder.exists()

    @pytest.mark.parametrize("key", ["../outside", "a/../../b", "/etc/passwd", "a//b", "a/\x00", "a\\b", "."])
    def test_keys_cannot_leave_the_root(self, store, key):
        with pytest.raises(UsageError, match="plain relative path"):
            store.read(key)

    @pytest.mark.parametrize("name", ["naïve file.json", "日本語.txt", "a+b=c&d.csv", "x" * 200])
    def test_unusual_names_are_kept(self, store, name):
        store.replace(f"raw/source/{name}", b"content")
        assert store.read(f"raw/source/{name}") == b"content"
        assert [o.key for o in store.list("raw")] == [f"raw/source/{name}"]


class TestLocalStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        return LocalStore(tmp_path / "root")

    def test_only_the_owner_can_look_inside(self, store):
        self.publish(store, "exports/v1", a="private")
        assert (store.root / "exports").stat().st_mode & 0o077 == 0
