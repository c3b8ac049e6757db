"""docs/storage.md: its commands run, its settings load, its policies allow what the code asks for."""

import json
import re
import shlex
from pathlib import Path

import pytest

from dataset_platform.settings import Settings
from dataset_platform.storage import gcs, s3
from dataset_platform_tests.pipeline.project import Project
from dataset_platform_tests.release.release_records import full_inputs

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "storage.md").read_text()
CODE = "\n".join(path.read_text() for path in (ROOT / "dataset_platform").rglob("*.py"))
SAYS = [row.split("|")[1].strip() for row in PAGE.partition("## Troubleshooting")[2].splitlines()[4:]]


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_commands_run_in_their_order(s3_server, gcs_server, tmp_path, monkeypatch):
    project = Project(tmp_path / "project")
    full_inputs().build(project.release("1.0.0"))
    settings = {
        **s3_server.environment(s3_server.new_bucket()),
        **gcs_server.environment(gcs_server.new_bucket()),
        "DATASET_STORAGE_BACKEND": "local",
        "DATASET_CACHE_DIR": str(tmp_path / "cache"),
    }
    ours = {name: value for name, value in settings.items() if name.startswith("DATASET_")}
    for name, value in settings.items() - ours.items():
        monkeypatch.setenv(name, value)
    (project.path / ".env").write_text("".join(f"{name}={value}\n" for name, value in ours.items()))
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) == 6
    for command in commands:
        program, *arguments = shlex.split(command.replace("/mnt/backup", str(tmp_path / "backup")))
        assert program == "dataset-platform"
        project.done(*arguments)
    shard = "dataset_v1.0.0.parquet/train-00001-of-00001.parquet"
    copied = (tmp_path / "backup/exports/v1.0.0" / shard).read_bytes()
    assert copied == (project.release("1.0.0") / shard).read_bytes()


@pytest.mark.parametrize("block", blocks("ini"), ids=lambda block: block.splitlines()[-1].split("=")[0])
def test_the_settings_load(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(block)
    changed = Settings().model_fields_set
    assert {f"DATASET_{name.upper()}" for name in changed} >= {
        line.split("=")[0] for line in block.splitlines()
    }


def test_the_policies_allow_what_the_code_asks_for():
    policy, lifecycle = map(json.loads, blocks("json"))
    allowed = set()
    for statement in policy["Statement"]:
        actions = statement["Action"]
        allowed |= {actions} if isinstance(actions, str) else set(actions)
    assert set(s3.PERMISSIONS.values()) == allowed
    assert lifecycle["Rules"][0]["Status"] == "Enabled"
    for permission in gcs.PERMISSIONS.values():
        assert f"`{permission}`" in PAGE


@pytest.mark.parametrize("says", SAYS)
def test_each_message_of_the_table_is_one_that_the_code_has(says):
    for quoted in re.findall(r"`([^`]+)`", says):
        for fragment in re.split(r"…|DATASET_S3_BUCKET|eu-west-1|us-east-1|s3:PutObject", quoted):
            assert fragment.strip(" ,") in CODE


def test_the_sample_of_doctor_has_lines_that_doctor_prints():
    sample = blocks("text")[-1]
    for check in re.findall(r"^ (storage[ a-z]*?|clock)  ", sample, re.MULTILINE):
        assert f'"{check}"' in CODE
