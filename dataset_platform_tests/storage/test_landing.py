"""What lies in the landing area, with digests that are remembered and never trusted over content."""

import errno
import os
from pathlib import Path

import pytest

from dataset_platform.errors import InputError
from dataset_platform.storage.landing import departed, is_source_name, landed_files, landed_sources
from dataset_platform.storage.local import LocalStore
from dataset_platform.storage.work import sha256_of

INDEX = "processed/landing_index/alpha.json"


class Counting(LocalStore):
    """Counts what is listed and fetched."""

    def __init__(self, root):
        super().__init__(root)
        self.fetched, self.listed = [], 0

    def list(self, prefix):
        self.listed += 1
        return super().list(prefix)

    def fetch(self, key):
        self.fetched.append(key)
        return super().fetch(key)


@pytest.fixture
def store(tmp_path):
    for number in range(3):
        path = tmp_path / f"raw/alpha/{number}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{number}")
    return Counting(tmp_path)


def landed(store):
    store.fetched.clear()
    return landed_files(store, "raw", "alpha", INDEX)


def test_files_have_names_digests_and_their_content(store):
    files = landed(store).files
    assert [file.name for file in files] == ["alpha/0.jsonl", "alpha/1.jsonl", "alpha/2.jsonl"]
    assert all(file.sha256 == sha256_of(file.fetch()) for file in files)


def test_a_file_is_fetched_once_and_only_if_it_is_new_or_changed(store):
    before = landed(store)
    assert len(store.fetched) == 3
    assert landed(store) is not before
    assert store.fetched == []
    (store.root / "raw/alpha/1.jsonl").write_text("changed")
    after = landed(store)
    assert [file.fetch().name for file in after.files][1] == "1.jsonl"
    assert store.fetched.count("raw/alpha/1.jsonl") == 1
    assert after.digest != before.digest


def test_an_edit_that_puts_size_and_time_back_is_hashed_again(store):
    path = store.root / "raw/alpha/1.jsonl"
    before, status = landed(store), path.stat()
    path.write_text("9")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert landed(store).digest != before.digest
    assert store.fetched == ["raw/alpha/1.jsonl"]


def test_what_a_link_leads_to_counts_for_the_link(store):
    target = store.root / "raw/alpha/0.jsonl"
    (store.root / "raw/alpha/link").symlink_to(target)
    before = landed(store)
    target.write_text("changed")
    after = landed(store)
    assert sorted(store.fetched) == ["raw/alpha/0.jsonl", "raw/alpha/link"]
    assert {f.name: f.sha256 for f in before.files}["alpha/link"] != after.files[-1].sha256


def test_folders_behind_links_are_read_and_loops_are_not(store):
    (store.root / "raw/beta").symlink_to("alpha")
    (store.root / "raw/alpha/deep").mkdir()
    (store.root / "raw/alpha/deep/up").symlink_to(store.root / "raw/alpha")
    (store.root / "raw/alpha/deep/across").symlink_to(store.root / "raw/gamma")
    (store.root / "raw/gamma").mkdir()
    (store.root / "raw/gamma/back").symlink_to(store.root / "raw/alpha/deep")
    (store.root / "raw/gamma/file").write_text("gamma")
    names = {file.name for file in landed(store).files}
    assert {name for name in names if "file" in name} == {"alpha/deep/across/file"}
    assert len(names) == 4
    listed = {stored.key for stored in store.list("raw")}
    assert {"raw/beta/0.jsonl", "raw/beta/deep/across/file", "raw/gamma/file"} <= listed


def test_a_folder_behind_a_link_out_of_the_landing_area_is_refused_and_never_walked(store, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret").write_text("secret")
    (store.root / "raw/alpha/out").symlink_to(outside)
    assert "raw/alpha/out/secret" not in {stored.key for stored in store.list("raw")}
    with pytest.raises(InputError, match=r"alpha/out: not a file that can be read; take it out"):
        landed(store)


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"files": 1}'])
def test_the_index_may_be_deleted_or_damaged(store, content):
    before = landed(store)
    path = store.root / INDEX
    path.unlink() if content is None else path.write_bytes(content)
    assert landed(store).digest == before.digest
    assert len(store.fetched) == 3
    landed(store)
    assert store.fetched == []


def test_a_file_that_left_leaves_the_index(store):
    landed(store)
    (store.root / "raw/alpha/1.jsonl").unlink()
    assert [file.name for file in landed(store).files] == ["alpha/0.jsonl", "alpha/2.jsonl"]
    assert "1.jsonl" not in (store.root / INDEX).read_text()


def test_a_file_that_changes_between_listing_and_hashing_is_refused_and_not_remembered(store, monkeypatch):
    def hashed_too_late(path):
        path.write_text("changed meanwhile")
        return sha256_of(path)

    with monkeypatch.context() as patch:
        patch.setattr("dataset_platform.storage.landing.sha256_of", hashed_too_late)
        with pytest.raises(InputError, match="changed while it was read"):
            landed(store)
    assert not (store.root / INDEX).exists()


def test_what_is_no_file_is_refused_rather_than_opened(store):
    os.mkfifo(store.root / "raw/alpha/pipe")
    with pytest.raises(InputError, match="alpha/pipe: not a file that can be read"):
        landed(store)


def test_a_link_that_leads_nowhere_and_a_file_that_is_locked_are_named(store, monkeypatch):
    (store.root / "raw/alpha/x").symlink_to("nowhere")
    with pytest.raises(InputError, match=r"alpha/x: a link that leads nowhere; remove it or put the file"):
        landed(store)
    (store.root / "raw/alpha/x").unlink()
    monkeypatch.setattr(Path, "open", refusing_raw_files(Path.open))
    with pytest.raises(InputError, match=r"alpha/0.jsonl: cannot be read \(Permission denied\)"):
        landed(store)


def refusing_raw_files(open_):
    def opened(path, *arguments, **options):
        if path.suffix == ".jsonl":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return open_(path, *arguments, **options)

    return opened


def test_all_names_that_are_no_plain_text_are_named_at_once(store):
    for name in (b"a\nb", b"caf\xe9"):
        (store.root / "raw/alpha" / os.fsdecode(name)).write_text("x")
    with pytest.raises(InputError, match=r"a file name may not hold .* Rename the files") as caught:
        landed(store)
    assert all(name in str(caught.value) for name in (r"'alpha/a\nb'", r"'alpha/caf\udce9'"))


def test_one_listing_tells_every_source(store):
    (store.root / "raw/beta").mkdir()
    (store.root / "raw/beta/file").write_text("x")
    (store.root / "raw/in no folder").write_text("x")
    store.listed = 0
    before = landed_sources(store, "raw")
    assert (list(before), store.listed, store.fetched) == (["alpha", "beta"], 1, [])
    (store.root / "raw/beta/file").rename(store.root / "raw/beta/renamed")
    after = landed_sources(store, "raw")
    assert after["alpha"] == before["alpha"]
    assert after["beta"] != before["beta"]


def test_only_what_is_known_departs_and_only_from_a_landing_area_that_has_something():
    assert departed(["a", "b", "c"], {"b", "d"}) == ["a", "c"]
    assert departed(["a"], {}) == []


@pytest.mark.parametrize("name", ["", "A", "a,b", "a b", "ä", "a/b", "..", "a\n", "a-b"])
def test_other_names_than_those_of_descriptions_are_no_sources(name):
    assert is_source_name("alpha_2")
    assert not is_source_name(name)
