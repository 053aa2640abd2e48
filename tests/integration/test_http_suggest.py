"""Suggestions, batches and the one box over a live service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.http.search_models import BatchAnswer, SearchAnswer, SuggestAnswer
from app.search.batch import search_batch
from app.search.present import Answer
from app.search.query import SearchRequest, TextPart
from encoders.encoder import Encoder, Vectors
from tests.integration.conftest import MEMBERS, Live, Serving, base64_picture


@pytest.fixture
def suggesting(live: Live) -> Live:
    """The service, its suggestions for 'colours' built."""
    live.service.suggestions.suggest("colours", "r")
    assert live.service.suggestions.wait_built("colours", 10)
    return live


def suggested(live: Live, q: str, **params: Any) -> dict[str, Any]:
    found = live.ask("GET", "/colours/suggest", params={"q": q, **params})
    assert found.status_code == 200, found.text
    SuggestAnswer.model_validate(found.json())
    return dict(found.json())


def texts(answer: dict[str, Any]) -> list[str]:
    return [each["text"] for each in answer["suggestions"]]


def test_an_unfinished_word_is_completed_by_values_tags_and_titles(suggesting: Live) -> None:
    found = suggested(suggesting, "gre")
    assert {"green", "green picture 0"} <= set(texts(found))
    assert {each["kind"] for each in found["suggestions"]} == {"value", "title"}
    assert found["ready"]


def test_a_misspelt_word_is_corrected(suggesting: Live) -> None:
    found = suggested(suggesting, "prple pict")
    assert texts(found)[0].startswith("purple picture")
    assert found["corrected"] == "purple pict"


def test_values_of_one_field_are_suggested_for_its_name(suggesting: Live) -> None:
    found = suggested(suggesting, "shade:bl")
    assert {each["field"] for each in found["suggestions"]} == {"shade"}
    assert set(texts(found)) == {"blue", "black"}
    assert suggested(suggesting, "red shade:pink,bla")["suggestions"][0]["box"] == (
        "red shade:pink,black"
    )


def test_a_field_of_which_no_value_is_typed_offers_its_most_frequent(suggesting: Live) -> None:
    found = suggested(suggesting, "a -shade:", limit=3)
    assert [each["count"] for each in found["suggestions"]] == [MEMBERS] * 3
    assert all(each["box"].startswith("a -shade:") for each in found["suggestions"])
    assert "secret" not in texts(suggested(suggesting, "shade:", limit=50))
    assert texts(suggested(suggesting, "price:")) == []


def test_names_of_fields_are_completed_too(suggesting: Live) -> None:
    last = suggested(suggesting, "red sha")["suggestions"][-1]
    assert (last["kind"], last["text"], last["box"]) == ("field", "shade:", "red shade:")


def test_private_items_are_never_suggested(suggesting: Live) -> None:
    assert texts(suggested(suggesting, "secret")) == []
    assert texts(suggested(suggesting, "red secr")) != ["red secret"]
    assert "secret" not in texts(suggested(suggesting, "shade:sec"))


def test_what_is_made_private_is_no_longer_suggested(start: Serving, tmp_path: Any) -> None:
    with start(tmp_path, store="memory") as running:
        running.ask("PUT", "/c", {"fields": {}})
        items = [{"id": name, "title": f"{name} lamp", "image": base64_picture()} for name in "ab"]
        running.ask("POST", "/c/items", {"items": items})
        suggestions = running.service.suggestions
        suggestions.suggest("c", "lamp")
        assert suggestions.wait_built("c", 10)
        assert suggestions.suggest("c", "la").texts == ["a lamp", "b lamp"]
        running.ask("PATCH", "/c/items/a", {"visibility": "private"})
        running.ask("PATCH", "/c/items/b", {"title": "torch"})
        assert suggestions.suggest("c", "la").texts == []
        assert suggestions.suggest("c", "lmap ").corrected is None


def test_unsafe_items_are_never_suggested_to_strangers(start: Serving, tmp_path: Any) -> None:
    with start(tmp_path, store="memory") as running:
        running.ask("PUT", "/c", {"fields": {"brand": "keyword"}})
        items = [
            {"id": name, "title": f"{name} lamp", "brand": name, "image": base64_picture()}
            for name in ("acme", "adult")
        ]
        items[1]["safety"] = 0.9
        assert running.ask("POST", "/c/items", {"items": items}).json()["rejected"] == 0
        suggestions = running.service.suggestions
        suggestions.suggest("c", "lamp")
        assert suggestions.wait_built("c", 10)
        for typed in ("lamp", "brand:", "brand:a", "ad", "adlt lamp"):
            assert "adult" not in " ".join(suggestions.suggest("c", typed).texts), typed


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"q": "a", "limit": 0}, "limit"),
        ({"q": "a", "limit": 51}, "limit"),
        ({}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "a", "p": 1}, "p"),
    ],
)
def test_what_can_not_be_suggested_for_is_told(
    live: Live, params: dict[str, Any], field: str
) -> None:
    answer = live.ask("GET", "/colours/suggest", params=params)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize("q", ["", " ", "'; drop", "nothing:", ":", "\u0000", "東京", "a" * 200])
def test_odd_texts_have_no_suggestions(suggesting: Live, q: str) -> None:
    assert suggested(suggesting, q)["suggestions"] == []


def batch(live: Live, *searches: Any) -> list[dict[str, Any]]:
    answer = live.ask("POST", "/colours/search/batch", {"searches": list(searches)})
    assert answer.status_code == 200, answer.text
    BatchAnswer.model_validate(answer.json())
    return list(answer.json()["results"])


def test_a_batch_answers_as_its_searches_one_by_one(live: Live) -> None:
    searches: list[dict[str, Any]] = [
        {"query": [{"text": "red"}], "limit": 5},
        {"query": [{"text": "blue"}, {"image": base64_picture("red")}], "limit": 5},
        {"query": [{"text": "green price:<3"}], "understand": True},
        {"filter": {"shade": "pink"}},
    ]
    for search, result in zip(searches, batch(live, *searches), strict=True):
        alone = live.search("colours", **search)
        assert [hit["id"] for hit in result["answer"]["hits"]] == [h["id"] for h in alone["hits"]]
        assert result["answer"]["total"] == alone["total"]


def test_what_is_wrong_with_one_search_is_told_in_its_place(live: Live) -> None:
    results = batch(
        live,
        {"query": [{"text": "red"}], "limit": 2},
        {"query": [{"id": "nothing"}]},
        {"query": [{"text": "red", "image": "x"}]},
        {"query": [{"image": "%%"}]},
        {"filter": {"colour": 1}},
        {"query": [{"text": "price:cheap"}], "understand": True},
    )
    told = [result["problem"] and result["problem"]["status"] for result in results]
    assert told == [None, 404, 422, 422, 422, 422]
    assert len(results[0]["answer"]["hits"]) == 2


def test_a_batch_of_an_unknown_collection_or_of_nothing_is_refused(live: Live) -> None:
    assert live.ask("POST", "/none/search/batch", {"searches": [{}]}).status_code == 404
    assert live.ask("POST", "/colours/search/batch", {"searches": []}).status_code == 422
    many = {"searches": [{}] * 501}
    assert live.ask("POST", "/colours/search/batch", many).status_code == 413


class Counting:
    """The service's encoder, with the sizes of the batches of texts that it was given."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.batches: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_texts(self, texts: list[str]) -> Vectors:
        self.batches.append(len(texts))
        return self._encoder.encode_texts(texts)


def test_the_texts_of_a_batch_are_encoded_at_once_and_each_once(live: Live) -> None:
    encoder = Counting(live.wiring.encoder())
    searcher = replace(live.service.searcher, encoder=lambda *_: encoder)  # type: ignore[arg-type, return-value]
    requests = [SearchRequest((TextPart(text),)) for text in ("red", "blue", "green", "red")]
    answers = search_batch(searcher, "colours", requests)
    assert encoder.batches == [3]
    assert [each.hits[0].payload["shade"] for each in answers if isinstance(each, Answer)] == [
        "red",
        "blue",
        "green",
        "red",
    ]


def box(live: Live, q: str, **params: Any) -> dict[str, Any]:
    answer = live.ask("GET", "/colours/search", params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    SearchAnswer.model_validate(answer.json())
    return dict(answer.json())


def test_the_box_filters_and_tells_what_it_understood(live: Live) -> None:
    answer = box(live, "red under 5 -shade:Blue", limit=50)
    assert answer["hits"]
    assert all(hit["payload"]["price"] < 5 for hit in answer["hits"])
    assert "blue" not in {hit["payload"]["shade"] for hit in answer["hits"]}
    (understood,) = answer["understood"]
    assert understood["read"] == "red price:<5 -shade:blue"
    assert understood["text"] == "red"


def test_the_box_can_be_turned_off(live: Live) -> None:
    answer = box(live, "shade:blue", understand="false")
    assert answer["total"] > MEMBERS
    assert "understood" not in answer


def test_recognised_values_filter_where_asked(live: Live) -> None:
    assert box(live, "red pictures", recognise="filter")["total"] == MEMBERS
    assert box(live, "red pictures")["total"] > MEMBERS


def test_a_private_value_is_not_recognised(live: Live) -> None:
    answer = box(live, "secret", recognise="filter")
    assert answer["understood"][0]["recognised"] == []


def test_conditions_alone_browse_what_fulfils_them(live: Live) -> None:
    answer = box(live, "shade:pink")
    assert (answer["total"], answer["hits"][0]["score"]) == (MEMBERS, None)


def test_a_region_of_an_item_is_searched_by(live: Live) -> None:
    part = {"id": "red/0", "region": {"x": 0.25, "y": 0.25, "w": 0.5, "h": 0.5}}
    found = live.ids("colours", query=[part], limit=2)
    assert all(each.startswith("red/") for each in found)
    assert "red/0" not in found


@pytest.mark.parametrize(
    "region",
    [
        {"x": 0.6, "y": 0, "w": 0.5, "h": 1},
        {"x": -0.1, "y": 0, "w": 0.5, "h": 1},
        {"x": 0, "y": 0, "w": 0, "h": 1},
        {"x": 0, "y": 0, "w": 0.01, "h": 0.01},
        {"x": 0, "y": 0, "w": 1},
    ],
)
def test_a_region_outside_the_image_or_of_nothing_is_refused(
    live: Live, region: dict[str, float]
) -> None:
    query = [{"image": base64_picture(), "region": region}]
    answer = live.ask("POST", "/colours/search", {"query": query})
    assert answer.status_code == 422
    assert "region" in answer.json()["field"]


def test_unknown_items_among_those_liked_are_all_named(live: Live) -> None:
    query = [{"id": "red/0"}, {"id": "no/1"}, {"id": "no/2", "weight": -1}]
    answer = live.ask("POST", "/colours/search", {"query": query})
    assert answer.status_code == 404
    assert "'no/1', 'no/2'" in answer.json()["detail"]
    assert "red/0" not in answer.json()["detail"]


def test_liked_and_disliked_items_pull_and_push(live: Live) -> None:
    query = [{"id": "red/0"}, {"id": "red/1"}, {"id": "blue/0", "weight": -0.5}]
    found = live.ids("colours", query=query, limit=40)
    assert found[0] == "red/2"
    assert found.index("blue/1") > len(found) // 2


def test_asking_for_and_against_the_same_is_refused(live: Live) -> None:
    query = [{"text": "red"}, {"text": "Red ", "weight": -0.5}]
    answer = live.ask("POST", "/colours/search", {"query": query})
    assert answer.status_code == 422
    assert "against" in answer.json()["detail"]


@pytest.fixture(autouse=True)
def _no_build_left(live: Live) -> Iterator[None]:
    yield
    live.service.suggestions.wait_built("colours", 10)
