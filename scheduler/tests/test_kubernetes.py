"""The manifests for Kubernetes run the containers as the compose file does."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from scheduler.env import BASE_DIR

MANIFESTS = BASE_DIR / "deploy" / "kubernetes"
COMPOSE: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]
POD_LABEL = "app.kubernetes.io/component"


def documents() -> Iterator[dict[str, Any]]:
    for path in sorted(MANIFESTS.rglob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text())


def pods() -> dict[str, dict[str, Any]]:
    """What runs, by its role."""
    return {
        one["spec"]["template"]["metadata"]["labels"][POD_LABEL]: one["spec"]["template"]["spec"]
        for one in documents()
        if one["kind"] in ("Deployment", "Job")
    }


def seconds(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([sm])", text).groups()  # type: ignore[union-attr]
    return int(number) * (60 if unit == "m" else 1)


@pytest.mark.parametrize("role", ["api", "worker", "migrate"])
def test_a_container_may_do_no_more_than_in_compose(role: str) -> None:
    pod, service = pods()[role], COMPOSE[role]
    [container] = pod["containers"]
    rights = container["securityContext"]
    assert rights["readOnlyRootFilesystem"] is service["read_only"] is True
    assert rights["capabilities"]["drop"] == service["cap_drop"] == ["ALL"]
    assert rights["allowPrivilegeEscalation"] is False
    user = re.search(r"^USER (\d+):(\d+)$", (BASE_DIR / "Dockerfile").read_text(), re.MULTILINE)
    assert user is not None
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == (
        int(user[1]),
        int(user[2]),
    )
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert "/tmp" in [one["mountPath"] for one in container["volumeMounts"]]
    assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("role", ["api", "worker"])
def test_it_is_asked_the_same_and_has_as_long_to_end(role: str) -> None:
    pod, service = pods()[role], COMPOSE[role]
    [container] = pod["containers"]
    port = container["ports"][0]["containerPort"]
    path = container["livenessProbe"]["httpGet"]["path"]
    assert f":{port}{path}" in " ".join(service["healthcheck"]["test"])
    assert pod["terminationGracePeriodSeconds"] >= seconds(service["stop_grace_period"])


def test_commands_are_those_of_compose() -> None:
    for role in ("worker", "migrate"):
        [container] = pods()[role]["containers"]
        words = [one for one in container["command"] if one not in ("--health-host", "0.0.0.0")]
        assert words == COMPOSE[role]["command"]
    assert "command" not in pods()["api"]["containers"][0]


def test_variables_are_known() -> None:
    known = set(COMPOSE["api"]["environment"])
    config = next(one for one in documents() if one["kind"] == "ConfigMap")
    assert set(config["data"]) <= known
    group = (MANIFESTS / "queue-group" / "kustomization.yaml").read_text()
    assert set(re.findall(r"name: ([A-Z_]+)", group)) <= known


def test_every_file_is_used() -> None:
    for path in MANIFESTS.rglob("*.yaml"):
        if path.name == "kustomization.yaml":
            continue
        listed = yaml.safe_load((path.parent / "kustomization.yaml").read_text())["resources"]
        assert path.name in listed


def test_no_network_policy_is_about_pods_of_others() -> None:
    policies = [one for one in documents() if one["kind"] == "NetworkPolicy"]
    assert policies
    for one in policies:
        assert one["spec"]["podSelector"].get("matchLabels"), one["metadata"]["name"]


def test_no_port_of_the_network_policies_is_unknown() -> None:
    names = {
        port["name"] for pod in pods().values() for one in pod["containers"]
        for port in one.get("ports", [])
    }  # fmt: skip
    used = {
        port["port"]
        for one in documents()
        if one["kind"] == "NetworkPolicy"
        for rule in one["spec"].get("ingress", [])
        for port in rule["ports"]
    }
    assert used == names
