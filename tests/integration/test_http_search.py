import base64
from typing import Any

import httpx
import pytest

from app.http.search_models import SearchAnswer
from tests.integration.conftest import MEMBERS, Live, base64_picture
from tests.pictures import encoded, picture
from tests.towers import COLOURS

ALL = MEMBERS * len(COLOURS)


def colours_of(answer: dict[str, Any]) -> list[str]:
    return [hit["id"].split("/")[0] for hit in answer["hits"]]


def test_a_text_finds_the_images_it_tells_of(live: Live) -> None:
    answer = live.search("colours", query=[{"text": "green"}], limit=MEMBERS)
    assert colours_of(answer) == ["green"] * MEMBERS
    assert answer["total"] == ALL


def test_an_image_finds_images_like_it(live: Live) -> None:
    query = [{"image": base64_picture("blue", seed=7)}]
    assert colours_of(live.search("colours", query=query, limit=MEMBERS)) == ["blue"] * MEMBERS


def test_an_image_may_come_as_a_data_url(live: Live) -> None:
    query = [{"image": "data:image/png;base64," + base64_picture("blue", seed=7)}]
    assert colours_of(live.search("colours", query=query, limit=1)) == ["blue"]


def test_an_uploaded_image_answers_as_one_in_json(live: Live) -> None:
    file = encoded(picture("pink", seed=5), "JPEG")
    uploaded = live.client.post(
        "/v1/collections/colours/search", files={"image": file}, data={"limit": "5", "q": ""}
    ).json()
    image = base64.b64encode(file).decode()
    sent = live.search("colours", query=[{"image": image}], limit=5)
    assert uploaded["hits"] == sent["hits"]


def test_a_form_takes_text_image_filter_and_facets(live: Live) -> None:
    response = live.client.post(
        "/v1/collections/colours/search",
        files={"image": encoded(picture("pink"))},
        data={"q": "red", "filter": '{"shade": ["red", "pink"]}', "facets": "shade,sale"},
    )
    answer = response.json()
    assert answer["total"] == 2 * MEMBERS
    assert set(answer["facets"]) == {"shade", "sale"}


def test_the_short_form_answers_as_the_long_one(live: Live) -> None:
    params = {"q": "cyan", "filter": '{"sale": true}', "limit": 3, "facets": "shade"}
    short = live.client.get("/v1/collections/colours/search", params=params).json()
    long = live.search(
        "colours", query=[{"text": "cyan"}], filter={"sale": True}, limit=3, facets=["shade"]
    )
    assert (short["hits"], short["total"], short["facets"]) == (
        long["hits"],
        long["total"],
        long["facets"],
    )


def test_an_item_finds_others_like_it_but_not_itself(live: Live) -> None:
    found = live.ids("colours", query=[{"id": "brown/1"}], limit=2)
    assert sorted(found) == ["brown/0", "brown/2"]


def test_similar_is_a_search_by_the_item(live: Live) -> None:
    similar = live.client.get("/v1/collections/colours/items/brown%2F1/similar?limit=4").json()
    assert similar["hits"] == live.search("colours", query=[{"id": "brown/1"}], limit=4)["hits"]


def test_a_mix_lies_between_its_parts(live: Live) -> None:
    query = [{"text": "red"}, {"image": base64_picture("blue")}]
    answer = live.search("colours", query=query, limit=2 * MEMBERS)
    assert {"red", "blue"} <= set(colours_of(answer))
    assert all(hit["relevance"] is None for hit in answer["hits"])


def test_a_negative_weight_moves_away(live: Live) -> None:
    query = [{"text": "red"}, {"text": "blue", "weight": -1.0}]
    found = live.ids("colours", query=query, limit=ALL)
    assert found[0].startswith("red")
    assert found[-1].startswith("blue")


def test_a_vector_is_searched_by(live: Live) -> None:
    embeddings = live.client.post("/v1/embeddings", json={"texts": ["orange"]}).json()
    vector = [3.5 * number for number in embeddings["texts"][0]]
    by_vector = live.ids("colours", query=[{"vector": vector}], limit=5)
    assert by_vector == live.ids("colours", query=[{"text": "orange"}], limit=5)


def test_no_query_browses_everything_once(live: Live) -> None:
    first = live.search("colours", limit=20)
    second = live.search("colours", limit=20, cursor=first["cursor"])
    found = [hit["id"] for hit in first["hits"] + second["hits"]]
    assert len(found) == len(set(found)) == ALL
    assert second["cursor"] is None
    assert first["hits"][0]["score"] is None


def test_pages_make_up_the_whole_ranking(live: Live) -> None:
    query = [{"text": "purple"}]
    whole = live.ids("colours", query=query, limit=ALL)
    pages: list[str] = []
    cursor = None
    while True:
        page = live.search("colours", query=query, limit=7, cursor=cursor)
        pages += [hit["id"] for hit in page["hits"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert pages == whole


def test_a_filter_limits_hits_and_total(live: Live) -> None:
    answer = live.search(
        "colours", query=[{"text": "red"}], filter={"shade": ["blue", "pink"], "sale": False}
    )
    assert answer["total"] == len(answer["hits"]) == 2 * (MEMBERS - 1)
    assert set(colours_of(answer)) == {"blue", "pink"}


def test_facets_count_what_passes_the_filter(live: Live) -> None:
    answer = live.search("colours", filter={"shade": ["red", "pink"]}, facets=["shade", "sale"])
    assert {v["value"]: v["count"] for v in answer["facets"]["shade"]} == {"red": 3, "pink": 3}
    assert {v["value"]: v["count"] for v in answer["facets"]["sale"]} == {False: 4, True: 2}


def test_an_answer_is_what_openapi_says(live: Live) -> None:
    answer = live.search("colours", query=[{"text": "red"}], facets=["shade"], explain=True)
    SearchAnswer.model_validate(answer)
    assert set(answer["timings_ms"]) == {
        "encode",
        "retrieve",
        "present",
        "count",
        "facets",
        "total",
    }
    assert answer["collection"] == "colours"
    assert answer["generation"] == "g000001"


def test_an_explanation_tells_each_parts_share(live: Live) -> None:
    query = [{"text": "red"}, {"text": "blue", "weight": 0.5}]
    answer = live.search("colours", query=query, explain=True, limit=1)
    assert [part["weight"] for part in answer["explanation"]["compose"]] == [1.0, 0.5]
    red, blue = answer["hits"][0]["explanation"]["parts"]
    assert red > blue


def test_a_hit_shows_public_fields_and_its_thumbnail(live: Live) -> None:
    hit = live.search("colours", filter={"id": "red/0"})["hits"][0]
    assert hit["title"] == "red picture 0"
    assert hit["thumbnail"] == "/v1/collections/colours/items/red%2F0/thumbnail"
    assert hit["payload"]["width"] == 48
    assert not [name for name in hit["payload"] if name.startswith("_")]


@pytest.mark.parametrize("query", [[], [{"text": "red"}], [{"vector": [1.0] * 16}]])
def test_private_items_are_never_found(live: Live, query: list[dict[str, Any]]) -> None:
    answer = live.search("colours", query=query, limit=100, facets=["shade", "visibility"])
    assert "red/secret" not in [hit["id"] for hit in answer["hits"]]
    assert answer["total"] == ALL
    assert "secret" not in [v["value"] for v in answer["facets"]["shade"]]
    assert [v["value"] for v in answer["facets"]["visibility"]] == ["public"]


def test_a_filter_does_not_reach_private_items(live: Live) -> None:
    answer = live.search("colours", filter={"visibility": "private"})
    assert (answer["hits"], answer["total"]) == ([], 0)


@pytest.mark.parametrize("path", ["", "/thumbnail", "/similar"])
def test_a_private_item_is_as_if_absent(live: Live, path: str) -> None:
    response = live.client.get(f"/v1/collections/colours/items/red%2Fsecret{path}")
    absent = live.client.get(f"/v1/collections/colours/items/red%2Fnothing{path}")
    assert response.status_code == absent.status_code == 404
    assert response.json()["type"] == absent.json()["type"]


def test_a_private_item_is_no_query(live: Live) -> None:
    response = live.ask("POST", "/colours/search", {"query": [{"id": "red/secret"}]})
    assert response.status_code == 404


def test_searches_at_once_answer_alike(live: Live) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def find(_: int) -> httpx.Response:
        return live.ask("POST", "/colours/search", {"query": [{"text": "red"}], "limit": 5})

    with ThreadPoolExecutor(8) as pool:
        answers = [response.json()["hits"] for response in pool.map(find, range(24))]
    assert all(hits == answers[0] for hits in answers)


def test_each_aspect_of_a_hit_is_explained(live: Live) -> None:
    query = [{"text": "green picture 2"}]
    answer = live.search("colours", query=query, explain=True, limit=3)
    best = answer["hits"][0]
    assert best["id"] == "green/2"
    assert best["explanation"]["aspects"]["lexical"]["rank"] == 1
    assert set(answer["explanation"]["retrieve"]["aspects"]) == {"joint", "lexical"}
    image = live.search("colours", query=[{"image": base64_picture("red")}], explain=True)
    assert set(image["explanation"]["retrieve"]["aspects"]) == {"joint", "appearance"}
    assert image["hits"][0]["id"].startswith("red/")


def test_aspects_are_chosen_by_request_and_unknown_ones_are_named(live: Live) -> None:
    alone = live.search("colours", query=[{"text": "red"}], aspects={"joint": 1}, explain=True)
    assert set(alone["hits"][0]["explanation"]["aspects"]) == {"joint"}
    assert (
        live.client.get("/v1/collections/colours/search?q=red&aspects=joint=1").json()["hits"]
        == live.search("colours", query=[{"text": "red"}], aspects={"joint": 1})["hits"]
    )
    wrong = live.ask("POST", "/colours/search", {"query": [{"text": "x"}], "aspects": {"smell": 1}})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "aspects")
    browse = live.ask("POST", "/colours/search", {"aspects": {"joint": 1}})
    assert browse.status_code == 422
