"""An operator reads all sources again with a few clicks: an asset backfill over the partition range."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SOURCES = 5
BACKFILL_TIMEOUT_MS = 300_000


def test_a_backfill_of_all_sources_that_was_clicked_ends_green(page, screenshots):
    page.goto("/assets/raw_conversations")
    page.get_by_role("button", name="Materialize…").click()
    page.get_by_role("button", name="Confirm").click()  # quarantine and source_files come along
    page.get_by_role("button", name="All", exact=True).click()
    page.screenshot(path=screenshots / "backfill-dialog.png")
    page.get_by_role("button", name=re.compile("Launch.*backfill")).click()
    page.wait_for_timeout(2_000)

    page.goto("/runs?view=backfills")
    backfill = page.locator("[class*=rowGrid]").filter(has_text="Manually launched")
    expect(backfill).to_contain_text(f"{SOURCES} partitions")
    expect(backfill.get_by_text("Success", exact=True)).to_be_visible(timeout=BACKFILL_TIMEOUT_MS)
    page.screenshot(path=screenshots / "backfill-done.png")

    page.goto("/assets/raw_conversations?view=partitions")
    for count in (f"Materialized ({SOURCES})", "Failed (0)", "Missing (0)"):
        expect(page.get_by_text(count, exact=True)).to_be_visible()
