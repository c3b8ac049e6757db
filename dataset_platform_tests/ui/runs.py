"""Rows of Dagster's page of runs."""

from playwright.sync_api import expect


def run_of(page, tag, without="no tag"):
    """The newest run that shows the tag, once there is one, and lacks the other."""
    page.goto("/runs")
    runs = page.locator("[class*=rowGrid]").filter(has_text=tag).filter(has_not_text=without)
    expect(runs.first).to_be_visible()
    return runs.first
