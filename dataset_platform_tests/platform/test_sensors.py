"""What arrives, changes, leaves and comes back starts one run each, once it has settled."""

import dagster as dg
import pytest

from dataset_platform.sensors import landing_sensor, release_sensor
from dataset_platform.storage.io_managers import Storage


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("data/raw", "sources", "releases"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


class Ticker:
    """Ticks a sensor as the daemon does: cursor kept, partitions added, run keys dropped for ever."""

    def __init__(self, sensor):
        self.sensor, self.cursor, self.run_keys = sensor, None, set()
        self.instance = dg.DagsterInstance.ephemeral()

    def tick(self):
        with dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources={"storage": Storage()}
        ) as context:
            result = self.sensor(context)
        self.cursor = result.cursor
        for request in result.dynamic_partitions_requests or []:
            self.instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
        started = [r.partition_key for r in result.run_requests if r.run_key not in self.run_keys]
        self.run_keys |= {r.run_key for r in result.run_requests}
        return started

    def settle(self):
        return self.tick() + self.tick()


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
    before = ticker.cursor
    assert ticker.tick() == ["alpha"]
    ticker.cursor = before
    assert ticker.tick() == []


def test_a_folder_without_description_starts_nothing(project):
    land(project, "mystery", "{}", described=False)
    assert Ticker(landing_sensor).settle() == []


def test_a_published_version_is_left_alone(project):
    (project / "releases/1.0.0.yaml").write_text("seed: 1")
    (project / "data/exports/v1.0.0").mkdir(parents=True)
    assert Ticker(release_sensor).settle() == []
