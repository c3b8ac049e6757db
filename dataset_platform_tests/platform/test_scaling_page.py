"""docs/scaling.md: its YAML is YAML, and what it sets are settings that go together."""

import re
from pathlib import Path

import pytest
import yaml

from dataset_platform.settings import Engine, Settings, load_settings, variable

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/scaling.md").read_text()
DOCUMENTS = [
    document
    for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for document in yaml.safe_load_all(block)
]


def of_kind(kind: str) -> dict:
    (found,) = (document for document in DOCUMENTS if document.get("kind") == kind)
    return found


@pytest.fixture
def launcher():
    (found,) = (document["run_launcher"] for document in DOCUMENTS if "run_launcher" in document)
    return found["config"]


def containers(cluster: dict) -> list[dict]:
    groups = [cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]]
    return [container for group in groups for container in group["template"]["spec"]["containers"]]


def test_what_runs_and_workers_are_given_are_settings_that_go_together(launcher, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    given = of_kind("ConfigMap")["data"] | dict(line.split("=", 1) for line in launcher["env_vars"])
    assert set(given) <= {variable(name) for name in Settings.model_fields}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert load_settings().engine is Engine.RAY


def test_all_pods_have_one_image_and_one_configuration(launcher):
    cluster, name = of_kind("RayCluster"), of_kind("ConfigMap")["metadata"]["name"]
    assert {container["image"] for container in containers(cluster)} == {launcher["job_image"]}
    assert launcher["env_config_maps"] == [name]
    (token,) = launcher["env_secrets"]
    assert f"kubectl create secret generic {token} --from-literal=RAY_AUTH_MODE=token" in PAGE
    for container in containers(cluster):
        assert container["envFrom"] == [{"configMapRef": {"name": name}}, {"secretRef": {"name": token}}]


def test_runs_reach_the_clusters_service_through_the_policy(launcher):
    cluster = of_kind("RayCluster")["metadata"]["name"]
    assert f"RAY_ADDRESS=ray://{cluster}-head-svc:10001" in launcher["env_vars"]
    policy = of_kind("NetworkPolicy")["spec"]
    assert policy["podSelector"]["matchLabels"] == {"ray.io/cluster": cluster}
    labels = launcher["run_k8s_config"]["pod_template_spec_metadata"]["labels"]
    assert {"podSelector": {"matchLabels": labels}} in policy["ingress"][0]["from"]


def test_the_clusters_ray_is_the_pinned_one():
    assert f"ray=={of_kind('RayCluster')['spec']['rayVersion']}\n" in (ROOT / "constraints.txt").read_text()
