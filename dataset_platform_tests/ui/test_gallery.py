"""The gallery shows what commands print today."""

import re

import pytest

from dataset_platform_tests.pipeline.project import REPOSITORY, Project
from dataset_platform_tests.ui.gallery import PICTURES, gallery

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PAGE = REPOSITORY / "docs/gallery.md"


def shape_of(page):
    """The page without its numbers, which a machine or a new validator may change, and without layout."""
    return re.sub(r"[ \t]+", " ", re.sub(r"\d[\d,.]*", "#", page))


def test_the_gallery_shows_what_commands_print(project, screenshots):
    stored = Project(project)

    def run(words):
        outcome = stored.command(*words)
        return outcome.out, outcome.err

    shown = gallery(run)
    renewed = screenshots / "gallery.md"
    renewed.write_text(shown)
    assert shape_of(PAGE.read_text()) == shape_of(shown), f"out of date; run: cp {renewed} docs/gallery.md"


@pytest.mark.parametrize("picture", [name for _, name in PICTURES])
def test_every_picture_of_the_gallery_is_there(picture):
    assert (REPOSITORY / "docs/images" / picture).stat().st_size > 10_000
