"""What a data engineer sees in Dagster's UI after three commands, in a real browser on a real server."""

import re
import urllib.request

import pytest
from playwright.sync_api import expect
from pyarrow import parquet

from dataset_platform.release import Gates
from dataset_platform.schemas import CLEAN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ASSETS_OF_GROUP = {
    "1_sources": {"landing_area", "raw_conversations", "quarantine", "source_files"},
    "2_curation": {
        *("clean_conversations", "heldout_overlap", "filter_decisions", "withdrawn_conversations"),
        *("text_signatures", "duplicate_clusters", "pasted_answers"),
    },
    "3_release": {"dataset_export"},
    "4_quality": {"qa_report", "trained_heads"},
    "5_training": {"trained_checkpoint"},
    "6_evaluation": {"eval_report"},
}
SOURCES = ("dual_persona", "edge_cases", "pixel_voice", "psychology_knowledge", "standard_therapeutic")
SHORTEST_QUOTE = 20  # characters: shorter turns are everyday words
# Wide enough for the graph to show whole cards, with checks and partitions.
WIDE = {"width": 3600, "height": 2400}
BOXES = """
elements => elements.map(element => {
    const {left, top, right, bottom} = element.getBoundingClientRect();
    return {text: element.textContent, left, top, right, bottom};
})
"""

# Dagster says so of every sensor that looks for runs which failed.
ON_A_NEW_INSTANCE = "No cursor for event type"


def open_graph(page):
    """The asset graph with every group open."""
    expanded = ",".join(f"global@global:{group}" for group in ASSETS_OF_GROUP)
    page.set_viewport_size(WIDE)
    page.goto(f"/asset-groups/?expanded={expanded}")
    for assets in ASSETS_OF_GROUP.values():
        for asset in assets:
            expect(card(page, asset)).to_be_visible()
    expect(page.locator("svg foreignObject").filter(has_text="Loading")).to_have_count(0)


def card(page, asset):
    return page.locator("svg foreignObject:not(.group)").get_by_text(asset, exact=True).first


def open_checks(page, asset, check):
    """The page of one check of an asset."""
    page.goto(f"/assets/{asset}?view=checks&checkDetail={check}")
    expect(page.get_by_text("Latest execution", exact=True)).to_be_visible()


def inside(inner, outer):
    return (
        outer["left"] <= inner["left"]
        and outer["top"] <= inner["top"]
        and inner["right"] <= outer["right"]
        and inner["bottom"] <= outer["bottom"]
    )


def around(boxes, margin=20):
    """The part of the page that holds all boxes."""
    left, top = (min(box[side] for box in boxes) - margin for side in ("left", "top"))
    right, bottom = (max(box[side] for box in boxes) + margin for side in ("right", "bottom"))
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def test_the_graph_shows_every_asset_in_its_group(page, screenshots):
    open_graph(page)
    groups = page.locator("svg foreignObject.group").evaluate_all(BOXES)
    cards = page.locator("svg foreignObject[style]:not(.group)").evaluate_all(BOXES)
    shown = {
        group["text"]: {
            asset
            for assets in ASSETS_OF_GROUP.values()
            for asset in assets
            for one in cards
            if one["text"].startswith(asset) and inside(one, group)
        }
        for group in groups
    }
    assert shown == ASSETS_OF_GROUP
    page.screenshot(path=screenshots / "asset-graph.png", clip=around(groups))


def test_the_graph_shows_checks_and_partitions_of_what_ran(page):
    open_graph(page)
    clean = page.locator("svg foreignObject[style]", has_text="clean_conversations")
    expect(clean).to_contain_text("1 / 1 Passed")
    expect(clean).to_contain_text("5 partitions")
    expect(page.locator("svg foreignObject[style]", has_text="qa_report")).to_contain_text(
        f"{len(Gates.model_fields)} / {len(Gates.model_fields)} Passed"
    )
    expect(page.locator("svg foreignObject[style]", has_text="trained_checkpoint")).to_contain_text(
        "0% filled"
    )


def test_an_asset_page_explains_the_asset(page, screenshots):
    page.goto("/assets/clean_conversations")
    body = page.locator("body")
    expect(page.get_by_role("link", name="2_curation")).to_be_visible()
    expect(body).to_contain_text(
        "Conversations of one source with text tidied by rules, private data replaced"
    )
    expect(body).to_contain_text("When it is red:")
    expect(page.get_by_text("data-platform", exact=True).first).to_be_visible()
    for tag in ("holds: masked-text", "made: by-itself"):
        expect(page.get_by_text(tag, exact=True)).to_be_visible()
    for kind in ("daft", "Parquet"):
        expect(page.get_by_text(kind, exact=True).first).to_be_visible()
    expect(page.get_by_text("Row count", exact=True).locator("..")).to_contain_text(
        re.compile(r"Row count\s*\d")
    )
    page.screenshot(path=screenshots / "asset-page.png")


def test_an_asset_page_tells_every_column_and_what_it_means(page):
    page.goto("/assets/clean_conversations")
    for column in CLEAN.columns:
        row = page.get_by_role("row").filter(has=page.get_by_text(column.name, exact=True))
        meaning = column.meaning.replace("`", "")  # descriptions are Markdown
        expect(row.filter(has_text=meaning)).to_be_visible()


def test_an_asset_page_has_statistics_of_every_column(page):
    page.goto("/assets/clean_conversations")
    statistics = page.get_by_role("table").filter(has=page.get_by_text("filled", exact=True)).last
    for column in CLEAN.columns:
        expect(statistics.get_by_role("row").filter(has_text=column.name).first).to_contain_text(
            re.compile(rf"{column.name}\s*\d")
        )


@pytest.mark.parametrize("asset", sorted(asset for assets in ASSETS_OF_GROUP.values() for asset in assets))
def test_no_asset_page_quotes_a_conversation(page, project, asset):
    page.goto(f"/assets/{asset}")
    expect(page.get_by_text("Description", exact=True).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    shown = page.locator("body").inner_text()
    tables = sorted(project.glob("data/processed/[rc]*_conversations/**/*.parquet"))
    turns = {
        turn["content"]
        for table in tables
        for messages in parquet.read_table(table, columns=["messages"])["messages"].to_pylist()
        for turn in messages
        if len(turn["content"]) >= SHORTEST_QUOTE
    }
    assert len(turns) > 1000
    assert sum(turn in shown for turn in turns) == 0


def test_the_checks_of_clean_conversations_passed(page):
    open_checks(page, "clean_conversations", "contract")
    expect(page.get_by_text("Passed", exact=True)).to_be_visible()
    expect(page.get_by_text("This is a blocking asset check.")).to_be_visible()
    expect(page.locator("body")).to_contain_text("rows keep the contract of clean_conversations")


def test_every_gate_of_the_qa_report_passed(page, screenshots):
    for gate in Gates.model_fields:
        open_checks(page, "qa_report", gate)
        expect(page.get_by_text("Passed", exact=True)).to_be_visible()
        expect(page.get_by_text("validator accuracy", exact=True)).to_be_visible()
    expect(page.get_by_text("Succeeded", exact=True)).to_have_count(len(Gates.model_fields))
    page.screenshot(path=screenshots / "checks.png")


def test_the_runs_page_lists_what_the_command_line_started(page):
    page.goto("/runs")
    runs = page.locator("[class*=rowGrid]").filter(has_text="launched_by: dataset-platform")
    expect(runs).to_have_count(len(SOURCES) + 1)
    expect(runs.get_by_text("Success", exact=True)).to_have_count(len(SOURCES) + 1)
    for source in SOURCES:
        expect(runs.filter(has_text="clean_source").filter(has_text=f"partition: {source}")).to_have_count(1)
    expect(runs.filter(has_text="cut_release").filter(has_text="partition: 1.0.0")).to_have_count(1)


def test_no_dialog_covers_the_first_page_that_a_newcomer_opens(page):
    page.goto("/")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("dialog")).to_have_count(0)
    # A click is refused while something else lies over its target.
    page.locator('a[href="/asset-groups"]', has_text="Lineage").click()
    expect(page.get_by_text("Global asset lineage")).to_be_visible()


def test_telemetry_is_off(server):
    with urllib.request.urlopen(server) as answer:
        assert re.search(r'"telemetryEnabled":\s*false', answer.read().decode())


def test_the_server_logs_no_warning_and_no_error(page, server_log):
    open_graph(page)
    logged = [
        line
        for line in server_log.read_text().splitlines()
        if re.search("WARNING|ERROR|Traceback", line) and ON_A_NEW_INSTANCE not in line
    ]
    assert logged == []


def test_the_qa_report_opens_from_its_folder_and_asks_the_network_for_nothing(
    browser, project, screenshots, objections
):
    asked = []
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((project / "data/exports/v1.0.0/qa_report_v1.0.0.html").as_uri())
        expect(page.get_by_role("heading", level=1)).to_contain_text("1.0.0")
        page.screenshot(path=screenshots / "qa-report.png")
        page.screenshot(path=screenshots / "qa-report-whole.png", full_page=True)
        for details in page.locator("details").all():
            details.evaluate("details => details.open = true")
        assert objections(page) == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
