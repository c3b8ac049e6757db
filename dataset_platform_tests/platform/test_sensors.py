"""What arrives, changes, leaves and comes back starts one run each, once it has settled."""

import os

import pytest

from dataset_platform.sensors import landing_sensor, release_sensor
from dataset_platform.storage.landing import SOURCE_NAMES
from dataset_platform.storage.local import LocalStore
from dataset_platform_tests.platform.ticking import Crash, Ticker


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("data/raw", "sources", "releases"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def land(project, source, content, described=True):
    folder = project / "data/raw" / source
    folder.mkdir(exist_ok=True)
    (folder / "file.jsonl").write_text(content)
    if described:
        (project / "sources" / f"{source}.yaml").write_text("name: " + source)


def test_a_new_source_becomes_a_partition_and_one_run(project):
    land(project, "alpha", "{}")
    ticker = Ticker(landing_sensor)
    assert ticker.tick() == []
    assert ticker.tick() == ["alpha"]
    assert ticker.instance.get_dynamic_partitions("source") == ["alpha"]
    assert ticker.settle() == []


def test_a_file_that_still_grows_is_left_alone(project):
    ticker = Ticker(landing_sensor)
    for length in range(1, 5):
        land(project, "alpha", "{}" * length)
        assert ticker.tick() == []
    assert ticker.tick() == ["alpha"]


def test_a_changed_file_or_description_runs_again(project):
    land(project, "alpha", "{}")
    ticker = Ticker(landing_sensor)
    ticker.settle()
    land(project, "alpha", "{}{}")
    assert ticker.settle() == ["alpha"]
    (project / "sources/alpha.yaml").write_text("name: alpha  # mended")
    assert ticker.settle() == ["alpha"]


def test_a_state_that_comes_back_runs_again(project):
    spec = project / "releases/1.0.0.yaml"
    ticker = Ticker(release_sensor)
    for content in ("seed: 1", "seed: 2", "seed: 1"):
        spec.write_text(content)
        assert ticker.settle() == ["1.0.0"]


def test_a_source_that_left_and_returned_runs_again(project):
    land(project, "alpha", "{}")
    ticker = Ticker(landing_sensor)
    ticker.settle()
    description = project / "sources/alpha.yaml"
    content = description.read_text()
    description.unlink()
    assert ticker.settle() == []
    description.write_text(content)
    assert ticker.settle() == ["alpha"]


def test_after_a_cursor_reset_everything_runs_once_more(project):
    land(project, "alpha", "{}")
    ticker = Ticker(landing_sensor)
    ticker.settle()
    ticker.cursor = None
    assert ticker.settle() == ["alpha"]
    assert ticker.settle() == []


def test_a_tick_repeated_after_a_crash_starts_nothing_twice(project):
    land(project, "alpha", "{}")
    ticker = Ticker(landing_sensor)
    ticker.tick()
    assert ticker.tick(Crash.BEFORE_LAUNCH) == []
    assert ticker.tick(Crash.AFTER_LAUNCH) == ["alpha"]
    assert ticker.tick() == []


def test_a_change_right_after_a_crash_is_not_taken_for_what_ran(project):
    land(project, "alpha", "{}")
    ticker = Ticker(landing_sensor)
    ticker.tick()
    assert ticker.tick(Crash.AFTER_LAUNCH) == ["alpha"]
    land(project, "alpha", "{}{}")
    assert ticker.settle() == ["alpha"]


def test_a_file_that_grows_does_not_hold_back_other_sources(project):
    ticker = Ticker(landing_sensor)
    land(project, "beta", "{}")
    land(project, "alpha", "{}")
    assert ticker.tick() == []
    land(project, "alpha", "{}{}")
    assert ticker.tick() == ["beta"]
    assert ticker.tick() == ["alpha"]


def test_an_edit_that_puts_the_time_back_is_seen(project):
    land(project, "alpha", "{}")
    path = project / "data/raw/alpha/file.jsonl"
    before = path.stat()
    ticker = Ticker(landing_sensor)
    ticker.settle()
    land(project, "alpha", "[]")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert ticker.settle() == ["alpha"]


def test_a_deleted_file_runs_its_source_again(project):
    land(project, "alpha", "{}")
    (project / "data/raw/alpha/second.jsonl").write_text("{}")
    ticker = Ticker(landing_sensor)
    ticker.settle()
    (project / "data/raw/alpha/second.jsonl").unlink()
    assert ticker.settle() == ["alpha"]


def test_a_source_whose_files_vanished_leaves_the_partitions(project):
    land(project, "alpha", "{}")
    land(project, "beta", "{}")
    ticker = Ticker(landing_sensor)
    ticker.settle()
    (project / "data/raw/alpha/file.jsonl").unlink()
    ticker.tick()
    assert ticker.sources == {"alpha", "beta"}
    ticker.tick()
    assert ticker.sources == {"beta"}
    land(project, "alpha", "{}")
    assert ticker.settle() == ["alpha"]
    assert ticker.sources == {"alpha", "beta"}


def test_an_empty_landing_area_is_taken_for_one_that_is_not_mounted(project):
    land(project, "alpha", "{}")
    ticker = Ticker(landing_sensor)
    ticker.settle()
    (project / "data/raw/alpha/file.jsonl").unlink()
    assert ticker.settle() == []
    assert ticker.sources == {"alpha"}
    assert ticker.warnings == [
        "the landing area is empty, as if it were not mounted: no source leaves the partitions"
    ]


def test_folders_that_cannot_be_sources_are_one_warning_each_time_they_change(project):
    land(project, "alpha", "{}")
    land(project, "mystery", "{}", described=False)
    land(project, "Bad, name", "{}")
    ticker = Ticker(landing_sensor)
    assert ticker.settle() == ["alpha"]
    ticker.settle()
    assert ticker.warnings == [
        f"no source names: 'Bad, name'; {SOURCE_NAMES}. Rename those folders",
        "no description for mystery: add sources/<name>.yaml",
    ]
    for number in range(12):
        land(project, f"more_{number:02}", "{}", described=False)
    ticker.settle()
    assert ticker.warnings[-1].endswith("more_08, more_09 and 3 more: add sources/<name>.yaml")
    assert len(ticker.warnings) == 4


def test_a_file_name_that_is_no_text_does_not_stop_the_tick(project):
    land(project, "alpha", "{}")
    land(project, "beta", "{}")
    (project / "data/raw/beta" / os.fsdecode(b"\xff.jsonl")).write_text("{}")
    assert Ticker(landing_sensor).settle() == ["alpha", "beta"]


def test_a_tick_lists_once_and_its_cursor_grows_with_sources_not_files(project, monkeypatch):
    for number in range(20):
        land(project, f"source_{number}", "{}")
    few = Ticker(landing_sensor)
    few.settle()
    for number in range(20):
        for file in range(50):
            (project / f"data/raw/source_{number}/{file}.jsonl").write_text("{}")
    listed = []
    whole = LocalStore.list
    monkeypatch.setattr(
        LocalStore, "list", lambda store, prefix: listed.append(prefix) or whole(store, prefix)
    )
    monkeypatch.setattr(LocalStore, "fetch", lambda *_: pytest.fail("a tick opens no file"))
    many = Ticker(landing_sensor)
    assert len(many.settle()) == 20
    assert listed == ["raw", "raw"]
    assert len(many.cursor) == len(few.cursor) < 2_000


def test_thousands_of_new_sources_become_partitions_in_chunks(project, monkeypatch):
    monkeypatch.setattr("dataset_platform.sensors.PARTITIONS_A_REQUEST", 30)
    for number in range(100):
        land(project, f"source_{number:02}", "{}")
    ticker = Ticker(landing_sensor)
    assert len(ticker.settle()) == len(ticker.sources) == 100
    assert ticker.sizes_of_requests == [30, 30, 30, 10]


def test_a_cursor_of_another_version_begins_anew(project):
    land(project, "alpha", "{}")
    ticker = Ticker(landing_sensor)
    ticker.settle()
    ticker.cursor = '{"since": "0123abcd", "runs": 1, "seen": {}, "started": {}}'
    assert ticker.settle() == ["alpha"]


def test_a_folder_without_description_starts_nothing(project):
    land(project, "mystery", "{}", described=False)
    assert Ticker(landing_sensor).settle() == []


def test_a_published_version_is_left_alone(project):
    (project / "releases/1.0.0.yaml").write_text("seed: 1")
    (project / "data/exports/v1.0.0").mkdir(parents=True)
    assert Ticker(release_sensor).settle() == []


def test_a_spec_whose_name_is_no_version_becomes_no_partition_and_is_told_of_once(project):
    for name in ("1.0.yaml", "draft,2.yaml", "1.0.0.yml", "1.0.0+build.yaml", "1.0.0-rc.1.yaml"):
        (project / "releases" / name).write_text("seed: 1")
    ticker = Ticker(release_sensor)
    assert ticker.settle() == ["1.0.0-rc.1"]
    assert ticker.instance.get_dynamic_partitions("version") == ["1.0.0-rc.1"]
    assert ticker.warnings == [
        "no specs: 1.0.0+build.yaml, 1.0.0.yml, 1.0.yaml, draft,2.yaml; a spec is called <version>.yaml, "
        "with a semantic version such as 1.0.0 or 1.1.0-rc.1. Rename those files"
    ]


def test_a_changed_review_runs_the_sources_again(project):
    land(project, "alpha", "{}")
    ticker = Ticker(landing_sensor)
    ticker.settle()
    (project / "reviews").mkdir()
    (project / "reviews/ana.csv").write_text("conversation_id,decision,reviewer,note\n")
    assert ticker.settle() == ["alpha"]
    assert ticker.settle() == []
