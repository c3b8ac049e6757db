"""An operator sees at a check that failed what is wrong: column, rule, how many, and where."""

import pytest
from playwright.sync_api import expect

from dataset_platform.schemas import CLEAN
from dataset_platform.storage.io_managers import Storage
from dataset_platform.storage.work import MANIFEST
from dataset_platform_tests.pipeline.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SOURCE = "edge_cases"


@pytest.fixture
def broken(project):
    """Every row of a source with a negative number of turns; it is whole again afterwards."""
    stored = Project(project)
    with stored.entered():
        store, prefix = Storage().store, Storage().result_prefix("clean_conversations", SOURCE)
        before = store.read(f"{prefix}/{MANIFEST}")
    rows = stored.rows("clean_conversations", SOURCE)
    stored.replace_rows("clean_conversations", SOURCE, [{**row, "n_turns": -1} for row in rows], CLEAN)
    yield stored
    with stored.entered():
        store.replace(f"{prefix}/{MANIFEST}", before)
    stored.done("sources", "clean", SOURCE)


def test_a_failed_check_shows_a_table_of_what_is_wrong_and_where(page, broken, screenshots):
    assert broken.command("sources", "clean", SOURCE).status == 1
    page.goto("/assets/clean_conversations?view=checks&checkDetail=contract")
    expect(page.get_by_text("rules of clean_conversations that are broken: 1").first).to_be_visible()
    expect(page.get_by_text("Failed", exact=True).first).to_be_visible()
    table = page.get_by_role("table").filter(has=page.get_by_text("examples", exact=True)).last
    for shown in ("column", "rule", "rows", "n_turns", "at least 0", f"{SOURCE}/edge_cases.jsonl#0"):
        expect(table).to_contain_text(shown)
    page.screenshot(path=screenshots / "failed-check.png")


def test_a_source_of_which_little_is_lost_says_so(page):
    page.goto("/assets/source_files?view=checks&checkDetail=mostly_read")
    expect(page.get_by_text("records could not be read").last).to_be_visible()
    expect(page.get_by_text("Passed", exact=True)).to_be_visible()
