"""deploy/kubernetes: manifests that the schema of Kubernetes allows, of an image and addresses that there are."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.test_access import addresses
from tests.deploy.descriptions import (
    DEPLOY,
    IMAGE,
    SETTINGS,
    assert_are_arguments_of_run,
    assert_are_settings,
    documents,
)
from tests.servers import ROOT

type Manifest = dict[str, Any]
OLDEST, NEWEST = "1.33", "1.37"
FILES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
MANIFESTS: list[Manifest] = [each for path in FILES for each in documents(path)]
NOT_FOR_THE_WORLD = {"health", "metrics"}


def of(kind: str, name: str = "latchkey") -> Manifest:
    return next(each for each in MANIFESTS if (each["kind"], each["metadata"]["name"]) == (kind, name))


def pod_of(manifest: Manifest) -> Manifest:
    spec = manifest["spec"]
    template: Manifest = spec.get("jobTemplate", {}).get("spec", spec)["template"]
    return template


PODS = {
    each["metadata"]["name"]: pod_of(each)
    for each in MANIFESTS
    if each["kind"] in ("Deployment", "Job", "CronJob")
}
OURS = {name: pod for name, pod in PODS.items() if name.startswith("latchkey")}


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_schema_allows_every_line(path: Path, version: str) -> None:
    kubernetes_validate = import_module(
        "kubernetes_validate"
    )  # here: it takes seconds, in every process of the tests
    for manifest in documents(path):
        assert kubernetes_validate.validate(manifest, version, strict=True) == version
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate({**manifest, "spce": {}}, version, strict=True)


def test_there_is_all_that_the_product_consists_of() -> None:
    assert set(OURS) == {"latchkey", "latchkey-migrate", "latchkey-webhooks", "latchkey-purge"}
    spaces = {each["metadata"].get("namespace") for each in MANIFESTS if each["kind"] != "Namespace"}
    assert spaces == {of("Namespace")["metadata"]["name"]}


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_has_no_more_rights_than_it_needs(name: str) -> None:
    spec = PODS[name]["spec"]
    assert (spec["automountServiceAccountToken"], spec["securityContext"]["runAsNonRoot"]) == (False, True)
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_pod_of_latchkey_runs_the_image_as_it_is_made(name: str) -> None:
    spec = OURS[name]["spec"]
    (container,) = spec["containers"]
    assert container["image"] == "latchkey"
    assert_are_arguments_of_run(container.get("args", []))
    assert {"name": "var", "mountPath": IMAGE.last("VOLUME")} in container["volumeMounts"]
    assert spec["securityContext"]["fsGroup"] == int(IMAGE.last("USER").split(":")[1])
    assert container["envFrom"] == [
        {"configMapRef": {"name": "latchkey"}},
        {"secretRef": {"name": "latchkey"}},
    ]


def test_the_settings_are_those_that_there_are() -> None:
    assert_are_settings(of("ConfigMap")["data"])
    page = (ROOT / "docs" / "kubernetes.md").read_text()
    secret = {name for name in SETTINGS if f"--from-literal={name}=" in page}
    assert {"DATABASE_URL", "SECRET_KEY", "ENCRYPTION_KEYS"} <= secret
    assert not secret & set(of("ConfigMap")["data"])


def test_a_server_is_ended_for_its_own_faults_and_not_for_those_of_the_database() -> None:
    (server,) = OURS["latchkey"]["spec"]["containers"]
    asked = {kind: server[kind]["httpGet"]["path"] for kind in server if kind.endswith("Probe")}
    assert asked == {
        "startupProbe": "/health/live",
        "livenessProbe": "/health/live",
        "readinessProbe": "/health/ready",
    }
    assert server["ports"][0]["containerPort"] == int(IMAGE.environment["PORT"])


def test_one_server_is_always_there() -> None:
    deployment = of("Deployment")["spec"]
    assert deployment["replicas"] >= 2
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    budget = of("PodDisruptionBudget")["spec"]
    assert budget["minAvailable"] == deployment["replicas"] - 1
    labels = OURS["latchkey"]["metadata"]["labels"]
    for selector in (deployment["selector"]["matchLabels"], budget["selector"]["matchLabels"]):
        assert selector == labels
    assert of("Service")["spec"]["selector"] == labels


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_finds_the_servers_and_nothing_else_of_latchkey(name: str) -> None:
    selector = of("Service")["spec"]["selector"].items()
    assert (selector <= OURS[name]["metadata"]["labels"].items()) is (name == "latchkey")


def test_the_world_reaches_every_address_but_health_and_metrics() -> None:
    (rule,) = of("Ingress")["spec"]["rules"]
    opened = {each["path"].strip("/") for each in rule["http"]["paths"]}
    there = {address.partition("/")[0] for address in addresses()} | {"static"}
    assert opened == there - NOT_FOR_THE_WORLD
    assert rule["host"] == of("ConfigMap")["data"]["ALLOWED_HOSTS"]
