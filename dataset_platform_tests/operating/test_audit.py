"""CI stops at an advisory, unless somebody wrote down why and until when it is lived with."""

import importlib.util
import sys
from datetime import date, timedelta

import pytest

from dataset_platform_tests.pipeline.project import REPOSITORY

TODAY = date(2026, 11, 26)
SCRIPT = REPOSITORY / ".ci/audit.py"


@pytest.fixture(scope="module")
def audit():
    spec = importlib.util.spec_from_file_location("audit_of_ci", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def package(*advisories):
    vulnerabilities = [{"id": id, "aliases": [f"CVE-{id}"], "fix_versions": ["2.0"]} for id in advisories]
    return {"name": "thing", "version": "1.0", "vulns": vulnerabilities}


def test_an_advisory_is_a_problem_that_names_its_cure(audit):
    (line,) = audit.problems([package("PYSEC-1")], [], TODAY)
    assert line == (
        "thing 1.0: PYSEC-1, fixed in 2.0; renew the pin, or except it in .ci/audit-exceptions.toml"
    )


@pytest.mark.parametrize(("days", "wrong"), [(0, 0), (1, 0), (-1, 1)])
@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-PYSEC-1"])
def test_an_exception_holds_until_its_day_under_either_name(audit, days, wrong, name):
    exception = audit.Excepted(name, "never called", TODAY + timedelta(days=days))
    assert len([*audit.problems([package("PYSEC-1")], [exception], TODAY)]) == wrong


def test_a_package_that_was_left_out_is_a_problem(audit):
    skipped = {"name": "thing", "skip_reason": "Dependency not found on PyPI"}
    assert [*audit.problems([package(), skipped], [], TODAY)] == ["thing: Dependency not found on PyPI"]


def test_every_exception_has_a_reason_and_a_day(audit):
    for exception in audit.excepted(REPOSITORY / ".ci/audit-exceptions.toml"):
        assert exception.reason.strip()
        assert isinstance(exception.until, date)


def test_the_example_of_an_exception_can_be_read(audit, tmp_path):
    lines = (REPOSITORY / ".ci/audit-exceptions.toml").read_text().splitlines()
    example = tmp_path / "exceptions.toml"
    example.write_text(
        "\n".join(line.removeprefix("# ") for line in lines if line.startswith(("# [", "# r", "# u")))
    )
    (exception,) = audit.excepted(example)
    assert exception.until == date(2026, 12, 31)


def test_nobody_to_ask_is_told_apart_from_nothing_found(audit, monkeypatch, capsys):
    monkeypatch.setattr(audit, "audited", lambda _: None)
    audit.main()
    assert "not audited" in capsys.readouterr().out
