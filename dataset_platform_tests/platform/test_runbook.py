"""An operator at night finds all that can be red in the runbook: symptom, cause, what to do, the proof."""

import re

import pytest

from dataset_platform import errors
from dataset_platform.checks import CHECKS
from dataset_platform.definitions import defs
from dataset_platform.jobs import JOBS
from dataset_platform_tests.platform.documented_commands import ROOT

RUNBOOK = (ROOT / "docs/runbook.md").read_text()
CELLS = ("what", "symptom", "cause", "do", "verify")
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
TABLE = RUNBOOK.split("### At a glance", 1)[1].split("\n### ", 1)[0]
ENTRIES = {row[0]: dict(zip(CELLS, row, strict=True)) for row in ROW.findall(TABLE)}

NAMES = [
    *(f"check `{name}`" for name in sorted({key.name for check in CHECKS for key in check.check_keys})),
    *(f"sensor `{sensor.name}`" for sensor in defs.sensors),
    *(f"schedule `{schedule.name}`" for schedule in defs.schedules),
    *(
        f"`{name}`"
        for name, kind in vars(errors).items()
        if isinstance(kind, type)
        and issubclass(kind, Exception)
        and kind not in (errors.PlatformError, errors.ToldByWorker)
    ),
]


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_can_be_red_has_its_line(name):
    entry = ENTRIES[name]
    assert all(cell.strip() for cell in entry.values())


def test_no_line_is_about_what_is_gone():
    named = {what for what in ENTRIES if what.startswith(("check ", "sensor ", "schedule ", "`"))}
    assert named - set(NAMES) == set()


@pytest.mark.parametrize("job", [job.name for job in JOBS])
def test_every_job_is_named(job):
    assert f"`{job}`" in RUNBOOK


def test_every_link_within_the_runbook_leads_somewhere():
    titles = re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9_ -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) - anchors == set()


def test_every_picture_is_there():
    pictures = re.findall(r"!\[.*?\]\((images/[^)]+)\)", RUNBOOK)
    assert [picture for picture in pictures if not (ROOT / "docs" / picture).exists()] == []
