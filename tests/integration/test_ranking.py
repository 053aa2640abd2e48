"""How a collection ranks, over HTTP and by the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.http.search_models import SearchAnswer
from tests.integration.conftest import Live, Run, base64_picture

FIELDS = {"product": "keyword", "stock": "integer"}


@pytest.fixture(scope="module")
def shop(light: Live) -> Iterator[Live]:
    """Red pictures of three products, two of them with the same bytes, and one blue one."""
    assert light.ask("PUT", "/shop", {"fields": FIELDS}).status_code == 201
    items = [
        {"id": f"red{seed}", "image": base64_picture("red", seed=min(seed, 4)),
         "title": f"red {seed}", "product": f"p{seed // 2}", "stock": seed}
        for seed in range(6)
    ]  # fmt: skip
    items.append({"id": "blue", "image": base64_picture("blue"), "title": "blue", "stock": 9})
    assert light.ask("POST", "/shop/items", {"items": items}).json()["rejected"] == 0
    yield light
    light.ask("DELETE", "/shop")


def ids(answer: dict[str, Any]) -> list[str]:
    SearchAnswer.model_validate(answer)
    return [hit["id"] for hit in answer["hits"]]


RED = [{"text": "red"}]


def test_equal_images_stand_behind_one(shop: Live) -> None:
    answer = shop.search("shop", query=RED, list_collapsed=True)
    behind = [hit for hit in answer["hits"] if hit.get("alike")]
    assert [(hit["alike"], hit["alike_ids"]) for hit in behind] in (
        [(1, ["red5"])], [(1, ["red4"])],
    )  # fmt: skip
    assert len(ids(answer)) == 6
    assert len(ids(shop.search("shop", query=RED, collapse=False))) == 7


def test_a_group_has_one_hit_and_pages_go_on_with_the_next(shop: Live) -> None:
    question = {"query": RED, "group": {"field": "product"}, "limit": 2}
    first = shop.search("shop", **question)
    second = shop.search("shop", **question, cursor=first["cursor"])
    groups = [hit.get("group") for hit in first["hits"] + second["hits"]]
    assert sorted(map(str, groups)) == ["None", "p0", "p1", "p2"]
    assert second["cursor"] is None


def test_a_product_is_shown_once_by_its_best_image(light: Live, fresh: str) -> None:
    images = [("a", "red", "lamp"), ("a#2", "blue", "lamp"), ("b", "orange", None)]
    items = [
        {"id": item, "image": base64_picture(colour), "product_id": product}
        for item, colour, product in images
    ]
    assert light.ask("POST", f"/{fresh}/items", {"items": items}).json()["rejected"] == 0
    assert light.ids(fresh, query=RED) == ["a", "b"]
    answer = light.search(fresh, query=[{"text": "blue"}])
    groups = [(hit["id"], hit.get("group")) for hit in answer["hits"]]
    assert groups == [("a#2", "lamp"), ("b", None)]
    assert len(light.ids(fresh, query=RED, collapse=False)) == 3
    assert len(light.ids(fresh, query=RED, group={"field": "id"})) == 3
    assert len(light.ids(fresh)) == 3  # browsing shows all


def test_nothing_relevant_enough_is_an_honest_no_match(shop: Live) -> None:
    answer = shop.search("shop", query=RED, min_relevance=1.0, nearest_below=True, limit=2)
    assert answer["hits"] == []
    assert answer["no_match"] is True
    SearchAnswer.model_validate(answer)
    if any(hit["relevance"] is not None for hit in shop.search("shop", query=RED)["hits"]):
        assert len(answer["nearest_below"]) == 2


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"group": {"field": "stock"}}, "group"),
        ({"group": {"field": "nothing"}}, "group"),
        ({"diversity": 1.5}, "diversity"),
        ({"rerank": ["ranker"]}, "rerank"),
        ({"rerank": ["magic"]}, "rerank"),
    ],
)
def test_a_wish_that_can_not_be_is_refused(shop: Live, wish: dict[str, Any], field: str) -> None:
    response = shop.ask("POST", "/shop/search", {"query": RED, **wish})
    assert response.status_code == 422
    assert response.json()["field"] == field


def test_a_browse_can_not_be_diversified(shop: Live) -> None:
    assert shop.ask("POST", "/shop/search", {"diversity": 0.5}).json()["field"] == "diversity"


def test_a_ranking_is_set_followed_explained_and_reset(shop: Live) -> None:
    rules = [
        {"rule": "pin", "ids": ["blue"], "texts": ["red"]},
        {"rule": "boost", "when": {"product": "p1"}, "by": 3},
        {"rule": "stock", "field": "stock"},
    ]
    ranking = {"rules": rules, "rescore": True, "diversity": 0.1}
    assert shop.ask("PUT", "/shop/ranking", ranking).status_code == 200
    try:
        assert shop.ask("GET", "/shop/ranking").json()["diversity"] == 0.1
        answer = shop.search("shop", query=RED, explain=True)
        assert ids(answer)[0] == "blue"
        changes = {hit["id"]: hit["explanation"]["changes"] for hit in answer["hits"]}
        assert changes["blue"][-1]["reason"] == "pinned"
        assert any("stock x 0.1" in change["reason"] for change in changes["red0"])
        assert answer["explanation"]["shape"]["stages"] == ["rescore", "rules"]
        assert {"rerank.rescore", "rerank.rules"} <= set(answer["timings_ms"])
        late = shop.search("shop", query=RED, explain=True, budget_ms=0)
        notes = late["explanation"]["shape"]["fallbacks"]
        assert [note["stage"] for note in notes] == ["rescore", "rules"]
        assert "blue" not in ids(shop.search("shop", query=RED, rerank=[]))[:1]
    finally:
        assert shop.ask("DELETE", "/shop/ranking").status_code == 204
    assert shop.ask("GET", "/shop/ranking").json()["rules"] == []


def test_a_rule_on_a_missing_field_is_refused(shop: Live) -> None:
    rule = {"rule": "decay", "field": "made_at", "half_life_days": 3}
    refused = shop.ask("PUT", "/shop/ranking", {"rules": [rule]})
    assert refused.status_code == 422
    assert refused.json()["field"] == "rules.0.made_at"


def test_the_command_line_groups_and_sets_rankings(loaded: Run, tmp_path: Path) -> None:
    (tmp_path / "ranking.yaml").write_text("rules:\n  - {rule: pin, ids: [b/blue_thing.png]}\n")
    assert loaded("binocle collections ranking things --file ranking.yaml").code == 0
    assert json.loads(loaded("binocle collections ranking things").out)["rules"][0]["rule"] == "pin"
    command = "binocle search things red --diversity 0.3 --no-collapse --limit 3 --json"
    assert json.loads(loaded(command).out)["hits"][0]["id"] == "b/blue_thing.png"
    shown = loaded("binocle search things red --limit 3 --explain").out
    assert "pinned" in shown
    assert loaded("binocle collections ranking things --reset").code == 0
    refused = loaded("binocle search things red --group title")
    assert refused.code == 2
    assert "keyword" in refused.err


def test_a_least_relevance_beyond_its_range_is_told(shop: Live) -> None:
    response = shop.ask("PUT", "/shop/ranking", {"min_relevance": {"text": 3}})
    assert (response.status_code, response.json()["field"]) == (422, "min_relevance.text")
    assert "'text' is 3" in response.json()["detail"]


def test_a_cross_encoder_re_ranks_and_says_so_where_it_can_not(shop: Live, tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    from tests.small_models import cross_encoder

    refused = shop.ask("PUT", "/shop/ranking", {"cross_encoder": {"model": "st:/nowhere"}})
    assert (refused.status_code, "/nowhere" in refused.json()["detail"]) == (422, True)
    model = {"model": f"st:{cross_encoder(tmp_path)}", "depth": 5}
    ranking = {"cross_encoder": model, "budget_ms": 10_000}
    assert shop.ask("PUT", "/shop/ranking", ranking).status_code == 200
    try:
        answer = shop.search("shop", query=RED, explain=True)
        changes = [c for hit in answer["hits"] for c in hit["explanation"]["changes"]]
        assert sum("read with the query" in change["reason"] for change in changes) >= 4
        assert "rerank.cross_encoder" in answer["timings_ms"]
        late = shop.search("shop", query=RED, explain=True, budget_ms=0)
        by_id = shop.search("shop", query=[{"id": "blue"}], explain=True)
        for told in (late, by_id):
            (note,) = told["explanation"]["shape"]["fallbacks"]
            assert note["stage"] == "cross_encoder"
    finally:
        shop.ask("DELETE", "/shop/ranking")
