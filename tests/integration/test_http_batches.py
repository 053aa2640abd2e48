"""Many items in one request: changed, deleted, and streamed in as lines."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest

from tests.integration.conftest import Live, base64_picture

_LINES = {"Content-Type": "application/x-ndjson"}


def _item(item: str, colour: str = "red", **fields: Any) -> dict[str, Any]:
    return {"id": item, "image": base64_picture(colour), "title": item, **fields}


def _stream(live: Live, name: str, *lines: dict[str, Any] | str) -> list[dict[str, Any]]:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    answer = live.client.post(f"/v1/collections/{name}/items", content=text, headers=_LINES)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_lines_are_indexed_and_each_has_its_result(light: Live, fresh: str) -> None:
    *results, end = _stream(
        light,
        fresh,
        _item("a", "red", brand="acme"),
        "",
        _item("b", "blue", brand=["x", {"y": 1}]),
        "{broken",
        "[1]",
        {"id": "c", "title": "no image"},
        {"title": "no id", "image": "x"},
        _item("d", "green", weight=3),
        _item("e", "green"),
    )
    assert end == {"indexed": 2, "rejected": 6}
    status = {result["line"]: result["status"] for result in results}
    assert status == {1: "indexed", **dict.fromkeys((3, 4, 5, 6, 7, 8), "rejected"), 9: "indexed"}
    fields = {result["line"]: result.get("field") for result in results}
    assert (fields[3], fields[6], fields[7], fields[8]) == ("brand", "image", "id", "weight")
    assert light.ids(fresh, query=[{"text": "green"}])[0] == "e"


def test_of_several_lines_with_one_id_the_last_counts(light: Live, fresh: str) -> None:
    *results, end = _stream(light, fresh, _item("a"), _item("a", title="second"), _item("b"))
    assert [result["status"] for result in results] == ["indexed"] * 3
    assert end == {"indexed": 3, "rejected": 0}
    assert light.ask("GET", f"/{fresh}/items/a").json()["title"] == "second"


def test_what_is_answered_can_be_found_while_the_rest_is_still_to_come(
    light: Live, fresh: str
) -> None:
    address = (light.client.base_url.host, light.client.base_url.port or 80)
    with socket.create_connection(address, timeout=20) as line:

        def send(text: str) -> None:
            line.sendall(f"{len(text):x}\r\n{text}\r\n".encode())

        head = (
            f"POST /v1/collections/{fresh}/items HTTP/1.1\r\nHost: x\r\n"
            "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        line.sendall(head.encode())
        answer = line.makefile("rb")
        for item in ("a", "b"):
            send(json.dumps(_item(item, "red")) + "\n")
            while f'"id":"{item}"'.encode() not in answer.readline():
                pass
            assert light.ids(fresh, filter={"id": item}) == [item]
        line.sendall(b"0\r\n\r\n")
        rest = b""
        while b'"indexed":2' not in rest:
            rest += answer.readline()


def test_a_client_that_reads_nothing_before_it_has_sent_all_is_served(
    light: Live, fresh: str
) -> None:
    *results, end = _stream(light, fresh, *["x"] * 20_000)
    assert len(results) == 20_000
    assert end == {"indexed": 0, "rejected": 20_000}


def test_a_line_over_the_limit_is_rejected_alone(light: Live, fresh: str) -> None:
    *results, end = _stream(light, fresh, _item("a"), "y" * 21_000_000, _item("b"))
    assert [result["status"] for result in results] == ["indexed", "rejected", "indexed"]
    assert "too long" in results[1]["reason"]
    assert end == {"indexed": 2, "rejected": 1}


def test_lines_for_an_unknown_collection_are_refused_at_once(light: Live) -> None:
    answer = light.client.post("/v1/collections/nothing/items", content="{}\n", headers=_LINES)
    assert answer.status_code == 404


def test_another_type_than_json_or_lines_is_refused(light: Live, fresh: str) -> None:
    headers = {"Content-Type": "text/csv"}
    answer = light.client.post(f"/v1/collections/{fresh}/items", content="a", headers=headers)
    assert answer.status_code == 415
    assert "application/x-ndjson" in answer.json()["hint"]


def test_a_batch_of_changes_is_seen_at_once(light: Live, fresh: str) -> None:
    _stream(light, fresh, _item("a", "red"), _item("b", "blue"), _item("c", "green"))
    changes = [
        {"id": "a", "title": "new", "brand": "acme"},
        {"id": "b", "image": base64_picture("yellow")},
        {"id": "gone", "title": "x"},
        {"id": "c", "brand": {"no": 1}},
        {"title": "no id"},
    ]
    answer = light.ask("PATCH", f"/{fresh}/items", {"items": changes}).json()
    assert (answer["changed"], answer["rejected"]) == (2, 3)
    assert [result["field"] for result in answer["results"][2:]] == ["id", "brand", "id"]
    assert light.ids(fresh, filter={"brand": "acme"}) == ["a"]
    assert light.ids(fresh, query=[{"text": "yellow"}])[0] == "b"


def test_changes_of_one_item_in_a_batch_come_one_after_the_other(light: Live, fresh: str) -> None:
    _stream(light, fresh, _item("a", "red"), _item("b", "blue"))
    changes = [
        {"id": "a", "brand": "acme"},
        {"id": "a", "title": "Kettle"},
        {"id": "b", "title": "Lamp"},
        {"id": "a", "brand": "other", "tags": ["sale"]},
        {"id": "b", "image": base64_picture("yellow")},
        {"id": "b", "visibility": "private"},
        {"id": "b", "title": "not to be seen any more"},
        {"id": "a", "brand": {"no": 1}},
    ]
    answer = light.ask("PATCH", f"/{fresh}/items", {"items": changes}).json()
    assert [result["status"] for result in answer["results"]] == ["changed"] * 6 + ["rejected"] * 2
    payload = light.ask("GET", f"/{fresh}/items/a").json()["payload"]
    assert (payload["title"], payload["brand"], payload["tags"]) == ("Kettle", "other", ["sale"])
    assert light.ids(fresh, query=[{"text": "kettle"}])[0] == "a"
    assert light.ids(fresh) == ["a"]


def test_a_batch_is_deleted(light: Live, fresh: str) -> None:
    _stream(light, fresh, _item("a"), _item("b"), _item("c"))
    answer = light.ask("DELETE", f"/{fresh}/items", {"ids": ["a", "c", "gone", "a"]}).json()
    assert answer == {"deleted": 2, "missing": ["gone"]}
    assert light.ids(fresh) == ["b"]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_too_large_a_batch_is_refused(light: Live, fresh: str, method: str) -> None:
    body: dict[str, Any] = (
        {"items": [{"id": "a"}] * 501} if method == "PATCH" else {"ids": ["a"] * 501}
    )
    answer: httpx.Response = light.ask(method, f"/{fresh}/items", body)
    assert answer.status_code == 413
