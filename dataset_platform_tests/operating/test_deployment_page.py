"""docs/deployment.md names files that are there, settings that load, and what the platform really does."""

import re

import pytest
from ruamel.yaml import YAML

from dataset_platform.run_metrics import LAST_END, RUNS
from dataset_platform.settings import Settings
from dataset_platform_tests.pipeline.project import REPOSITORY

PAGE = (REPOSITORY / "docs/deployment.md").read_text()
COMPOSE = YAML(typ="safe").load(REPOSITORY / "deploy/compose.yaml")


def test_every_file_that_is_named_is_there():
    named = set(re.findall(r"deploy/[\w./-]*\w", PAGE)) - {"deploy/.env"}
    named |= {f"deploy/iam/{name}" for name in re.findall(r"`(aws-[\w-]+\.json)`", PAGE)}
    assert len(named) > 10
    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_the_settings_load(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"^```ini\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / ".env").write_text(block)
    assert Settings().s3_bucket == "our-datasets"


def test_what_has_to_be_set_for_compose_is_what_compose_reads():
    read = set(re.findall(r"\$\{(\w+)", (REPOSITORY / "deploy/compose.yaml").read_text()))
    told = set(re.findall(r"\b(OIDC_\w+|PLATFORM_TARGET|DAGSTER_PG_PASSWORD)\b", PAGE))
    assert told <= read
    assert {name for name in read if name.startswith("OIDC_")} <= told


def test_the_profiles_are_those_of_compose():
    profiles = {
        profile for service in COMPOSE["services"].values() for profile in service.get("profiles", ())
    }
    assert set(re.findall(r"profile `(\w+)`", PAGE)) == profiles


def test_alerts_are_on_metrics_that_there_are():
    assert f"{RUNS}_total{{" in PAGE
    assert f"{LAST_END}{{" in PAGE


@pytest.mark.parametrize("number", ["--version 1.13.27"])
def test_the_chart_is_of_dagster_s_version(number):
    assert number in PAGE
    assert f"dagster=={number.split()[1]}\n" in (REPOSITORY / "constraints.txt").read_text()
