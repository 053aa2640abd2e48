"""The compose file, as Compose would read it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.settings import Settings
from tests.deployment import COMPOSE, DEPLOY, compose, env_file, environment, services

CLUSTER = env_file(DEPLOY / "cluster.env")
ENCODER = env_file(DEPLOY / "encoder.env")
NAMES = tuple(services())
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+(-[\w.]+)?")


@pytest.mark.parametrize("name", NAMES)
class TestEveryService:
    def test_has_limits(self, name: str) -> None:
        limits = services()[name]["deploy"]["resources"]["limits"]
        assert {"cpus", "memory", "pids"} <= set(limits)

    def test_is_confined(self, name: str) -> None:
        service = services()[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not service.get("privileged")

    def test_runs_as_nobody_special(self, name: str) -> None:
        user = services()[name]["user"]
        assert re.fullmatch(r"[1-9]\d*:\d+", user), user

    def test_has_a_pinned_image(self, name: str) -> None:
        assert PINNED.fullmatch(services()[name]["image"]), services()[name]["image"]

    def test_has_a_health_check(self, name: str) -> None:
        service = services()[name]
        assert "healthcheck" in service or service["build"]["target"] == "serve"  # the image's own

    def test_publishes_ports_on_this_machine_only(self, name: str) -> None:
        for port in services()[name].get("ports", ()):
            assert str(port).startswith("127.0.0.1:")

    def test_is_started_again_and_its_logs_end(self, name: str) -> None:
        service = services()[name]
        assert service["restart"] == "unless-stopped"
        assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("variables", [{}, CLUSTER, ENCODER, {"BINOCLE_REQUIRE_KEY": "true"}])
@pytest.mark.parametrize("name", ["binocle", "encoder"])
def test_the_settings_are_settings(
    name: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in environment(services(**variables)[name]).items():
        assert variable.startswith("BINOCLE_")
        monkeypatch.setenv(variable, value)
    settings = Settings.load()
    if name == "binocle":
        assert settings.store.startswith("http://qdrant")


def test_volumes_and_networks_exist() -> None:
    document = compose()
    for service in document["services"].values():
        for volume in service.get("volumes", ()):
            source = str(volume).split(":")[0]
            if source.startswith("."):
                assert (COMPOSE.parent / source).is_dir()
            else:
                assert source in document["volumes"]
        assert set(service["networks"]) <= set(document["networks"])


def test_without_a_profile_it_is_the_service_and_one_qdrant() -> None:
    assert [name for name, one in services().items() if not one.get("profiles")] == [
        "binocle",
        "qdrant",
    ]


def test_qdrant_is_published_to_nobody() -> None:
    document = compose()
    assert document["networks"]["store"]["internal"] is True
    for name, service in document["services"].items():
        if name.startswith("qdrant"):
            assert "ports" not in service
            assert list(service["networks"]) == ["store"]


def qdrants(**variables: str) -> dict[str, dict[str, Any]]:
    found = services(**variables)
    return {name: one for name, one in found.items() if name.startswith("qdrant")}


def test_the_cluster_is_three_nodes_that_find_each_other() -> None:
    nodes = qdrants(**CLUSTER)
    assert len(nodes) == 3
    for name, node in nodes.items():
        given = environment(node)
        assert given["QDRANT__CLUSTER__ENABLED"] == "true"
        assert given["QDRANT_URI"] == f"http://{name}:6335"
        assert ("QDRANT_BOOTSTRAP" in given) == (name != "qdrant")
        assert node["volumes"] == [f"{name}:/qdrant/storage"]
        assert node["networks"]["store"]["aliases"] == ["qdrant-any"]
    assert CLUSTER["COMPOSE_PROFILES"] == "cluster"


def test_in_the_cluster_one_node_may_be_lost() -> None:
    given = environment(services(**CLUSTER)["binocle"])
    assert given["BINOCLE_STORE"] == "http://qdrant-any:6333"
    assert given["BINOCLE_SERVER__REPLICATION_FACTOR"] == "2"
    assert given["BINOCLE_SERVER__WRITE_CONSISTENCY_FACTOR"] == "2"


def test_the_encoder_profile_asks_the_encoder_service() -> None:
    found = services(**ENCODER)
    assert environment(found["binocle"])["BINOCLE_ENCODER"] == "http://encoder:8000"
    assert found["encoder"]["command"] == ["serve", "--role", "encoder"]
    assert "8000" in found["encoder"]["expose"]
    assert ENCODER["COMPOSE_PROFILES"] == "encoder"


def test_the_server_is_one_that_the_client_works_with() -> None:
    """The client warns beyond one minor version."""
    from importlib.metadata import version

    from qdrant_client.common.version_check import is_compatible

    image = services()["qdrant"]["image"]
    server = image.split(":v")[1].removesuffix("-unprivileged")
    assert is_compatible(version("qdrant-client"), server)


def test_no_secret_has_a_default() -> None:
    for match in re.finditer(r"(\w*(?:KEY|PASSWORD|SECRET|TOKEN)\w*): *(.*)", COMPOSE.read_text()):
        name, value = match.groups()
        if name == "BINOCLE_REQUIRE_KEY":
            continue
        assert value.startswith("#") or value.endswith(":-}"), match[0]
