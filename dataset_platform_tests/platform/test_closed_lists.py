"""Every code that rows may carry has something that produces it, and a sentence in the docs."""

from pathlib import Path

import pytest

from dataset_platform.curate import PrivateKind, Pseudonyms
from dataset_platform.curate.rules import Rule
from dataset_platform.curate.safety import Flag, Response
from dataset_platform.evaluation.suite import Criterion, Kind, Severity
from dataset_platform.evaluation.vocabulary import Decision, Gate, Model, Outcome, Verdict
from dataset_platform.heads import Block
from dataset_platform.quality import Reason, ReviewFormat
from dataset_platform.release import Absence, Change, FileFormat, Problem, Rendering, Use
from dataset_platform.schemas import (
    Compression,
    DropReason,
    Fate,
    FilterReason,
    Likeness,
    Match,
    QuarantineReason,
    Stage,
    WithdrawnBy,
)
from dataset_platform.storage.garbage import Why
from dataset_platform.training.config import Curriculum, Logger, Method, Objective, Precision, Schedule
from dataset_platform.training.encode import SkipReason

ROOT = Path(__file__).resolve().parents[2]
LISTS = (
    QuarantineReason, Compression, DropReason, FilterReason, Match, Fate, Stage, Why, Rule, Flag, Response,
    WithdrawnBy, Likeness, Absence, Change, Problem, PrivateKind, Pseudonyms, Use, FileFormat, Rendering,
    Block, Reason, ReviewFormat,
    Method, Objective, Precision, Schedule, Curriculum, Logger, SkipReason,
    Criterion, Kind, Severity, Decision, Gate, Model, Outcome, Verdict,
)  # fmt: skip
MEMBERS = [member for codes in LISTS for member in codes]


@pytest.fixture(scope="module")
def code():
    paths = (ROOT / "dataset_platform").rglob("*.py")
    return "\n".join(path.read_text() for path in paths if path.name != "schemas.py")


@pytest.mark.parametrize(
    "member", [m for m in MEMBERS if not isinstance(m, Stage)], ids=lambda m: f"{type(m).__name__}.{m.name}"
)
def test_something_produces_each_code(member, code):
    assert f"{type(member).__name__}.{member.name}" in code


@pytest.mark.parametrize("member", MEMBERS, ids=lambda m: f"{type(m).__name__}.{m.name}")
def test_the_docs_name_each_code(member):
    docs = "\n".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))
    assert f"`{member.value}`" in docs
