"""The page about releases: its commands run as they stand there, and print what it shows."""

import re
import shlex
from pathlib import Path

import pytest

from dataset_platform_tests.pipeline.project import Project
from dataset_platform_tests.platform.test_docs_examples import is_shown

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs/releases.md"
BLOCK = re.compile(r"(?:^`([^`\n]+)`:\n\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_about_releases_goes_as_it_says(tmp_path):
    project = Project(tmp_path / "project")
    printed: list[list[str]] = []
    missing = []
    for file, language, block in BLOCK.findall(PAGE.read_text()):
        if file:
            (project.path / file).parent.mkdir(parents=True, exist_ok=True)
            (project.path / file).write_text(block)
        elif language == "text":
            missing += [line for line in block.splitlines() if not is_shown(line, printed)]
        else:
            outcomes = [project.command(*shlex.split(command)[1:]) for command in block.splitlines()]
            assert {one.status for one in outcomes} <= {0, 1}, [one.err for one in outcomes]
            printed = [line.split() for one in outcomes for line in (one.out + one.err).splitlines()]
    assert missing == []
