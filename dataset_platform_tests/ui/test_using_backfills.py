"""An operator reads all sources again with a few clicks: an asset backfill over the partition range."""

import re

import pytest
from playwright.sync_api import expect

from dataset_platform_tests.pipeline.project import Project
from dataset_platform_tests.ui.conftest import SOURCES_AT_A_TIME
from dataset_platform_tests.ui.runs import launching

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SOURCES = 5
BACKFILL_TIMEOUT_MS = 300_000


def most_at_a_time(spans):
    return max(sum(start <= at < end for start, end in spans) for at, _ in spans)


def test_a_backfill_of_all_sources_that_was_clicked_ends_green(page, project, screenshots):
    page.goto("/assets/raw_conversations")
    page.get_by_role("button", name="Materialize…").click()
    page.get_by_role("button", name="Confirm").click()  # quarantine and source_files come along
    page.get_by_role("button", name="All", exact=True).click()
    page.screenshot(path=screenshots / "backfill-dialog.png")
    with launching(page):
        page.get_by_role("button", name=re.compile("Launch.*backfill")).click()

    page.goto("/runs?view=backfills")
    backfill = page.locator("[class*=rowGrid]").filter(has_text="Manually launched")
    expect(backfill).to_contain_text(f"{SOURCES} partitions")
    expect(backfill.get_by_text("Success", exact=True)).to_be_visible(timeout=BACKFILL_TIMEOUT_MS)
    page.screenshot(path=screenshots / "backfill-done.png")

    with Project(project).instance() as instance:
        slots = instance.event_log_storage.get_concurrency_info("sources").slot_count
        records = [
            record for record in instance.get_run_records() if "dagster/backfill" in record.dagster_run.tags
        ]
    assert len(records) == SOURCES
    assert most_at_a_time([(record.start_time, record.end_time) for record in records]) <= slots
    assert slots == SOURCES_AT_A_TIME

    page.goto("/assets/raw_conversations?view=partitions")
    for count in (f"Materialized ({SOURCES})", "Failed (0)", "Missing (0)"):
        expect(page.get_by_text(count, exact=True)).to_be_visible()
