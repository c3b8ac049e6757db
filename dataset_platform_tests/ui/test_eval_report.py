"""The eval report in a real browser: from its file, without a network, with replies behind a click."""

import pytest
from playwright.sync_api import expect

from dataset_platform.evaluation import evaluate, write_report
from dataset_platform.training import TrainingConfig, train
from dataset_platform_tests.evaluation.conftest import CONFIG, RELEASE_SHA256
from dataset_platform_tests.evaluation.fakes import WordVectors
from dataset_platform_tests.training.tiny_models import SMALL_TALK, saved_tiny_llama, write_release

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page_of_report(browser, tmp_path_factory):  # noqa: ARG001
    """The HTML report on a tiny model that took two steps; asked after the browser."""
    folder = tmp_path_factory.mktemp("evaluated")
    base_model = saved_tiny_llama(folder / "base")
    talks = [(split, "foundation", talk) for split in ("train", "validation", "test") for talk in SMALL_TALK]
    rows = write_release(folder / "dataset_v1.0.0.parquet", talks)
    config = TrainingConfig(
        learning_rate=0.01,
        validation_tokens=100,
        max_steps=2,
        warmup_steps=1,
        tokens_per_step=48,
        tokens_per_forward=48,
        max_length=64,
        validate_every=2,
    )
    trained = train(rows, RELEASE_SHA256, "1.0.0", config, base_model, folder / "trained", lambda _: None)
    report = evaluate(
        rows, "1.0.0", RELEASE_SHA256, trained.folder, base_model, CONFIG, lambda _: None,
        embedder=WordVectors(),
    )  # fmt: skip
    return write_report(report, folder)[2]


def test_the_eval_report_opens_with_its_verdict_and_asks_the_network_for_nothing(
    browser, page_of_report, screenshots, objections
):
    asked = []
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_of_report.as_uri())
        expect(page.get_by_role("heading", level=1)).to_contain_text("1.0.0")
        expect(page.locator(".verdict")).to_be_in_viewport()
        page.screenshot(path=screenshots / "eval-report.png")
        example = page.locator("details.example").first
        expect(example.locator(".replies")).to_be_hidden()
        example.locator("summary").click()
        expect(example.locator(".replies")).to_contain_text("tuned")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert objections(page) == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
