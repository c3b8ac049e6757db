"""What is launched in Dagster's UI, and its rows on the page of runs."""

from playwright.sync_api import expect


def run_of(page, tag, without="no tag"):
    """The newest run that shows the tag, once there is one, and lacks the other."""
    page.goto("/runs")
    runs = page.locator("[class*=rowGrid]").filter(has_text=tag).filter(has_not_text=without)
    expect(runs.first).to_be_visible()
    return runs.first


def launching(page):
    """A block that ends when the server has answered to the launch that is clicked in it."""
    return _answered(page, "mutation Launch")


def choosing_partition(page):
    """A block that ends when the server has told the config of the partition that is chosen in it.

    The launchpad puts that, and what stood there before, in the place of whatever was typed meanwhile.
    """
    return _answered(page, "query ConfigPartitionSelectionQuery")


def _answered(page, operation):
    return page.expect_response(lambda response: operation in (response.request.post_data or ""))
