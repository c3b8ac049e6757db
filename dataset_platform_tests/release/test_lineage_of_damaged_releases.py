"""A damaged release is one line for whoever traces or withdraws, and nothing is recorded then."""

import shutil
from datetime import UTC, datetime

import pytest

from dataset_platform import lineage, release
from dataset_platform.errors import VerificationFailed
from dataset_platform.schemas import WithdrawnBy
from dataset_platform.storage.io_managers import Storage

FILES = release.ReleaseFiles("1.0.0")
SHARD = f"{FILES.parquet}/train-00001-of-00001.parquet"


@pytest.fixture
def published(pristine, tmp_path, monkeypatch):
    """The release in the storage of an empty project."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(pristine.folder, tmp_path / "data/exports/v1.0.0")


def shortened(path):
    path.write_bytes(path.read_bytes()[:-9])


def scrambled(path):
    """All pages are other bytes; the file is as long as it was."""
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(len(content) - 1000) + content[-996:])


def withdraw(storage):
    target = lineage.target_of(storage, WithdrawnBy.SOURCE, "plain")
    lineage.withdraw(storage, target, "a test", near=True, now=datetime(2026, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize("read", [lambda storage: lineage.trace(storage, "plain"), withdraw])
@pytest.mark.parametrize("name", [FILES.ledger, SHARD])
@pytest.mark.parametrize("damage", [shortened, scrambled])
def test_a_damaged_file_is_one_line(published, damage, name, read):
    damage(published / name)
    with pytest.raises(VerificationFailed, match=r"expected|cannot be read") as error:
        read(Storage())
    assert "\n" not in str(error.value)
    assert (name in str(error.value)) is (damage is shortened)
    assert not (published.parents[1] / "withdrawals").exists()


@pytest.mark.usefixtures("published")
def test_a_whole_release_is_traced_and_withdrawn_from():
    (held,) = lineage.trace(Storage(), "plain").holdings
    assert held.rows
    withdraw(Storage())
    assert len(release.read_log(Storage().store, "withdrawals").withdrawals) == 1
