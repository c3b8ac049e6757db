"""The main job on public sources in their original form; nothing of them is kept or printed."""

import re
import shutil
from itertools import pairwise

import pytest

from dataset_platform.curate.identifiers import HELPLINES
from dataset_platform_tests.ingest.hand_made import REAL_FILES, REAL_SOURCES
from dataset_platform_tests.pipeline.project import LENIENT, REPOSITORY, Project

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        not REAL_FILES.is_dir(), reason=f"no real sources here: {REAL_FILES} (set DATASET_TEST_DATA)"
    ),
]
DESCRIPTIONS = REPOSITORY / "dataset_platform_tests/ingest/real_sources"
TAGS = re.compile(r"</?(?:a|b|br|div|em|i|img|li|p|script|span|strong|td|tr|ul)\b[^<>]*>", re.IGNORECASE)
ENTITIES = re.compile(
    r"&(?:amp|lt|gt|quot|nbsp|apos|rsquo|lsquo|rdquo|ldquo|hellip|#\d+|#x[0-9a-f]+);", re.IGNORECASE
)
MOJIBAKE = re.compile("\u00c3[\u0080-\u00bf]|\u00e2\u20ac|\u00c2[\u0080-\u00bf]|\ufffd")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """All real sources that are here, cleaned, released without a limit and judged."""
    project = Project(tmp_path_factory.mktemp("real") / "project")
    (project.path / "sources").mkdir()
    for name in REAL_SOURCES:
        if (REAL_FILES / name).is_dir():
            shutil.copytree(REAL_FILES / name / "raw", project.path / "data/raw" / name)
            shutil.copy(DESCRIPTIONS / f"{name}.yaml", project.path / "sources")
    project.done("sources", "clean")
    spec = project.spec("1.0.0", target_samples=100_000, **LENIENT)
    with spec.open("a") as file:
        file.write("licenses: {accept: [LicenseRef-not-stated]}\n")
    project.done("export", "--version", "1.0.0")
    return project


@pytest.fixture(scope="module")
def exported(project):
    return project.exported("1.0.0")


def places(rows, pattern):
    """Where the pattern is found; ids only, as no text may be shown."""
    return [
        f"{row['origin_file']}#{row['origin_position']}"
        for row in rows
        if any(pattern.search(turn["content"]) for turn in row["messages"])
    ]


def test_at_least_four_sources_are_released(exported):
    assert len({row["source"] for row in exported}) >= 4


def test_accounts_close_and_every_file_verifies(project):
    assert project.failed_checks() == []
    project.done("verify", "--version", "1.0.0")
    listed = project.done("sources", "list", "--json").facts["sources"]
    assert sum(source["records"] for source in listed) == len(project.ledger("1.0.0"))


@pytest.mark.parametrize("pattern", [TAGS, ENTITIES, MOJIBAKE], ids=["tags", "entities", "mojibake"])
def test_no_markup_and_no_mojibake_is_left(exported, pattern):
    found = places(exported, pattern)
    assert not found, f"{len(found)} rows: {found[:5]}"


def test_every_conversation_has_both_sides_and_no_blank_turn(exported):
    for row in exported:
        roles = [turn["role"] for turn in row["messages"]]
        assert {"user", "assistant"} <= set(roles) <= {"system", "user", "assistant"}, row["conversation_id"]
        assert all(turn["content"].strip() for turn in row["messages"]), row["conversation_id"]
        assert all(first != second for first, second in pairwise(roles)), row["conversation_id"]


TOLL_FREE = re.compile(r"1?8(?:00|33|44|55|66|77|88)")


def numbers_and_addresses(rows):
    """Conversations with an e-mail address or a telephone number that may be a person's.

    Helplines are public, and toll-free numbers are an organisation's.
    """
    private = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]{2,}|(?<!\d)\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)")
    return [
        f"{row['origin_file']}#{row['origin_position']}"
        for row in rows
        if any(
            not (re.sub(r"\D", "", found) in HELPLINES or TOLL_FREE.match(re.sub(r"\D", "", found)))
            for turn in row["messages"]
            for found in private.findall(turn["content"])
        )
    ]


@pytest.mark.parametrize("name", REAL_SOURCES)
def test_no_address_or_number_of_a_person_is_left(exported, name):
    """Plain patterns, beside those that the platform masks by."""
    rows = [row for row in exported if row["source"] == name]
    if not rows:
        pytest.skip(f"{name} is not in {REAL_FILES}")
    found = numbers_and_addresses(rows)
    assert not found, f"{len(found)} rows: {found[:5]}"
