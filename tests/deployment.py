"""What the files of the deployment say: read as the tools read them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import compose_spec
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
COMPOSE = ROOT / "docker-compose.yml"
_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?P<operator>:?[-?])?(?P<rest>[^}]*)\}")


def env_file(path: Path) -> dict[str, str]:
    """The variables of a file for `docker compose --env-file`."""
    lines = (line.strip() for line in path.read_text().splitlines())
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return dict(pairs)


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """`text` with ${NAME:-default} replaced, as Compose does it. Raises KeyError for ${NAME}."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        given = variables.get(found["name"], "")
        if given:
            return given
        if found["operator"] != ":-":
            raise KeyError(found["name"])
        return found["rest"]

    return _VARIABLE.sub(value, text)


def compose(**variables: str) -> dict[str, Any]:
    """The compose file: parsed, merged, checked against the Compose Specification."""
    merged = yaml.safe_load(interpolated(COMPOSE.read_text(), variables))
    parsed = compose_spec.PyCompose.from_yaml(yaml.safe_dump(merged))
    parsed.validate()
    found: dict[str, Any] = merged
    return found


@cache
def services(**variables: str) -> dict[str, dict[str, Any]]:
    """The services of the compose file, by name."""
    found: dict[str, dict[str, Any]] = compose(**variables)["services"]
    return found


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    """A service's variables, as text."""
    given = service.get("environment") or {}
    pairs = given.items() if isinstance(given, dict) else (one.split("=", 1) for one in given)
    return {name: "" if value is None else str(value) for name, value in pairs}


@cache
def manifests() -> tuple[tuple[Path, dict[str, Any]], ...]:
    """Every Kubernetes resource, with its file; kustomizations and values left out."""
    return tuple(
        (path, document)
        for path in sorted(KUBERNETES.glob("*/*.yaml"))
        if path.name != "kustomization.yaml"
        for document in yaml.safe_load_all(path.read_text())
    )


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod specs of all workloads, with the workload's name."""
    for _, resource in manifests():
        spec = resource.get("spec") or {}
        if resource["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec:
            yield resource["metadata"]["name"], spec["template"]["spec"]
