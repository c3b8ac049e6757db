"""An export that is killed leaves no half release, and the next one ends as if nothing had happened."""

import shutil
import signal
from pathlib import Path

import pytest

from dataset_platform.release import read_manifest

pytestmark = pytest.mark.slow

EXPORT = ("export", "--version", "1.0.0", "--target-samples", "40", "--no-quality")
MOMENTS = 10
# Counts what this process does to files below data/, and kills it there and then at the given count.
COUNTING = """
import atexit, os, signal, sys
counted, kill_at = 0, int(os.environ["KILL_AT"])
def count(event, arguments):
    global counted
    if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir") and arguments:
        path = arguments[0]
        if isinstance(path, (str, os.PathLike)) and "/data/" in os.fspath(path):
            counted += 1
            if counted == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
atexit.register(lambda: print(f"counted {counted}", file=sys.stderr))
"""


def contents(folder: Path) -> dict[str, bytes]:
    """Everything that two builds of a release have in common."""
    names = [entry.name for entry in read_manifest(folder).files]
    return {name: (folder / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def undisturbed(cleaned_once, tmp_path_factory):
    """The release of an export that nobody killed, and how often that touched files."""
    project = cleaned_once.copy(tmp_path_factory.mktemp("undisturbed") / "project")
    outcome = project.apart(EXPORT, preamble=COUNTING, KILL_AT="0")
    assert outcome.status == 0, outcome.err
    counted = int(outcome.err.split("counted ")[1])
    assert counted > 3 * MOMENTS
    return contents(project.release("1.0.0")), counted


@pytest.mark.parametrize("moment", range(1, MOMENTS + 1))
def test_a_killed_export_leaves_no_half_release(cleaned, undisturbed, moment):
    expected, counted = undisturbed
    # The last moments lie close together: that is where the release is published.
    kill_at = counted * moment // 8 if moment < 7 else counted - 2 * (MOMENTS - moment) - 1
    killed = cleaned.apart(EXPORT, preamble=COUNTING, KILL_AT=str(kill_at))
    assert killed.status == -signal.SIGKILL
    if cleaned.release("1.0.0").exists():
        cleaned.done("verify", "--version", "1.0.0")
    cleaned.done(*EXPORT)
    assert contents(cleaned.release("1.0.0")) == expected
    cleaned.done("verify", "--version", "1.0.0")


def test_what_a_killed_export_staged_is_removed_by_the_next(cleaned, undisturbed):
    _, counted = undisturbed
    staging = cleaned.path / "data/.staging"
    # From early moments on: an export that is killed after it was published leaves nothing to do for others.
    for sixteenths in range(5, 15):
        cleaned.apart(EXPORT, preamble=COUNTING, KILL_AT=str(counted * sixteenths // 16))
        if any(staging.iterdir()):
            break
    assert any(staging.iterdir())
    cleaned.done(*EXPORT)
    left = list(staging.iterdir())
    shutil.rmtree(staging)
    assert left == []
