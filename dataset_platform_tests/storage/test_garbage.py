"""Garbage collection takes what dead writers left, and changes nothing that anybody reads or writes."""

import os
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from filelock import FileLock
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dataset_platform.settings import Settings
from dataset_platform.storage import work
from dataset_platform.storage.files import describe
from dataset_platform.storage.garbage import GRACE, TRAINING_STATES, Why, find_garbage, remove_garbage
from dataset_platform.storage.local import LocalStore
from dataset_platform.storage.publication import Claim, claim_key
from dataset_platform.storage.store import STAGING
from dataset_platform.storage.transfer import PART_BYTES
from dataset_platform.storage.work import Work, commit, open_folder, read_manifest
from dataset_platform_tests.storage.faults import Killed, die_after, raising

SETTINGS = Settings(_env_file=None)
RESULT = "processed/asset/all"
LARGE = PART_BYTES + 1
# Where flushing a file takes no time: the machine makes thousands of them.
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
REQUESTS_OF_A_PUBLICATION = 8  # three files staged, claimed, copied; all staged ones deleted


def later(hours=0.0):
    """A moment by which everything written so far is old."""
    return datetime.now(UTC) + timedelta(hours=1 + hours)


def writing(content, parts=2, **inputs):
    def build(folder):
        for part in range(parts):
            (folder / f"part-{part}").write_text(content)

    return Work(inputs=inputs or {"content": content}, build=build)


def content_of(store, prefix=RESULT):
    folder = open_folder(store, prefix)
    return folder and [path.read_text() for path in sorted(folder.path.iterdir())]


def swept(store, before):
    return {(garbage.key, garbage.why) for garbage in remove_garbage(store, SETTINGS, before)}


class Garbage:
    """The contract of garbage collection, for every backend."""

    def test_superseded_folders_go_and_the_current_one_stays(self, store):
        first, _ = commit(store, RESULT, writing("one"))
        commit(store, RESULT, writing("two"))
        assert swept(store, later()) == {(f"{RESULT}/{first.folder}", Why.SUPERSEDED)}
        assert content_of(store) == ["two", "two"]
        assert swept(store, later()) == set()

    def test_a_checkpoint_is_swept_and_the_reports_beside_it_stay(self, store):
        for content in ("one", "two"):
            commit(store, "checkpoints/v1.0.0", writing(content))
        store.replace("checkpoints/v1.0.0/eval_report_v1.0.0.json", b"{}")
        assert [why for _, why in swept(store, later())] == [Why.SUPERSEDED]
        assert content_of(store, "checkpoints/v1.0.0") == ["two", "two"]
        assert store.read("checkpoints/v1.0.0/eval_report_v1.0.0.json") == b"{}"

    def test_a_folder_whose_manifest_never_came_goes(self, store, monkeypatch):
        with monkeypatch.context() as patch, suppress(Killed):
            patch.setattr(store, "replace", raising(Killed))
            commit(store, RESULT, writing("one"))
        assert [why for _, why in swept(store, later())] == [Why.UNNAMED]
        assert list(store.list("processed")) == []

    def test_nothing_young_is_garbage(self, store):
        commit(store, RESULT, writing("one"))
        commit(store, RESULT, writing("two"))
        store.replace(f"exports/{STAGING}/v1.0.0-{uuid4().hex}/a", b"staged")
        assert list(find_garbage(store, SETTINGS, datetime.now(UTC) - GRACE)) == []

    def test_looking_removes_nothing(self, store):
        commit(store, RESULT, writing("one"))
        commit(store, RESULT, writing("two"))
        before = {stored.key for stored in store.list("processed")}
        assert len(list(find_garbage(store, SETTINGS, later()))) == 1
        assert {stored.key for stored in store.list("processed")} == before

    def test_landed_files_releases_and_what_people_put_there_are_never_garbage(self, store):
        keys = [
            "raw/a/0123456789abcdef/file",
            "processed/notes.txt",
            f"{RESULT}/my notes/a",
            "elsewhere/a/b/c",
        ]
        for key in keys:
            store.replace(key, b"ours")
        publish(store, "1.0.0", "whole")
        assert swept(store, later()) == set()
        assert [store.read(key) for key in keys] == [b"ours"] * len(keys)

    def test_states_of_training_that_nobody_went_on_with_go_after_a_week(self, store):
        keys = [f"processed/{TRAINING_STATES}/run/step-00000010/{name}" for name in ("rank0", "state.json")]
        for key in keys:
            store.replace(key, b"state")
        assert swept(store, later()) == set()
        assert swept(store, later(24 * 7)) == {(f"processed/{TRAINING_STATES}/run", Why.LEFT)}
        assert list(store.list("processed")) == []

    def test_a_folder_that_may_be_about_to_go_is_not_pointed_at_anew(self, store, monkeypatch):
        first, _ = commit(store, RESULT, writing("one"))
        commit(store, RESULT, writing("two"))
        monkeypatch.setattr(work, "REUSED_FOR", timedelta(0))
        again, _ = commit(store, RESULT, writing("one"))
        assert again.folder != first.folder
        assert (f"{RESULT}/{first.folder}", Why.SUPERSEDED) in swept(store, later())
        assert content_of(store) == ["one", "one"]


class TestLocal(Garbage):
    backend = "local"

    @pytest.fixture
    def draft(self, store):
        """What a killed writer staged."""
        folder = store.root / STAGING / uuid4().hex
        folder.mkdir(parents=True)
        (folder / "half").write_text("half")
        folder.with_name(f"{folder.name}.lock").touch()
        return folder

    def test_the_draft_of_a_dead_writer_goes_with_its_lock(self, store, draft):
        assert swept(store, later()) == {(f"{STAGING}/{draft.name}", Why.ABANDONED)}
        assert list((store.root / STAGING).iterdir()) == []

    def test_the_draft_of_a_living_writer_stays_however_old_it_is(self, store, draft):
        with FileLock(draft.with_name(f"{draft.name}.lock")):
            assert swept(store, later()) == set()
            assert (draft / "half").read_text() == "half"

    def test_who_reads_a_result_that_was_superseded_just_now_keeps_its_files(self, store):
        commit(store, RESULT, writing("one"))
        age(store, 48)
        reading = open_folder(store, RESULT)
        commit(store, RESULT, writing("two"))
        assert swept(store, datetime.now(UTC) - GRACE) == set()
        assert (reading.path / "part-0").read_text() == "one"

    def test_a_writer_that_has_not_replaced_the_manifest_yet_keeps_its_folder(self, store):
        for content in ("one", "two"):
            commit(store, RESULT, writing(content))
        age(store, 48)
        writer = Writer(store, RESULT, "one")  # whose bytes lie there, old and superseded
        swept(store, datetime.now(UTC) - GRACE)
        writer.finish()
        assert content_of(store) == ["one", "one"]


class Attempts:
    """The contract of publications on object stores that were killed after any of their requests."""

    def test_a_killed_publication_is_swept_or_completed_and_never_halved(self, store, monkeypatch):
        for requests in range(REQUESTS_OF_A_PUBLICATION + 1):
            version = f"1.0.{requests}"
            with monkeypatch.context() as patch, suppress(Killed):
                die_after(requests, store.bucket, patch)
                publish(store, version, "first")
            decided = store.bucket.head(claim_key(f"exports/v{version}")) is not None
            assert decided == (requests > 3), "three uploads, then the claim"
            swept(store, later())
            assert store.exists(f"exports/v{version}") == decided
            if not decided:
                assert list(store.list(f"exports/{STAGING}")) == []
                publish(store, version, "second")
            folder = store.fetch(f"exports/v{version}")
            assert {path.read_text() for path in folder.iterdir()} == {"first" if decided else "second"}
            swept(store, later())
            assert list(store.list(f"exports/{STAGING}")) == []

    def test_what_lost_the_race_and_was_not_taken_away_goes(self, store):
        publish(store, "1.0.0", "first")
        store.replace(f"exports/{STAGING}/v1.0.0-{uuid4().hex}/a", b"staged by the loser")
        assert [why for _, why in swept(store, later())] == [Why.ABANDONED]

    def test_what_was_published_and_stayed_in_staging_goes(self, store):
        publish(store, "1.0.0", "first")
        claim = Claim.model_validate_json(store.read(claim_key("exports/v1.0.0")))
        store.replace(f"exports/{STAGING}/v1.0.0-{claim.attempt}/a", b"copied already")
        assert [why for _, why in swept(store, later())] == [Why.PUBLISHED]
        assert store.exists("exports/v1.0.0")


class TestS3(Attempts):
    backend = "s3"

    def test_an_upload_that_broke_off_goes(self, store, tmp_path):
        prepare(store, f"{RESULT}/0123456789abcdef/large", tmp_path)
        prepare(store, "exports/v1.0.0/large", tmp_path)
        assert list(find_garbage(store, SETTINGS, datetime.now(UTC) - GRACE)) == []
        found = list(remove_garbage(store, SETTINGS, later()))
        assert {(garbage.why, garbage.bytes) for garbage in found} == {(Why.UNFINISHED, LARGE)}
        assert len(found) == 2
        assert list(find_garbage(store, SETTINGS, later())) == []

    def test_the_parts_of_a_decided_publication_are_kept_until_somebody_completes_it(
        self, store, monkeypatch, tmp_path
    ):
        with monkeypatch.context() as patch, suppress(Killed):
            patch.setattr(store.bucket, "complete", raising(Killed))
            publish(store, "1.0.0", "1" * LARGE)
        assert list(store.list("exports")) == []
        prepare(store, "exports/v1.0.0/a", tmp_path)  # of a writer that came too late, and died
        assert len(swept(store, later())) == 1
        assert store.exists("exports/v1.0.0")
        assert {path.stat().st_size for path in store.fetch("exports/v1.0.0").iterdir()} == {LARGE}

    def test_superseded_folders_go_and_the_current_one_stays(self, store):
        Garbage().test_superseded_folders_go_and_the_current_one_stays(store)


class TestGCS(Attempts, Garbage):
    backend = "gcs"


def prepare(store, key, folder):
    """Leaves an upload in parts that nobody completes."""
    (folder / "large").write_bytes(b"2" * LARGE)
    assert store.bucket.prepare(key, folder / "large", {}, lambda _: None)


def publish(store, version, content):
    with store.staging() as folder:
        for name in ("a", "b", "manifest"):
            (folder / name).write_text(content)
        files = sorted(describe(folder), key=lambda file: file.name == "manifest")
        store.publish(folder, f"exports/v{version}", files, {})


def age(store, hours):
    """Lets hours pass: every file is that much older."""
    for path in store.root.rglob("*"):
        if path.is_file():
            earlier = path.stat().st_mtime - 3600 * hours
            os.utime(path, (earlier, earlier))


class Paused:
    """A store whose writer stands still between the folder and the manifest, until it is let go."""

    def __init__(self, store):
        self.store, self.arrived, self.go = store, threading.Event(), threading.Event()

    def __getattr__(self, name):
        return getattr(self.store, name)

    def replace(self, key, content):
        self.arrived.set()
        self.go.wait(30)
        self.store.replace(key, content)


class Writer:
    """A commit in a thread of its own that has laid its folder down and not pointed at it."""

    def __init__(self, store, prefix, content):
        self.prefix, self.content, self.hours = prefix, content, 0.0
        self._paused = Paused(store)
        inputs = {"attempt": uuid4().hex}
        self._thread = threading.Thread(
            target=commit, args=(self._paused, prefix, writing(content, **inputs)), daemon=True
        )
        self._thread.start()
        assert self._paused.arrived.wait(30)

    def finish(self):
        self._paused.go.set()
        self._thread.join(30)


class Collection(RuleBasedStateMachine):
    """Writers that finish, stand still or die, readers that take their time, and gc between any two steps.

    Hours pass by making every file older. A writer stands still for at most the 12 hours in which its
    folder is younger than the grace period; a reader reads for less than 24.
    """

    contents = st.sampled_from(["one", "two"])

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory(dir=MEMORY)
        self.store = LocalStore(Path(self.folder.name))
        self.visible, self.writers, self.readers = None, [], []

    def teardown(self):
        for writer in self.writers:
            writer.finish()
        self.folder.cleanup()

    @rule(content=contents)
    def commits(self, content):
        commit(self.store, RESULT, writing(content))
        self.visible = content

    @precondition(lambda self: len(self.writers) < 2)
    @rule(content=contents)
    def begins(self, content):
        self.writers.append(Writer(self.store, RESULT, content))

    @precondition(lambda self: self.writers)
    @rule(which=st.integers(0, 1))
    def goes_on(self, which):
        self._finish(which)

    def _finish(self, which):
        writer = self.writers.pop(which % len(self.writers))
        writer.finish()
        self.visible = writer.content

    @rule(content=contents)
    def dies_before_the_manifest(self, content):
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            patch.setattr(self.store, "replace", raising(Killed))
            commit(self.store, RESULT, writing(content, attempt=uuid4().hex))

    @precondition(lambda self: self.visible)
    @rule()
    def opens(self):
        self.readers.append([open_folder(self.store, RESULT), self.visible, 0.0])

    @rule(hours=st.sampled_from([11.0, 25.0]))
    def time_passes(self, hours):
        while any(writer.hours + hours > 11.5 for writer in self.writers):
            self._finish(0)
        for writer in self.writers:
            writer.hours += hours
        for reader in self.readers:
            reader[2] += hours
        self.readers = [reader for reader in self.readers if reader[2] < 24]
        age(self.store, hours)

    @rule()
    def collects(self):
        for _ in remove_garbage(self.store, SETTINGS, datetime.now(UTC) - GRACE):
            pass

    @invariant()
    def readers_see_what_was_committed(self):
        if self.visible:
            assert content_of(self.store) == [self.visible] * 2
        for folder, content, _ in self.readers:
            assert [path.read_text() for path in sorted(folder.path.iterdir())] == [content, content]


Collection.TestCase.settings = profile(max_examples=25, stateful_step_count=30)
TestCollection = Collection.TestCase


def test_a_commit_at_the_same_time_as_every_sweep_is_whole(tmp_path):
    """Sweeps run without a pause while two writers commit over each other: no reader misses a file."""
    store, stop, broken = LocalStore(tmp_path), threading.Event(), []

    def collect():
        while not stop.is_set():
            for _ in remove_garbage(store, SETTINGS, datetime.now(UTC) - timedelta(seconds=2)):
                pass

    def write(name):
        for number in range(60):
            commit(store, RESULT, writing(f"{name} {number % 3}", attempt=uuid4().hex))
            found = content_of(store)
            if not found or len(set(found)) != 1:
                broken.append(found)

    sweeper = threading.Thread(target=collect)
    writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "REUSED_FOR", timedelta(seconds=1))
        for thread in (sweeper, *writers):
            thread.start()
        for thread in writers:
            thread.join()
    stop.set()
    sweeper.join()
    assert broken == []
    assert read_manifest(store, RESULT) is not None
