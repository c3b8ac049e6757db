"""Fetched files get into the landing area whole, and what others put there stays as it is."""

import hashlib

import pytest

from dataset_platform.errors import InputError
from dataset_platform.ingest.origins.arriving import Outcome, Receipt, arrive
from dataset_platform.ingest.origins.description import HubOrigin
from dataset_platform.ingest.origins.means import Fetched
from dataset_platform.storage.local import LocalStore

RECEIPT = "processed/receipts/alpha.json"
PINS = [HubOrigin(hub="owner/talks", revision=digit * 40) for digit in "12"]


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / "data")


def landed(store):
    folder = store.root / "raw/alpha"
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def digests(contents):
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in contents.items()}


def bring(store, tmp_path, contents, pin=PINS[0]):
    """Outcome by name."""
    files = []
    for number, (name, text) in enumerate(sorted(contents.items())):
        path = tmp_path / f"fetched-{number}"
        path.write_text(text)
        files.append(Fetched(name, path, digests(contents)[name]))
    arrivals = arrive(pin, files, digests(landed(store)), store, "raw/alpha", RECEIPT, lambda *_: None)
    return {arrival.name: arrival.outcome for arrival in arrivals}


def test_files_are_put_under_their_names(store, tmp_path):
    contents = {"a": "1", "deep/b": "2"}
    assert bring(store, tmp_path, contents) == dict.fromkeys(contents, Outcome.ADDED)
    assert landed(store) == contents
    assert (store.root / "raw/alpha/a").stat().st_mode & 0o777 == 0o600


def test_what_is_there_is_not_written_again(store, tmp_path):
    bring(store, tmp_path, {"a": "1", "b": "2"})
    before = (store.root / "raw/alpha/a").stat().st_ino
    (store.root / "raw/alpha/b").unlink()
    assert bring(store, tmp_path, {"a": "1", "b": "2"}) == {"a": Outcome.THERE, "b": Outcome.ADDED}
    assert (store.root / "raw/alpha/a").stat().st_ino == before


def test_another_pin_replaces_what_the_earlier_one_brought_and_names_what_it_leaves(store, tmp_path):
    bring(store, tmp_path, {"a": "1", "b": "2"})
    assert bring(store, tmp_path, {"a": "3"}, PINS[1]) == {"a": Outcome.REPLACED, "b": Outcome.LEFT_OVER}
    assert landed(store) == {"a": "3", "b": "2"}


@pytest.mark.parametrize("before", [None, {"a": "1"}])
def test_what_others_put_there_is_never_overwritten(store, tmp_path, before):
    if before:
        bring(store, tmp_path, before)
    store.replace("raw/alpha/a", b"edited")
    with pytest.raises(InputError, match="raw/alpha: a differ from the origin and did not come from it"):
        bring(store, tmp_path, {"a": "2", "new": "x"}, PINS[1])
    assert landed(store) == {"a": "edited"}


def test_a_crash_between_two_files_leaves_none_that_nobody_brought(store, tmp_path, monkeypatch):
    whole = LocalStore.put

    def dies_at_b(store, key, *rest):
        if key.endswith("b"):
            raise KeyboardInterrupt
        whole(store, key, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(LocalStore, "put", dies_at_b)
        with pytest.raises(KeyboardInterrupt):
            bring(store, tmp_path, {"a": "1", "b": "2"})
    assert landed(store) == {"a": "1"}
    assert bring(store, tmp_path, {"a": "3", "b": "4"}, PINS[1]) == {
        "a": Outcome.REPLACED,
        "b": Outcome.ADDED,
    }


def test_a_receipt_tells_that_a_pin_is_all_there(store, tmp_path):
    contents = {"a": "1", "b": "2"}
    bring(store, tmp_path, contents)

    def there(pin, **lying):
        return len(Receipt.read(store, RECEIPT).arrivals(pin, digests(lying)))

    assert there(PINS[0], **contents) == 2
    assert there(PINS[1], **contents) == 0
    assert there(PINS[0], a="1") == 0
    assert there(PINS[0], a="1", b="edited") == 0
    (store.root / RECEIPT).write_text("{")
    assert there(PINS[0], **contents) == 0
