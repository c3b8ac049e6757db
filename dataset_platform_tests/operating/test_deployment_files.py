"""What lies in deploy/ is what the tools that read it expect, as far as that can be told without them."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dagster._config import process_config, resolve_to_config_type
from dagster._core.instance.config import dagster_instance_config_schema, validate_concurrency_config
from dagster_k8s import K8sRunLauncher
from dagster_k8s.job import UserDefinedDagsterK8sConfig
from ruamel.yaml import YAML

from dataset_platform.settings import Settings, variable
from dataset_platform.storage import gcs, s3
from dataset_platform_tests.pipeline.project import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
YAMLS = sorted([*DEPLOY.rglob("*.yaml"), REPOSITORY / "dagster.yaml", REPOSITORY / "workspace.yaml"])
IAM = sorted((DEPLOY / "iam").glob("aws-*.json"))
STYLE = "{extends: default, rules: {line-length: {max: 120}, document-start: disable}}"
COMPOSE = YAML(typ="safe").load(DEPLOY / "compose.yaml")
VALUES = YAML(typ="safe").load(DEPLOY / "helm-values.yaml")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
MOUNTED = ("sources", "releases", "reviews", "heldout")


def tool(name, *arguments):
    """Runs a tool of this environment; what it said if it is not content."""
    beside = Path(sys.executable).parent / name
    command = str(beside) if beside.exists() else shutil.which(name)
    done = subprocess.run([command, *map(str, arguments)], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr) if done.returncode else ""


def test_hadolint_has_nothing_to_say_of_the_dockerfile():
    assert tool("hadolint", DEPLOY / "Dockerfile") == ""


def test_the_compose_file_is_valid_by_the_schema_of_compose():
    assert tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml") == ""


def test_every_yaml_file_is_clean():
    assert tool("yamllint", "-s", "-d", STYLE, *YAMLS) == ""


def test_the_image_is_locked_and_not_root():
    installs = re.findall(r"pip install (.*)", DOCKERFILE)
    assert len(installs) == 5
    assert all("-c constraints.txt" in line or "-r models.txt" in line for line in installs)
    pinned = re.search(r"^torch==(\S+)$", (REPOSITORY / "constraints.txt").read_text(), re.MULTILINE)
    assert set(re.findall(r"torch==(\S+)", DOCKERFILE)) == {pinned[1]}
    user = re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE)
    assert user == ["10001:10001"]
    assert {"AS cpu", "AS gpu"} <= set(re.findall(r"AS (?:cpu|gpu)$", DOCKERFILE, re.MULTILINE))


def test_the_image_is_made_of_what_its_ignore_file_lets_in():
    let_in = {
        line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"
    }
    copied = {
        path
        for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE, re.MULTILINE)
        for path in line.split()
    }
    assert copied == let_in
    assert all((REPOSITORY / path).exists() for path in copied)


@pytest.mark.parametrize("name", ["code", "daemon", "webserver", "viewer", "metrics"])
def test_a_service_can_do_no_more_than_it_has_to(name):
    service = COMPOSE["services"][name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_port_is_published_on_loopback():
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", ())]
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_password_stands_in_the_files():
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            assert value is None or value.startswith("${") or not re.search("PASSWORD|SECRET|KEY", name), name


def test_every_setting_reaches_the_services_but_for_the_places_of_the_image():
    environment = COMPOSE["services"]["code"]["environment"]
    settings = {variable(name) for name in Settings.model_fields}
    in_the_image = {variable(f"{name}_dir") for name in (*MOUNTED, "cache")}
    others = {name for name in environment if name not in settings and not name.startswith("DAGSTER_PG_")}
    assert settings - set(environment) == in_the_image
    theirs = ("AWS_", "GOOGLE_", "HF_", "RAY_AUTH_")
    assert all(name.startswith(theirs) and environment[name] is None for name in others)
    mounted = {volume.split(":")[1] for volume in COMPOSE["services"]["code"]["volumes"]}
    assert mounted >= {f"/project/{Settings.model_fields[f'{name}_dir'].default}" for name in MOUNTED}


def test_the_services_set_what_their_instance_reads():
    instance = (DEPLOY / "dagster.postgres.yaml").read_text()
    environment = COMPOSE["services"]["code"]["environment"]
    assert {name for name in environment if name.startswith("DAGSTER_PG_")} == set(
        re.findall(r"env: (DAGSTER_PG_\w+)", instance)
    )


@pytest.mark.parametrize("path", [DEPLOY / "dagster.postgres.yaml", REPOSITORY / "dagster.yaml"])
def test_dagster_takes_the_instance(path, monkeypatch):
    for name, value in {"HOST": "h", "PORT": "5432", "DB": "d", "USERNAME": "u", "PASSWORD": "p"}.items():
        monkeypatch.setenv(f"DAGSTER_PG_{name}", value)
    config = YAML(typ="safe").load(path)
    checked = process_config(resolve_to_config_type(dagster_instance_config_schema()), config)
    assert checked.success, checked.errors
    assert config["run_launcher"]["class"] == "WatchedRunLauncher"
    assert config["run_monitoring"]["enabled"]
    assert not config["run_retries"]["retry_on_asset_or_op_failure"]


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda letter: f"_{letter[1].lower()}", name)


def test_dagster_k8s_takes_what_the_chart_would_give_its_launcher():
    values = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
    run = {snake(name): value for name, value in values["runK8sConfig"].items()}
    config = {
        "image_pull_policy": values["imagePullPolicy"],
        "env_config_maps": [entry["name"] for entry in values["envConfigMaps"]],
        "volumes": values["volumes"],
        "volume_mounts": values["volumeMounts"],
        "service_account_name": VALUES["global"]["serviceAccountName"],
        "instance_config_map": "dagster-instance",
        "postgres_password_secret": VALUES["global"]["postgresqlSecretName"],
        "dagster_home": "/opt/dagster/dagster_home",
        "run_k8s_config": run,
    }
    checked = process_config(resolve_to_config_type(K8sRunLauncher.config_type()), config)
    assert checked.success, checked.errors
    UserDefinedDagsterK8sConfig.from_dict(run)


def test_pods_see_the_folders_that_a_project_has():
    for mounts in (
        VALUES["dagster-user-deployments"]["deployments"][0]["volumeMounts"],
        VALUES["runLauncher"]["config"]["k8sRunLauncher"]["volumeMounts"],
    ):
        assert {mount["mountPath"] for mount in mounts} >= {f"/project/{name}" for name in MOUNTED}


def test_no_pod_runs_as_root():
    deployment = VALUES["dagster-user-deployments"]["deployments"][0]
    launched = VALUES["runLauncher"]["config"]["k8sRunLauncher"]["runK8sConfig"]
    pods = [deployment["podSecurityContext"], launched["podSpecConfig"]["securityContext"]]
    pods += [VALUES[name]["podSecurityContext"] for name in ("dagsterWebserver", "dagsterDaemon")]
    assert all(pod["runAsNonRoot"] and pod["runAsUser"] == 10001 for pod in pods)


def snakes(values):
    """The chart's values as its templates write them into an instance; what `value` holds stays as it is."""
    if not isinstance(values, dict):
        return [snakes(value) for value in values] if isinstance(values, list) else values
    return {snake(name): value if name == "value" else snakes(value) for name, value in values.items()}


def test_the_queue_and_the_pools_of_the_chart_are_those_of_the_instance():
    coordinator = VALUES["dagsterDaemon"]["runCoordinator"]
    assert (
        coordinator["type"] == "CustomRunCoordinator"
    )  # the other takes few settings, and no pools beside it
    queue = coordinator["config"]["customRunCoordinator"]
    assert VALUES["concurrency"]["enabled"]
    concurrency = snakes({name: VALUES["concurrency"][name] for name in ("pools", "runs")})
    retries = snakes(VALUES["dagsterDaemon"]["runRetries"])
    written = {"concurrency": concurrency, "run_coordinator": queue, "run_retries": retries}
    checked = process_config(resolve_to_config_type(dagster_instance_config_schema()), written)
    assert checked.success, checked.errors
    validate_concurrency_config(written)
    instance = YAML(typ="safe").load(DEPLOY / "dagster.postgres.yaml")
    del concurrency["runs"]["max_concurrent_runs"], instance["concurrency"]["runs"]["max_concurrent_runs"]
    assert written == {name: instance[name] for name in written}


@pytest.mark.parametrize("path", IAM, ids=lambda path: path.stem)
def test_a_policy_is_one(path):
    policy = json.loads(path.read_text())
    assert policy["Version"] == "2012-10-17"
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        assert "*" not in json.dumps(statement["Action"])
        assert statement.get("Resource") != "*"


def actions(name):
    statements = json.loads((DEPLOY / f"iam/{name}.json").read_text())["Statement"]
    listed = [s["Action"] if isinstance(s["Action"], list) else [s["Action"]] for s in statements]
    return {action for some in listed for action in some}


def test_the_platform_may_do_what_its_code_asks_for_and_nothing_else():
    assert actions("aws-platform") == set(s3.PERMISSIONS.values())
    role = YAML(typ="safe").load(DEPLOY / "iam/gcp-platform-role.yaml")
    assert set(role["includedPermissions"]) == set(gcs.PERMISSIONS.values())


def test_the_policy_is_that_of_the_page_about_storage():
    page = (REPOSITORY / "docs/storage.md").read_text()
    (policy,) = (
        json.loads(b) for b in re.findall(r"^```json\n(.*?)^```", page, re.M | re.S) if "Statement" in b
    )
    ours = json.loads((DEPLOY / "iam/aws-platform.json").read_text())
    for statement in [*policy["Statement"], *ours["Statement"]]:
        del statement["Sid"]
    assert ours == policy


def test_who_supplies_or_reads_cannot_change_a_release():
    assert actions("aws-supplier") == {"s3:PutObject", "s3:AbortMultipartUpload"}
    assert actions("aws-reader") == {"s3:ListBucket", "s3:GetObject"}
    (delivery,) = json.loads((DEPLOY / "iam/aws-supplier.json").read_text())["Statement"]
    assert delivery["Resource"].endswith("/raw/*")
