"""The series, counted as things come, against the figures of the same visits."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from prometheus_client import CollectorRegistry

from app.interactions import online_meters
from app.interactions.online_meters import OnlineMeters
from core.interactions import Visit
from eval.online.document import measure
from tests.unit.eval.online.test_online_figures import visits_
from tests.visits import IDS, visit


def counted(visits: list[Visit]) -> CollectorRegistry:
    registry = CollectorRegistry()
    names = {IDS.tag("shop"): "shop"}
    meters = OnlineMeters(registry, names.get)
    for one in visits:
        meters.searched(one.asked)
        of = IDS.read(one.asked.query_id)
        assert of is not None
        for event in one.events:
            meters.happened(event, of)
    return registry


def total(registry: CollectorRegistry, name: str, **labels: str) -> float:
    return sum(
        sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == name and all(sample.labels[k] == v for k, v in labels.items())
    )


@given(visits_)
def test_the_series_say_what_the_figures_say(made: list[Visit]) -> None:
    registry = counted(made)
    document = measure(made, ("kind", "variant"))
    for group in (document.whole, *document.groups["kind"]):
        kind = {} if group is document.whole else {"kind": group.value}
        searches = total(registry, "binocle_searches_total", **kind)
        assert searches == group.searches
        for series, figure in (
            ("binocle_searches_clicked_total", "click_rate"),
            ("binocle_searches_without_results_total", "no_result"),
            ("binocle_searches_converted_total", "conversion_rate"),
        ):
            value = group.figures[figure].value or 0.0
            assert total(registry, series, **kind) == pytest.approx(value * searches)
    for group in document.groups["variant"]:
        experiment, variant = re.split(": ", group.value)
        labels = {"experiment": experiment, "variant": variant}
        name = "binocle_variant_searches_total"
        assert total(registry, name, outcome="all", **labels) == group.searches
        clicked = (group.figures["click_rate"].value or 0.0) * group.searches
        assert total(registry, name, outcome="clicked", **labels) == pytest.approx(clicked)
    positions = [e.position for v in made for e in v.clicks if e.position is not None]
    assert total(registry, "binocle_click_position_sum") == sum(positions)


def test_events_of_a_search_that_is_not_remembered_count_for_its_collection() -> None:
    registry = CollectorRegistry()
    meters = OnlineMeters(registry, {IDS.tag("shop"): "shop"}.get)
    for name in ("shop", "gone"):
        one = visit(0, ("i", "click", 4.0, 2), collection=name)
        of = IDS.read(one.asked.query_id)
        assert of is not None
        meters.happened(one.events[0], of)
    clicks = "binocle_clicks_total"
    assert total(registry, clicks, collection="shop", kind="text") == 1
    assert total(registry, clicks, collection="unknown") == 1
    assert total(registry, "binocle_click_reciprocal_ranks_total") == 1.0


def test_series_stay_few_and_memory_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(online_meters, "_NAMES", 2)
    monkeypatch.setattr(online_meters, "_REMEMBERED", 3)
    made = [
        visit(at, ("i", f"buy{at}", 1.0), ("i", "click", 2.0, 1), variants={"x": "a"})
        for at in range(6)
    ]
    registry = counted(made)
    assert total(registry, "binocle_conversions_total", action="other") == 4
    assert total(registry, "binocle_searches_clicked_total") == 6
