"""CI stops at a secret in a file under version control, and not at one that somebody looked at."""

import shutil
import subprocess
import sys

import pytest

from dataset_platform_tests.pipeline.project import REPOSITORY

KEY = "AKIA" + "QWERTYUIOPASDFGH"


@pytest.fixture
def repository(tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    shutil.copy(REPOSITORY / ".secrets.baseline", tmp_path)
    return tmp_path


def looked_through(repository):
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    script = [sys.executable, REPOSITORY / ".ci/find_secrets.py"]
    done = subprocess.run(script, cwd=repository, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


def test_a_key_is_found_and_not_printed(repository):
    (repository / "notes.txt").write_text(f"first line\nkey = {KEY}\n")
    status, said = looked_through(repository)
    assert (status, "notes.txt:2: AWS Access Key" in said, KEY in said) == (1, True, False)


def test_files_without_one_pass(repository):
    (repository / "notes.txt").write_text("nothing here\n")
    assert looked_through(repository) == (0, "1 files, no secret that nobody looked at")
