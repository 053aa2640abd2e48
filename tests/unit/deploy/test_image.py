"""The Dockerfile and what goes into its images."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from app.settings import Settings
from tests.deployment import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def stages() -> dict[str, str]:
    """The text of each stage, by name, in order."""
    parts = re.split(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, flags=re.MULTILINE)[1:]
    return dict(zip(parts[1::3], parts[2::3], strict=True))


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_default_image_is_the_service() -> None:
    assert list(stages())[-1] == "serve"
    assert {"serve", "train"} <= set(stages())


def test_the_base_image_is_pinned() -> None:
    assert re.search(r"^ARG PYTHON=\d+\.\d+\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)


@pytest.mark.parametrize("name", ["serve", "train"])
def test_images_run_without_root(name: str) -> None:
    assert "USER 10001:10001" in stages()[name]


def test_the_service_image_holds_no_torch_and_no_compiler() -> None:
    found = stages()
    assert "COPY --from=program" in found["serve"]
    assert "train" not in found["dependencies"] + found["program"]
    assert "apt-get" not in DOCKERFILE


def test_the_service_image_says_whether_it_is_healthy() -> None:
    assert "HEALTHCHECK" in stages()["serve"]
    assert "/readyz" in stages()["serve"]


def test_the_image_sets_settings_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.findall(r"(BINOCLE_\w+)=(\S+)", DOCKERFILE)
    assert {name for name, _ in found} == {
        "BINOCLE_DATA",
        "BINOCLE_HTTP__HOST",
        "BINOCLE_HTTP__PORT",
    }
    for name, value in found:
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert settings.http.host == "0.0.0.0"
    assert f"EXPOSE {settings.http.port}" in DOCKERFILE


def test_every_package_goes_to_the_builder_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {
        name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]
    }
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert lines[1] == "*"
    assert allowed == packages | {"pyproject.toml", "README.md", "LICENSE"}
