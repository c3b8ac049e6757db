"""An operator starts things with clicks: a source is read, a release is cut from config that is typed in."""

import re

import pytest
from playwright.sync_api import expect

from dataset_platform_tests.pipeline.project import Project
from dataset_platform_tests.ui.runs import choosing_partition, launching, run_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RUN_TIMEOUT_MS = 300_000
SOURCE, VERSION, ROWS = "pixel_voice", "1.1.0", 60
CONFIG = f"""ops:
  dataset_export:
    config:
      target_samples: {ROWS}
      seed: 7
"""


def type_config(page, text):
    page.locator(".CodeMirror").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def test_a_source_is_read_with_a_few_clicks(page, screenshots):
    page.goto("/assets/raw_conversations")
    page.get_by_role("button", name="Materialize…").click()
    page.get_by_role("button", name="Confirm").click()  # quarantine and source_files come along
    page.get_by_text("Select a partition or create one").click()
    page.locator("[role=menu], [class*=Menu]").get_by_text(SOURCE, exact=True).locator(
        "visible=true"
    ).first.click()
    page.get_by_text("Launch runs to materialize 3 assets").click()  # closes the menu
    page.screenshot(path=screenshots / "materialize-dialog.png")
    with launching(page):
        page.get_by_role("button", name="Launch 1 run").click()
    run = run_of(page, f"partition: {SOURCE}", without="launched_by")
    expect(run.get_by_text("Success", exact=True)).to_be_visible(timeout=RUN_TIMEOUT_MS)


@pytest.fixture
def version_added(page):
    """A new version among the partitions, added where the UI adds them."""
    page.goto("/assets/dataset_export")
    page.get_by_role("button", name="Materialize…").click()
    page.get_by_role("button", name="Add a partition").click()
    page.get_by_label("Partition name").or_(page.get_by_role("textbox").last).first.fill(VERSION)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Partition name", exact=True)).to_have_count(0)
    return VERSION


def test_the_launchpad_refuses_a_wrong_config_and_cuts_a_release_from_a_right_one(
    page, project, version_added, screenshots
):
    page.goto("/locations/dataset_platform/jobs/cut_release/playground")
    page.get_by_placeholder("Partition").click()
    with choosing_partition(page):
        page.get_by_text(version_added, exact=True).locator("visible=true").first.click()
    type_config(page, CONFIG.replace(str(ROWS), "many"))
    expect(page.get_by_text(re.compile("Invalid scalar.*target_samples")).first).to_be_visible()
    type_config(page, CONFIG)
    expect(page.get_by_text("No errors", exact=True)).to_be_visible()
    expect(page.locator(".CodeMirror-code")).to_contain_text(f"target_samples: {ROWS}")
    page.screenshot(path=screenshots / "launchpad.png")
    with launching(page):
        page.get_by_role("button", name="Launch Run").click()
    run = run_of(page, f"partition: {version_added}")
    expect(run.get_by_text("Success", exact=True)).to_be_visible(timeout=RUN_TIMEOUT_MS)
    assert f"target_samples: {ROWS}" in (project / f"releases/{version_added}.yaml").read_text()
    page.goto(f"/assets/dataset_export?partition={version_added}&view=partitions")
    expect(page.get_by_text("manifest_sha256", exact=True).first).to_be_visible()


@pytest.fixture
def published(project):
    """The new version, cut on the command line where the launchpad did not."""
    if not (project / f"data/exports/v{VERSION}/manifest_v{VERSION}.json").exists():
        Project(project).done("export", "--version", VERSION, "--target-samples", str(ROWS), "--seed", "7")
    return VERSION


def test_the_page_of_what_changed_opens_from_its_file_and_asks_the_network_for_nothing(
    browser, project, published, tmp_path, screenshots, objections
):
    page_of_differences = tmp_path / "difference.html"
    Project(project).done("diff", "1.0.0", published, "--html", str(page_of_differences))
    asked = []
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_of_differences.as_uri())
        expect(page.get_by_role("heading", level=1)).to_contain_text(published)
        page.screenshot(path=screenshots / "difference.png")
        assert objections(page) == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
