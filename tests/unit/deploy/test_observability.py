"""Dashboards and alerts name metrics that the service really has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from app.drift.health import Health, families
from app.interactions.meters import RecordMeters
from app.telemetry import Telemetry
from tests.deployment import DEPLOY, services

ALERTS = DEPLOY / "prometheus" / "alerts.yml"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "binocle.json"
_METRIC = re.compile(r"\b(?:binocle|process)_[a-z_]+\b")
_ENDINGS = {
    "histogram": ("_bucket", "_count", "_sum"),
    "counter": ("_total",),
    "gauge": ("",),
}


def exported() -> dict[str, set[str]]:
    """The names of all series of /metrics, with their labels (`le` among them)."""
    found: dict[str, set[str]] = {}
    telemetry = Telemetry()
    meters = RecordMeters(telemetry.registry)
    for metric in (*vars(telemetry).values(), *vars(meters).values()):
        if hasattr(metric, "_labelnames"):
            (family,) = metric.describe() if hasattr(metric, "describe") else metric.collect()
            for ending in _ENDINGS[family.type]:
                bucket = {"le"} if ending == "_bucket" else set()
                found[family.name + ending] = set(metric._labelnames) | bucket
    shop = Health(items=1, newest=0.0, without=0.0, drifted={"queries": False}, checked=0.0)
    for family in (*telemetry.registry.collect(), *families({"shop": shop})):
        for sample in family.samples:
            found.setdefault(sample.name, set(sample.labels))
    return found


def expressions() -> Iterator[str]:
    """Every query of the dashboard and of the alerts."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]
    for rule in rules():
        yield rule["expr"]


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_metric_that_is_asked_for_is_exported() -> None:
    known = exported()
    asked = {name for expression in expressions() for name in _METRIC.findall(expression)}
    assert len(asked) > 10
    assert asked <= set(known), asked - set(known)


def test_every_label_that_is_asked_for_is_there() -> None:
    known = exported()
    added = {"job", "instance"}  # by Prometheus
    for expression in expressions():
        labels = {"le"} if "histogram_quantile" in expression else set()
        for group in re.findall(r"by \(([^)]*)\)", expression):
            labels |= {label.strip() for label in group.split(",")}
        for group in re.findall(r"(?<![\"\w])\{(.*?)\}(?=[\[\s)]|$)", expression):
            labels |= set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\"", group))
        for name in _METRIC.findall(expression):
            allowed = known[name] | added
            assert labels <= allowed, (expression, labels - allowed)


def test_panels_have_titles_and_a_place_of_their_own() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert all(panel["title"] for panel in panels)
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells


def test_the_dashboard_asks_the_source_that_is_provisioned() -> None:
    provisioned = yaml.safe_load(
        (DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yml").read_text()
    )
    (source,) = provisioned["datasources"]
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == source["uid"]
    assert source["url"] == "http://prometheus:9090"
    assert "prometheus" in services()


def test_every_alert_says_what_and_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["for"]
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["action"]


def test_prometheus_watches_services_that_there_are() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    assert jobs["binocle"]["static_configs"][0]["targets"] == ["binocle:8000"]
    assert jobs["encoder"]["dns_sd_configs"][0]["names"] == ["encoder"]
    assert {"binocle", "encoder"} <= set(services())


@pytest.mark.parametrize(
    "arguments",
    [("check", "config", "prometheus.yml"), ("test", "rules", "alerts.test.yml")],
)
def test_promtool_agrees(arguments: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on PATH (Debian: apt-get install prometheus)")
    done = subprocess.run(
        [promtool, *arguments], cwd=DEPLOY / "prometheus", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
