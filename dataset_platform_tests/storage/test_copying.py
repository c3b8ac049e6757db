"""A release is copied whole and verified, or not at all, from any store to any other."""

import contextlib
import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dataset_platform import release
from dataset_platform.copying import Route, copy_checkpoint, copy_release
from dataset_platform.errors import AlreadyPublished, InputError, VerificationFailed
from dataset_platform.release.withdrawals import Request
from dataset_platform.schemas import FINGERPRINTS, WithdrawnBy
from dataset_platform.storage.files import describe
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.local import LocalStore
from dataset_platform.storage.publication import claim_key
from dataset_platform.storage.work import Work, commit
from dataset_platform_tests.checkpoints import write_checkpoint
from dataset_platform_tests.release.release_records import full_inputs, make_spec
from dataset_platform_tests.storage.faults import Killed, die_after

PREFIX = "exports/v1.0.0"
LAST_REQUEST_BEFORE_THE_CLAIM = 11  # one for each file of the release


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Two releases that call themselves 1.0.0."""
    folder = tmp_path_factory.mktemp("built")
    full_inputs().build(folder / "one")
    full_inputs().build(folder / "other", spec=make_spec(seed=43))
    return folder


@pytest.fixture
def source(tmp_path, built):
    """A local store with release 1.0.0, its reports, its checkpoint, and a withdrawal."""
    store = LocalStore(tmp_path / "source")
    shutil.copytree(built / "one", store.root / PREFIX)
    add_report(store, "qa_report", PREFIX)
    commit(store, "checkpoints/v1.0.0", Work({"trained": "once"}, write_checkpoint))
    add_report(store, "eval_report", "checkpoints/v1.0.0")
    request = Request(
        by=WithdrawnBy.SOURCE, value="b", reason="r", withdrawn_at=datetime(2026, 1, 2, tzinfo=UTC)
    )
    release.record(store, "withdrawals", request, FINGERPRINTS.arrow.empty_table())
    return store


@pytest.fixture
def route(source, store, place, tmp_path):
    return Route(source, store, place.open(cache=tmp_path / "empty cache"), Storage(), watch)


@contextlib.contextmanager
def watch(_title):
    yield lambda _done, _total: None


def add_report(store, asset, beside):
    names = [f"{asset}_v1.0.0.{suffix}" for suffix in ("json", "md", "html")]

    def write(folder):
        for name in names:
            (folder / name).write_text(name)

    commit(store, f"processed/{asset}/1.0.0", Work({"asset": asset}, write))
    for name in names:
        store.replace(f"{beside}/{name}", name.encode())


def sha256s(store):
    """SHA-256 of what the store gives for every key."""
    return {
        stored.key: hashlib.sha256(store.read(stored.key)).hexdigest()
        for place in ("exports", "processed", "checkpoints", "withdrawals")
        for stored in store.list(place)
    }


class Copying:
    """The contract of copying, for every destination."""

    def test_everything_arrives_and_is_the_same_byte_by_byte(self, route):
        copied = copy_release(route, "1.0.0") + copy_checkpoint(route, "1.0.0")
        assert sha256s(route.read_back) == sha256s(route.source)
        assert [one.new for one in copied] == [True] * 5

    def test_what_is_there_already_is_verified_and_left_alone(self, route):
        for copy in (copy_release, copy_checkpoint):
            copy(route, "1.0.0")
        before = {stored.key: stored.tag for stored in route.target.list("exports")}
        copied = copy_release(route, "1.0.0") + copy_checkpoint(route, "1.0.0")
        assert [one.new for one in copied] == [False, False]
        assert {stored.key: stored.tag for stored in route.target.list("exports")} == before

    def test_another_release_of_that_version_is_refused_by_what_differs(self, route, built, tmp_path):
        publish(route.target, built / "other", tmp_path)
        before = sha256s(route.target)
        with pytest.raises(AlreadyPublished, match="spec seed changed"):
            copy_release(route, "1.0.0")
        assert sha256s(route.target) == before

    def test_another_checkpoint_is_refused(self, route):
        commit(route.target, "checkpoints/v1.0.0", Work({"trained": "elsewhere"}, write_another))
        with pytest.raises(AlreadyPublished, match=r"adapter_model\.safetensors changed"):
            copy_checkpoint(route, "1.0.0")

    def test_a_damaged_source_is_refused_and_nothing_arrives(self, route):
        path = route.source.root / PREFIX / "dataset_v1.0.0.jsonl/train-00001-of-00001.jsonl"
        path.write_bytes(path.read_bytes()[:-1] + b" ")
        with pytest.raises(VerificationFailed, match=r"dataset_v1\.0\.0\.jsonl/train-.*: changed: SHA-256"):
            copy_release(route, "1.0.0")
        assert not route.target.exists(PREFIX)

    def test_of_many_copies_at_once_one_publishes_and_all_verify(self, route):
        with ThreadPoolExecutor(4) as pool:
            copied = list(pool.map(lambda _: copy_release(route, "1.0.0")[0], range(4)))
        assert sum(one.new for one in copied) == 1
        assert len({one.place for one in copied}) == 1

    def test_reports_that_the_destination_has_are_kept(self, route):
        commit(route.target, "processed/qa_report/1.0.0", Work({"newer": "yes"}, lambda _: None))
        copied = copy_release(route, "1.0.0")
        assert [one.what for one in copied] == ["release 1.0.0", "withdrawal"]

    def test_what_the_source_does_not_have_is_refused(self, route):
        with pytest.raises(InputError, match=r"no release 9\.9\.9"):
            copy_release(route, "9.9.9")
        with pytest.raises(InputError, match=r"9\.9\.9 has no checkpoint"):
            copy_checkpoint(route, "9.9.9")


class TestLocal(Copying):
    backend = "local"

    def test_a_damaged_destination_is_found(self, route):
        copy_release(route, "1.0.0")
        path = route.target.root / PREFIX / "README.md"
        path.write_text("something else")
        with pytest.raises(VerificationFailed, match=r"README\.md: truncated"):
            copy_release(route, "1.0.0")


class TestGCS(Copying):
    backend = "gcs"

    @pytest.mark.parametrize("requests", [3, 12, 20])
    def test_a_killed_copy_is_never_half_and_the_same_copy_again_completes_it(
        self, route, requests, monkeypatch
    ):
        with monkeypatch.context() as patch, contextlib.suppress(Killed):
            die_after(requests, route.target.bucket, patch)
            copy_release(route, "1.0.0")
        decided = route.target.bucket.head(claim_key(PREFIX)) is not None
        assert route.target.exists(PREFIX) == decided == (requests > LAST_REQUEST_BEFORE_THE_CLAIM)
        (copied, *_) = copy_release(route, "1.0.0")
        assert copied.new != decided
        assert release.verify(route.read_back.fetch(PREFIX)).passed
        copied_keys = {key for key in sha256s(route.source) if key.startswith(("exports", "processed/qa"))}
        assert copied_keys <= sha256s(route.read_back).keys()


@pytest.mark.slow
class TestS3(TestGCS):
    backend = "s3"


def publish(store, folder, tmp_path):
    draft = shutil.copytree(folder, tmp_path / "draft")
    files = sorted(describe(draft), key=lambda file: file.name.startswith("manifest"))
    store.publish(draft, PREFIX, files, {})


def write_another(folder: Path):
    (folder / "adapter_model.safetensors").write_bytes(b"other weights")
