"""Fields that are added to a collection that is there, and what fields are said to hold."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from app.running import made_known
from core.fields import FieldType
from qdrant.edge import EdgeStore
from tests.integration.command import Run
from tests.integration.conftest import Live, Serving, base64_picture
from tests.loads import write_pictures


def test_a_field_that_is_added_can_be_written_and_filtered_by_at_once(
    light: Live, fresh: str
) -> None:
    item = {"image": base64_picture("red"), "brand": "acme"}
    light.ask("PUT", f"/{fresh}/items/a", item)
    refused = light.ask("PUT", f"/{fresh}/items/b", {**item, "year": 2020})
    assert (refused.status_code, refused.json()["field"]) == (422, "year")
    answer = light.ask("PATCH", f"/{fresh}", {"fields": {"year": "integer", "brand": "keyword"}})
    assert answer.json()["attributes"] == ["brand", "year"]
    light.ask("PUT", f"/{fresh}/items/b", {**item, "year": 2020})
    assert light.ids(fresh, filter={"year": {"gte": 2020}}) == ["b"]
    wrong = light.ask("PUT", f"/{fresh}/items/c", {**item, "year": "soon"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "year")


def test_a_field_keeps_its_type_and_its_name(light: Live, fresh: str) -> None:
    for fields, told in (
        ({"brand": "integer"}, "is keyword already"),
        ({"title": "keyword"}, "taken"),
        ({"colors": "keyword"}, "every collection"),
        ({"no good": "keyword"}, "can't name"),
    ):
        answer = light.ask("PATCH", f"/{fresh}", {"fields": fields})
        assert answer.status_code == 422
        assert told in answer.json()["detail"]
    assert light.ask("PATCH", "/nothing", {"fields": {"a": "text"}}).status_code == 404


def test_fields_tell_their_counts_and_examples(live: Live) -> None:
    fields = {field["name"]: field for field in live.ask("GET", "/colours/fields").json()["fields"]}
    assert (fields["sale"]["count"], fields["sale"]["own"]) == (36, True)
    assert fields["shade"]["examples"] == ["black", "blue", "brown"]
    assert "secret" not in str(fields)
    assert fields["owner_id"]["count"] == 0


def test_an_added_field_is_indexed_and_there_after_a_restart(run: Run, tmp_path: Path) -> None:
    write_pictures(tmp_path, a="red", b="blue")
    (tmp_path / "c.csv").write_text("id,image,season\n1,a.png,spring\n2,b.png,fall\n")
    run("binocle ingest c.csv --collection shop --ignore season")
    assert "add-field" in run("binocle ingest c.csv --collection shop").err
    assert run("binocle collections add-field shop season=keyword").code == 0
    assert "Renewed" in run("binocle ingest c.csv --collection shop").out
    shown = run("binocle collections describe shop").out
    assert "fall, spring" in shown
    assert "indexes" in shown
    assert run("""binocle search shop --filter '{"season": "fall"}' --json""").json["total"] == 1
    with closing(EdgeStore(Path("data/collections"))) as store, closing(store.open("shop")) as it:
        assert "season" in it.indexed_fields()
        assert it.config.schema.attributes == {"season": FieldType.KEYWORD}


def test_a_field_is_added_while_a_service_has_the_collection(
    run: Run, start: Serving, tmp_path: Path
) -> None:
    write_pictures(tmp_path / "in", a="red")
    run("binocle ingest in --collection shop")
    data = (tmp_path / "data").resolve()
    with (
        start(data) as live,
        made_known(data, str(live.client.base_url).rstrip("/"), live.wiring.watch.local_token),
    ):
        assert run("binocle collections add-field shop season=keyword").code == 0
        assert live.ask("PATCH", "/shop/items/a.png", {"season": "fall"}).status_code == 200
        told = run("binocle collections describe shop --json").json["field_facts"]
    assert told[0] == {
        "name": "season", "type": "keyword", "own": True, "count": 1, "examples": ["fall"]
    }  # fmt: skip
