"""Pages that people open in a browser can load, send and run nothing, whatever a source holds."""

import re

import pytest

from dataset_platform_tests.pipeline.project import REPOSITORY

TEMPLATES = sorted((REPOSITORY / "dataset_platform").rglob("*.html.j2"))
PAGES = [template for template in TEMPLATES if "<head>" in template.read_text()]
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
FETCHES = re.compile(
    r"""<(?:script|iframe|object|embed|form|link|base)\b|\bon\w+\s*=|(?:src|action)\s*=|@import|url\("""
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_a_page_forbids_all_but_its_own_style(page):
    (policy,) = POLICY.findall(page.read_text())
    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives.pop("default-src") == "'none'"
    assert directives.pop("style-src") == "'unsafe-inline'"
    assert directives == {"base-uri": "'none'", "form-action": "'none'"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_a_page_asks_for_its_policy_before_anything_else(page):
    head = page.read_text().partition("<head>")[2]
    before = head[: head.index("Content-Security-Policy")]
    assert re.findall(r"<(\w+)", before) == ["meta", "meta"]


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_a_page_has_no_script_and_loads_nothing(page):
    assert FETCHES.findall(page.read_text()) == []


def test_there_are_pages():
    assert len(PAGES) >= 3


def test_templates_escape_what_they_are_given():
    """jinja2 escapes nothing unless it is told to."""
    code = [path.read_text() for path in (REPOSITORY / "dataset_platform").rglob("*.py")]
    environments = [text for text in code if re.search(r"jinja2\.Environment\(|[^.]\bEnvironment\(", text)]
    assert environments
    assert all("autoescape" in text for text in environments)
