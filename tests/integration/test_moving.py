"""Collections moved by the command line: between engines and servers, into backups and back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.moving import copy_collection
from app.places import place_of
from app.settings import Settings
from core.errors import InvalidName
from tests.fake_qdrant.faults import LOST
from tests.fake_qdrant.server import FakeQdrant, fake_qdrant
from tests.integration.command import Run
from tests.towers import COLOURS

COUNT = len(COLOURS)


@pytest.fixture
def fake() -> Iterator[FakeQdrant]:
    with fake_qdrant() as fake:
        yield fake


def ids(answer: Any) -> list[str]:
    return sorted(hit["id"] for hit in answer.json["hits"])


def test_a_collection_moves_to_a_server_and_back(
    loaded: Run,
    fake: FakeQdrant,
    tmp_path: Path,
) -> None:
    out = loaded(f"binocle collections copy things {fake.url}/shop")
    assert out.code == 0, out.err
    assert f"{COUNT} items" in out.out
    here = loaded("binocle search things red --limit 3 --json").json
    there = loaded(f"binocle search shop red --limit 3 --store {fake.url} --json").json
    assert [h["id"] for h in here["hits"]] == [h["id"] for h in there["hits"]]
    assert [h["score"] for h in here["hits"]] == pytest.approx(
        [h["score"] for h in there["hits"]], abs=1e-4
    )
    back = loaded(f"binocle collections copy {fake.url}/shop {tmp_path}/other/again")
    assert back.code == 0, back.err
    described = loaded(f"binocle collections describe again --data {tmp_path}/other --json").json
    assert described["count"] == COUNT
    thumbnails = len(list((tmp_path / "data/thumbnails/things").rglob("*.webp")))
    assert len(list((tmp_path / "other/thumbnails/again").rglob("*.webp"))) == thumbnails > 0


def test_a_collection_is_copied_within_its_store(loaded: Run) -> None:
    assert loaded("binocle collections copy things twin").code == 0
    assert loaded("binocle collections describe twin --json").json["count"] == COUNT


def test_a_collection_that_is_there_is_replaced_only_if_asked(
    loaded: Run,
    fake: FakeQdrant,
) -> None:
    copy = f"binocle collections copy things {fake.url}/shop"
    assert loaded(copy).code == 0
    refused = loaded(copy)
    assert refused.code == 1
    assert "--replace" in refused.err
    assert loaded(f"{copy} --replace").code == 0
    told = loaded(f"binocle collections describe shop --store {fake.url} --json").json
    assert told["previous"] == ["g000001"]


def test_a_copy_that_was_cut_off_goes_on(
    loaded: Run,
    fake: FakeQdrant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BINOCLE_SERVER__WRITE_TIMEOUT_SECONDS", "10")
    fake.faults.plan(LOST, "POST /collections/aliases", times=100_000)
    copy = f"binocle collections copy things {fake.url}/shop"
    assert loaded(copy).code == 1
    fake.faults.clear()
    again = loaded(copy)
    assert again.code == 0, again.err
    assert f"{COUNT} from an earlier run" in again.out
    assert "g000001" in again.out


def test_a_snapshot_restores_a_lost_collection_on_another_engine(
    loaded: Run,
    fake: FakeQdrant,
    tmp_path: Path,
) -> None:
    assert loaded("binocle collections snapshot things --to saved").code == 0
    assert loaded("binocle collections delete things --yes").code == 0
    shutil.rmtree(tmp_path / "data/thumbnails", ignore_errors=True)
    for store in ("embedded", fake.url):
        restored = loaded(f"binocle collections restore things --from saved --store {store}")
        assert restored.code == 0, restored.err
        found = loaded(f"binocle search things red --store {store} --limit 1 --json")
        assert ids(found) == ["r/red_thing.png"]
    assert any((tmp_path / "data/thumbnails/things").rglob("*.webp"))
    assert loaded("binocle collections restore things --from saved").code == 1
    assert loaded("binocle collections restore things --from saved --replace").code == 0
    assert loaded("binocle collections snapshot things --to saved").code == 1


def test_what_is_no_snapshot_is_told(run: Run) -> None:
    out = run("binocle collections restore things --from nowhere")
    assert out.code == 1
    assert "no backup at nowhere" in out.err


def test_a_server_is_tuned_in_place_and_says_so(loaded: Run, fake: FakeQdrant) -> None:
    loaded(f"binocle collections copy things {fake.url}/shop")
    options = f"--store {fake.url}"
    tuned = loaded(f"binocle collections tune shop --hnsw-m 32 --quantization binary {options}")
    assert tuned.code == 0, tuned.err
    told = loaded(f"binocle collections describe shop --json {options}").json
    assert (told["engine"]["hnsw_m"], told["quantization"]) == (32, "binary")
    assert "32" in loaded(f"binocle collections describe shop {options}").out
    refused = loaded("binocle collections tune things --hnsw-m 32")
    assert refused.code == 2
    assert "Qdrant server" in refused.err


def test_a_place_is_a_name_a_directory_or_a_server(tmp_path: Path) -> None:
    settings = Settings.load(data=tmp_path)
    assert place_of("shop", settings).store == "embedded"
    assert place_of("http://q:6333/shop", settings).store == "http://q:6333"
    assert place_of("https://q/prefix/shop", settings).store == "https://q/prefix"
    assert place_of("a/b/shop", settings).data == Path("a/b")
    for bad in ("", "shop/", "http://q:6333/", "a/UPPER"):
        with pytest.raises(InvalidName):
            place_of(bad, settings)


def test_copying_tells_how_far_it_is(loaded: Run, fake: FakeQdrant, tmp_path: Path) -> None:
    settings = Settings.load(data=tmp_path / "data")
    told: list[tuple[int, int]] = []
    target = place_of(f"{fake.url}/shop", settings)
    moved = copy_collection(
        settings,
        place_of("things", settings),
        target,
        on_progress=lambda *progress: told.append(progress),
    )
    assert told == [(COUNT, COUNT)]
    with closing(target.open(settings, role="test")) as store:
        assert store.published("shop") == moved.generation
