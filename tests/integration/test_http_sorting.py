"""Sorted browsing and histograms over a live service."""

from __future__ import annotations

from typing import Any

import pytest

from app.client import Client
from app.http.search_models import SearchAnswer
from tests.integration.conftest import MEMBERS, Live


def prices(answer: dict[str, Any]) -> list[float]:
    return [hit["payload"]["price"] for hit in answer["hits"]]


@pytest.mark.parametrize(("sort", "turned"), [("price", False), ("-price", True)])
def test_a_browse_is_sorted_over_its_pages(live: Live, sort: str, turned: bool) -> None:
    found: list[float] = []
    cursor, total = None, 0
    while len(found) == 0 or cursor:
        answer = live.search("colours", sort=sort, limit=7, cursor=cursor)
        found += prices(answer)
        cursor, total = answer["cursor"], answer["total"]
    assert len(found) == total
    assert found == sorted(found, reverse=turned)


def test_a_cursor_of_another_order_is_refused(live: Live) -> None:
    cursor = live.search("colours", sort="price", limit=2)["cursor"]
    body = {"sort": "-price", "limit": 2, "cursor": cursor}
    assert live.ask("POST", "/colours/search", body).status_code == 422


def test_a_histogram_counts_what_passes_and_may_be_seen(live: Live) -> None:
    answer = live.search(
        "colours", filter={"shade": ["black", "white"]}, histograms={"price": [0, 1, 2]}
    )
    SearchAnswer.model_validate(answer)
    assert answer["histograms"]["price"] == [
        {"from": 0, "to": 1, "count": MEMBERS},
        {"from": 1, "to": 2, "count": MEMBERS},
    ]
    short = live.ask("GET", "/colours/search", params={"histograms": "price,stock"}).json()
    assert sum(each["count"] for each in short["histograms"]["price"]) == short["total"]
    with Client(str(live.client.base_url)) as client:
        page = client.search("colours", "red", histograms={"price": 4}, aspects={"joint": 1.0})
        assert sum(each.count for each in page.histograms["price"]) == page.total


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sort": "colour"}, "sort"),
        ({"sort": "shade"}, "sort"),
        ({"sort": ""}, "sort"),
        ({"sort": "price", "query": [{"text": "red"}]}, "sort"),
        ({"histograms": {"shade": 3}}, "histograms"),
        ({"histograms": {"price": 0}}, "histograms"),
        ({"histograms": {"price": [3, 2]}}, "histograms"),
        ({"histograms": dict.fromkeys("abcdef", 2)}, "histograms"),
    ],
)
def test_what_can_not_be_sorted_or_counted_is_told(
    live: Live, body: dict[str, Any], field: str
) -> None:
    answer = live.ask("POST", "/colours/search", body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
