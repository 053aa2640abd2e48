"""Safety judged at ingestion: what is judged unsafe is hidden on every path, as if it were said."""

import json
from pathlib import Path

import pytest

from tests.integration.command import Run
from tests.integration.conftest import Serving, base64_picture
from tests.towers import COLOURS

RED = "unsafe: [red]\nsafe: [blue, green, white, yellow, grey]\n"


@pytest.fixture
def red_is_unsafe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "concepts.yaml"
    file.write_text(RED)
    monkeypatch.setenv("BINOCLE_DERIVE__SAFETY", f"zero-shot:{file}")
    return file


def found(run: Run, asked: str) -> set[str]:
    return {hit["id"] for hit in run(f"binocle search things {asked} --json").json["hits"]}


@pytest.mark.usefixtures("red_is_unsafe")
def test_a_load_judges_what_its_source_does_not(run: Run, pictures: Path) -> None:
    rows = ["id,image,safety,title"]
    rows += [f"{name},{path.relative_to(pictures.parent)},{said},{name}" for name, path, said in (
        ("judged", pictures / "r/red_thing.png", ""),
        ("said", pictures / "r/red_thing.png", "0.1"),
        ("blue", pictures / "b/blue_thing.png", ""),
    )]  # fmt: skip
    (pictures.parent / "shop.csv").write_text("\n".join(rows) + "\n")
    load = "binocle ingest shop.csv --collection things --safety safety"
    assert run(load).code == 0
    assert found(run, "red --no-collapse") == {"said", "blue"}
    assert found(run, "") == {"said", "blue"}
    (pictures.parent / "shop.csv").write_text("\n".join(rows).replace(",judged", ",anew") + "\n")
    assert run(load).code == 0  # the title alone is new: what was judged stays judged
    assert found(run, "") == {"said", "blue"}
    (pictures.parent / "shop.csv").write_text("\n".join(rows).replace(",,judged", ",0,judged"))
    assert run(load).code == 0
    assert found(run, "") == {"judged", "said", "blue"}


def test_a_service_hides_what_it_judges_until_a_person_says_otherwise(
    start: Serving, tmp_path: Path
) -> None:
    (tmp_path / "concepts.yaml").write_text(RED)
    with start(
        tmp_path, store="memory", derive__safety=f"zero-shot:{tmp_path}/concepts.yaml"
    ) as live:
        live.ask("PUT", "/c", {})
        for name in ("red", "blue"):
            body = {"image": base64_picture(name), "title": name}
            assert live.ask("PUT", f"/c/items/{name}", body).status_code in (200, 201)
        assert live.ids("c", query=[{"text": "red"}]) == ["blue"]
        shown = live.search("c", query=[{"text": "red"}], unsafe=True, facets=["id"])
        red = next(hit for hit in shown["hits"] if hit["id"] == "red")
        assert red["payload"]["safety"] > 0.5
        assert "_judged" not in red["payload"]
        for route in ("", "/thumbnail", "/image", "/similar"):
            assert live.ask("GET", f"/c/items/red{route}").status_code == 404
            assert live.ask("GET", f"/c/items/blue{route}").status_code == 200
        shaped = live.search("c", query=[{"text": "red"}], list_collapsed=True, diversity=0.5)
        assert [hit["id"] for hit in shaped["hits"]] == ["blue"]
        batch = live.ask("POST", "/c/search/batch", {"searches": [{"query": [{"text": "red"}]}]})
        (one,) = batch.json()["results"]
        assert [hit["id"] for hit in one["answer"]["hits"]] == ["blue"]
        assert "red" not in live.ask("GET", "/c/suggest?q=re").text.replace("ready", "")
        assert live.search("c", facets=["id"])["facets"]["id"] == [{"value": "blue", "count": 1}]
        said = {"image": base64_picture("red"), "title": "red", "safety": 0.0}
        assert live.ask("PUT", "/c/items/red", said).status_code == 200
        assert live.ids("c", query=[{"text": "red"}])[0] == "red"


def test_what_is_there_is_judged_by_its_vectors_but_what_was_said_stays(
    run: Run, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "concepts.yaml").write_text(RED)
    rows = ["id,image,safety", "red,pictures/r/red_thing.png,", "said,pictures/r/red_thing.png,0.2"]
    (tmp_path / "shop.csv").write_text("\n".join([*rows, "blue,pictures/b/blue_thing.png,"]) + "\n")
    assert run("binocle ingest shop.csv --collection things --safety safety").code == 0
    judged = run(f"binocle collections judge things --by zero-shot:{tmp_path}/concepts.yaml")
    assert (judged.code, "Judged 2 items" in judged.out) == (0, True), judged.err
    assert "1 of them unsafe; of 1 others" in judged.out
    assert found(run, "red --no-collapse") == {"said", "blue"}
    (tmp_path / "concepts.yaml").write_text("unsafe: [blue]\nsafe: [red, green, white]\n")
    again = run(f"binocle collections judge things --by zero-shot:{tmp_path}/concepts.yaml")
    assert again.code == 0
    assert found(run, "red --no-collapse") == {"said", "red"}
    for wrong in ("things", "things --by magic", "nothing --by zero-shot"):
        refused = run(f"binocle collections judge {wrong}")
        assert refused.code != 0
        assert "Traceback" not in refused.err


def test_a_head_is_trained_measured_and_used(
    loaded: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.pictures import encoded, picture

    folder = tmp_path / "many"
    folder.mkdir()
    labels = ["id,unsafe"]
    for seed in range(16):
        for name in ("red", "blue", "green", "orange"):
            (folder / f"{name}{seed}.png").write_bytes(encoded(picture(name, seed=seed), "PNG"))
            labels.append(f"{name}{seed}.png,{int(name in ('red', 'orange'))}")
    (tmp_path / "labels.csv").write_text("\n".join([*labels, "gone,1"]) + "\n")
    assert loaded("binocle ingest many --collection many").code == 0
    ran = loaded("binocle train safety many --labels labels.csv --json")
    assert ran.code == 0, ran.err
    assert (ran.json["head"]["recall"], ran.json["head"]["precision"]) == (1.0, 1.0)
    assert ran.json["missing"] == 1
    kept = json.loads((tmp_path / "safety.json").read_text())
    assert kept["trained"]["head"] == ran.json["head"]
    monkeypatch.setenv("BINOCLE_DERIVE__SAFETY", f"head:{tmp_path}/safety.json")
    assert loaded("binocle ingest pictures --collection judged").code == 0
    hits = loaded(f"binocle search judged --limit {len(COLOURS)} --json").json["hits"]
    ids = {hit["id"] for hit in hits}
    assert "r/red_thing.png" not in ids
    assert "b/blue_thing.png" in ids
    wrong = loaded("binocle train safety many --labels pictures")
    assert (wrong.code, "Traceback" in wrong.err) == (1, False)
