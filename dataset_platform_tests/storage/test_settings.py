"""Settings that cannot work are refused in one line, before anything is done."""

import re
from pathlib import Path

import pytest

from dataset_platform.errors import UsageError
from dataset_platform.settings import Settings, load_settings, variable

TEMPLATE = Path(__file__).resolve().parents[2] / ".env.example"
ASSIGNMENT = re.compile(r"^# (DATASET_\w+|RAY_ADDRESS|OPENLINEAGE_\w+)=(.*)$", re.MULTILINE)


@pytest.fixture
def environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)
    return monkeypatch


def test_the_template_names_every_setting_once():
    named = [name for name, _ in ASSIGNMENT.findall(TEMPLATE.read_text())]
    assert sorted(named) == sorted(map(variable, Settings.model_fields))


@pytest.mark.usefixtures("environment")
def test_the_template_loads_as_it_is_and_changes_nothing(tmp_path):
    (tmp_path / ".env").write_text(TEMPLATE.read_text())
    assert load_settings() == Settings(_env_file=None)


@pytest.mark.usefixtures("environment")
def test_the_template_loads_with_every_line_in_use_and_shows_the_defaults(tmp_path):
    (tmp_path / ".env").write_text(ASSIGNMENT.sub(r"\1=\2", TEMPLATE.read_text()))
    loaded = load_settings()
    defaults = Settings(_env_file=None).model_dump()
    assert all(
        value == defaults[name] for name, value in loaded.model_dump().items() if defaults[name] is not None
    )
    assert all(getattr(loaded, name) is not None for name in Settings.model_fields)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"STORAGE_BACKEND": "ftp"}, "DATASET_STORAGE_BACKEND='ftp': Input should be 'local', 's3'"),
        (
            {"STORAGE_BACKEND": "s3"},
            "DATASET_S3_BUCKET is missing: DATASET_STORAGE_BACKEND=s3",
        ),
        ({"STORAGE_BACKEND": "gcs", "GCS_BUCKET": ""}, "DATASET_GCS_BUCKET is missing"),
        ({"S3_BUCKET": "Not A Bucket"}, "DATASET_S3_BUCKET='Not A Bucket': String should match pattern"),
        ({"S3_ENDPOINT_URL": "localhost:9000"}, "DATASET_S3_ENDPOINT_URL='localhost:9000'"),
        ({"S3_SSE": "rot13"}, "DATASET_S3_SSE='rot13': Input should be 'AES256'"),
        ({"S3_SSE_KMS_KEY_ID": "alias/x"}, "DATASET_S3_SSE_KMS_KEY_ID needs DATASET_S3_SSE=aws:kms"),
        ({"ENGINE": "spark"}, "DATASET_ENGINE='spark': Input should be 'native' or 'ray'"),
        ({"ENGINE": "ray"}, "RAY_ADDRESS is missing or no address: DATASET_ENGINE=ray needs a cluster"),
        ({"CACHE_MAX_GB": "-1"}, "DATASET_CACHE_MAX_GB='-1': Input should be greater than 0"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(environment, wrong, message):
    for name, value in wrong.items():
        environment.setenv(f"DATASET_{name}", value)
    with pytest.raises(UsageError, match=re.escape(message)) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_an_address_that_other_commands_of_ray_take_disturbs_only_where_a_cluster_is_to_compute(environment):
    environment.setenv("RAY_ADDRESS", "http://127.0.0.1:8265")
    assert load_settings().ray_address == "http://127.0.0.1:8265"
    environment.setenv("DATASET_ENGINE", "ray")
    with pytest.raises(UsageError, match="RAY_ADDRESS is missing or no address"):
        load_settings()
    environment.setenv("RAY_ADDRESS", "ray://head.example:10001")
    load_settings()


def test_a_root_that_is_a_file_is_refused_and_named(environment, tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(UsageError, match=r"^DATASET_STORAGE_LOCAL_PATH=data: is a file; name a folder$"):
        load_settings()
    environment.setenv("DATASET_STORAGE_LOCAL_PATH", "other")
    load_settings()


def test_a_password_in_an_address_is_refused_and_not_repeated(environment):
    environment.setenv("DATASET_S3_ENDPOINT_URL", "https://user:hunter2@example.org")
    with pytest.raises(UsageError) as caught:
        load_settings()
    assert "DATASET_S3_ENDPOINT_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)
