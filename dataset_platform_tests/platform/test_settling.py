"""Whatever happens to the landing area and the daemon: each settled state is read once, none is missed."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dataset_platform.sensors import landing_sensor
from dataset_platform_tests.platform.ticking import Crash, Ticker

NAMES = st.sampled_from(["alpha", "beta"])
LENGTHS = st.integers(1, 3)  # of a file: it stands for its content


class Landing(RuleBasedStateMachine):
    """Files arrive, change, grow, vanish and come back while ticks run, crash and lose their cursor.

    A run reads what lies there when it is started.
    """

    @initialize()
    def begin(self):
        self.patch = pytest.MonkeyPatch()
        self.folder = Path(tempfile.mkdtemp())
        self.patch.chdir(self.folder)
        # Tags of content, as object stores have them: what comes back looks as it did before.
        self.patch.setattr("dataset_platform.storage.local._tag", lambda status: str(status.st_size))
        for name in ("data/raw", "sources"):
            (self.folder / name).mkdir(parents=True)
        self.ticker = Ticker(landing_sensor)
        self.read = {}  # what the last run of a source read
        self.touched = set()  # sources that changed in any way since they were last read
        self.saved = {}  # what the last tick saw whose cursor was kept

    def teardown(self):
        self.patch.undo()
        shutil.rmtree(self.folder)

    @rule(name=NAMES, length=LENGTHS)
    def write(self, name, length):
        path = self.folder / "data/raw" / name / "file.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("x" * length)
        self.touched.add(name)

    @rule(name=NAMES, length=LENGTHS)
    def write_and_settle(self, name, length):
        self.write(name, length)
        self.settle()

    @rule(name=NAMES)
    def grow(self, name):
        path = self.folder / "data/raw" / name / "file.jsonl"
        if path.exists():
            with path.open("a") as stream:
                stream.write("x")
            self.touched.add(name)

    @rule(name=NAMES)
    def vanish(self, name):
        shutil.rmtree(self.folder / "data/raw" / name, ignore_errors=True)
        self.touched.add(name)

    @rule(name=NAMES, length=LENGTHS)
    def describe(self, name, length):
        (self.folder / f"sources/{name}.yaml").write_text("#" * length)
        self.touched.add(name)

    @rule(name=NAMES)
    def undescribe(self, name):
        (self.folder / f"sources/{name}.yaml").unlink(missing_ok=True)
        self.touched.add(name)

    @rule()
    def reset_the_cursor(self):
        self.ticker.cursor, self.saved = None, {}
        self.touched |= self.read.keys()

    @rule(crash=st.sampled_from([None, None, *Crash]))
    def tick(self, crash):
        lying = self.lying()
        for name in self.ticker.tick(crash):
            assert self.saved.get(name) == lying[name], f"{name} was read before it settled"
            assert name in self.touched, f"{name} was read twice"
            self.read[name] = lying[name]
            self.touched.discard(name)
        if crash is None:
            self.saved = lying

    @rule()
    def settle(self):
        self.tick(None)
        self.tick(None)
        lying = self.lying()
        assert {name: self.read.get(name) for name in lying} == lying, "a settled state was missed"
        assert lying.keys() <= self.ticker.sources
        landed = {path.name for path in (self.folder / "data/raw").iterdir()}
        assert self.ticker.sources <= landed or not landed

    @invariant()
    def a_cursor_holds_one_state_a_source(self):
        assert len(self.ticker.cursor or "") < 500

    def lying(self):
        """Length of file and of description of each source that has both."""
        paths = {path.parent.name: path for path in self.folder.glob("data/raw/*/file.jsonl")}
        described = {path.stem: path for path in self.folder.glob("sources/*.yaml")}
        return {
            name: (paths[name].stat().st_size, described[name].stat().st_size)
            for name in paths.keys() & described.keys()
        }


TestLanding = Landing.TestCase
TestLanding.settings = settings(max_examples=15, stateful_step_count=30)
