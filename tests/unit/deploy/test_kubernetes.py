"""The Kubernetes manifests: valid, and with what matters in them."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml

from app.settings import Settings
from tests.deployment import KUBERNETES, manifests, pods

RESOURCES = [
    pytest.param(resource, id=f"{path.parent.name}/{path.name}") for path, resource in manifests()
]
PODS = [pytest.param(pod, id=name) for name, pod in pods()]
SECRET = {
    "BINOCLE_DATABASE": "postgresql://u:p@postgres/binocle",
    "BINOCLE_SERVER__API_KEY": "key",
}


@pytest.mark.parametrize("version", ["1.31", "1.34"])
@pytest.mark.parametrize("resource", RESOURCES)
def test_every_resource_is_valid(resource: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(resource, version, strict=True)


def named(kind: str, name: str) -> dict[str, Any]:
    (found,) = (
        resource
        for _, resource in manifests()
        if (resource["kind"], resource["metadata"]["name"]) == (kind, name)
        and not resource.get("data", {}).get("BINOCLE_ENCODER", "").startswith("http")
    )
    return found


@pytest.mark.parametrize("pod", PODS)
def test_pods_meet_the_restricted_standard(pod: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] >= 10_000
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@pytest.mark.parametrize("pod", PODS)
def test_containers_have_requests_and_limits(pod: dict[str, Any]) -> None:
    for container in pod["containers"]:
        assert {"cpu", "memory"} <= set(container["resources"]["requests"])
        assert {"cpu", "memory"} <= set(container["resources"]["limits"])


@pytest.mark.parametrize("pod", PODS)
def test_kubernetes_sets_no_variable_that_would_be_refused(pod: dict[str, Any]) -> None:
    """For a service `binocle` it would set BINOCLE_PORT, BINOCLE_SERVICE_HOST, ..."""
    assert pod["enableServiceLinks"] is False


@pytest.mark.parametrize("pod", PODS)
def test_the_settings_are_settings(pod: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for container in pod["containers"]:
        variables = {one["name"]: one["value"] for one in container.get("env", ())}
        if "envFrom" in container:
            variables |= named("ConfigMap", "binocle")["data"] | SECRET
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        Settings.load()


@pytest.mark.parametrize("name", ["binocle", "encoder"])
def test_services_have_probes_that_exist(name: str) -> None:
    (container,) = named("Deployment", name)["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["startupProbe"]["httpGet"]["path"] == "/readyz"
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["ports"] == [{"name": "http", "containerPort": Settings().http.port}]


@pytest.mark.parametrize("name", ["binocle", "encoder"])
def test_everything_points_at_the_same_pods(name: str) -> None:
    template = named("Deployment", name)["spec"]["template"]
    labels = template["metadata"]["labels"]
    for selector in (
        named("Deployment", name)["spec"]["selector"]["matchLabels"],
        named("Service", name)["spec"]["selector"],
        named("PodDisruptionBudget", name)["spec"]["selector"]["matchLabels"],
        named("NetworkPolicy", "binocle")["spec"]["podSelector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
    target = named("HorizontalPodAutoscaler", name)["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", name)
    assert "replicas" not in named("Deployment", name)["spec"]  # the autoscaler says how many
    assert named("HorizontalPodAutoscaler", name)["spec"]["minReplicas"] >= 2


def test_there_is_time_to_end_in_order() -> None:
    pod = named("Deployment", "binocle")["spec"]["template"]["spec"]
    seconds = float(named("ConfigMap", "binocle")["data"]["BINOCLE_HTTP__SHUTDOWN_SECONDS"])
    pause = float(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > pause + seconds


def test_the_load_is_not_run_twice_at_once_nor_again_for_rejects() -> None:
    spec = named("CronJob", "binocle-ingest")["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    rules = spec["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    assert rules[0]["onExitCodes"]["values"] == [2, 3]
    assert rules[0]["action"] == "FailJob"


def test_the_loads_command_is_one() -> None:
    """As the command line takes it, but for the source, which is not there."""
    from typer.testing import CliRunner

    from app.cli.main import binocle

    (container,) = named("CronJob", "binocle-ingest")["spec"]["jobTemplate"]["spec"]["template"][
        "spec"
    ]["containers"]
    result = CliRunner().invoke(binocle, [*container["args"], "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


@pytest.mark.parametrize("folder", ["base", "encoder"])
def test_kustomizations_name_every_file_once(folder: str) -> None:
    document = yaml.safe_load((KUBERNETES / folder / "kustomization.yaml").read_text())
    listed = [name for name in document["resources"] if not name.startswith("..")]
    listed += [patch["path"] for patch in document.get("patches", ())]
    present = {path.name for path in (KUBERNETES / folder).glob("*.yaml")}
    assert sorted(listed) == sorted(present - {"kustomization.yaml"})
    (image,) = document["images"]
    assert image["newTag"] != "latest"


def test_qdrant_is_of_one_version_everywhere() -> None:
    from tests.deployment import services

    values = yaml.safe_load((KUBERNETES / "qdrant-values.yaml").read_text())
    assert f"qdrant/qdrant:{values['image']['tag']}-unprivileged" == services()["qdrant"]["image"]
    assert values["replicaCount"] >= 3
    replicas = int(named("ConfigMap", "binocle")["data"]["BINOCLE_SERVER__REPLICATION_FACTOR"])
    assert 2 <= replicas <= values["replicaCount"]
