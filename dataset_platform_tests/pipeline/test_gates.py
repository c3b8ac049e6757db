"""A release that fails a gate is published with its report, turns its check red and trains nothing."""

import dagster as dg
import pytest


@pytest.fixture(scope="module")
def failing(cleaned_once, tmp_path_factory):
    project = cleaned_once.copy(tmp_path_factory.mktemp("failing") / "project")
    project.spec("3.0.0", semantic_coherence=1.0)
    return project, project.command("export", "--version", "3.0.0", "--json")


def test_the_command_ends_with_1_and_names_the_gate(failing):
    _, outcome = failing
    assert outcome.status == 1
    assert outcome.error == "error: release 3.0.0 fails semantic_coherence"
    assert (outcome.facts["passed"], outcome.facts["failed"]) == (False, ["semantic_coherence"])


def test_the_gate_is_a_failed_check_of_severity_error(failing):
    project, _ = failing
    gates = {found.check_name: found for found in project.evaluations() if found.asset_key == QA_REPORT}
    assert project.failed_checks()[0] == ("qa_report", "semantic_coherence", "3.0.0")
    assert gates["semantic_coherence"].severity is dg.AssetCheckSeverity.ERROR
    assert {name for name, found in gates.items() if found.passed} == {
        "crisis_flags",
        "private_data",
        "bias",
        "overall",
    }


def test_a_gate_that_could_not_be_measured_warns(failing):
    project, outcome = failing
    warned = {
        found.check_name
        for found in project.evaluations()
        if found.severity is dg.AssetCheckSeverity.WARN and found.asset_key == QA_REPORT
    }
    assert warned == set(outcome.facts["not_measured"]) == {"therapeutic_appropriateness"}


def test_release_report_and_card_are_there_all_the_same(failing):
    project, _ = failing
    assert project.command("verify", "--version", "3.0.0").status == 0
    _, verdict = (project.release("3.0.0") / "README.md").read_text().split("## Quality, as measured")
    assert "**Failed:** semantic coherence" in verdict
    assert "| validator accuracy |" in verdict
    assert "AUC 0." in verdict
    for suffix in ("json", "md", "html"):
        assert (project.release("3.0.0") / f"qa_report_v3.0.0.{suffix}").stat().st_size > 0


def test_training_is_refused_and_names_the_gate(failing):
    project, _ = failing
    outcome = project.command("train", "--version", "3.0.0")
    assert outcome.status == 1
    assert outcome.out == ""
    assert "release 3.0.0 failed its quality gates (semantic_coherence)" in outcome.error
    assert not (project.path / "data/checkpoints").exists()


QA_REPORT = dg.AssetKey("qa_report")
