"""A collection gets vectors of another encoder, with a service beside it and without one."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.bulk_load import BulkLoad
from app.loading import load_collection
from app.reembedding.comparing import Comparison
from app.reembedding.filling import Filled
from app.reembedding.images import Origin, Wish
from app.reembedding.request import Reembedded, Reembedding, Watching
from app.reembedding.run import cancel, reembed
from app.reembedding.survey import Survey
from app.running import made_known
from app.search.query import SearchRequest, TextPart
from app.settings import Settings
from app.wiring import Wiring, build
from core.errors import StoreError
from core.filters import AnyOf
from encoders.specs import load_encoder
from ingestion.limits import Pace
from qdrant.store import JOINT
from tests.fake_qdrant.server import fake_qdrant
from tests.integration.command import Run
from tests.integration.conftest import Live, Serving, base64_picture
from tests.integration.test_store_away import eventually
from tests.loads import write_pictures
from tests.pictures import encoded, picture
from tests.stores import store_root
from tests.towers import write_bundle

SMALL = Pace(decoders=2, encoders=2, encode_batch=2, write_batch=2, ahead=4)


@pytest.fixture(scope="session")
def turned(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The spec of towers that answer as the tiny ones do, by vectors that can't be mixed."""
    return f"bundle:{write_bundle(tmp_path_factory.mktemp('turned'), version='2', turned=True)}"


@dataclass
class Shop:
    """A collection of three pictures, and the parts of a process that may re-embed it."""

    wiring: Wiring
    data: Path
    folder: Path
    spec: str

    def reembed(self, watching: Watching | None = None, **options: Any) -> Reembedded:
        wanted = Reembedding("things", self.spec, pace=SMALL)
        return reembed(self.wiring, replace(wanted, **options), watching)

    def found(self, text: str) -> list[str]:
        request = SearchRequest((TextPart(text),), limit=100)
        return [hit.id for hit in self.wiring.searcher().search("things", request).hits]

    def vectors_fit(self) -> bool:
        """Whether every stored vector is the one that the new encoder gives its image."""
        encoder = load_encoder(self.spec)
        with self.wiring.catalog.lease("things") as opened:
            generation = opened.generation
            points = generation.retrieve(list(generation.ids()), with_vectors=True)
        colours = [str(point.payload.get("title") or point.id).split(".")[0] for point in points]
        texts = encoder.encode_texts([NAMES.get(colour, colour) for colour in colours])
        stored = np.stack([point.vectors[JOINT] for point in points])
        return bool((np.einsum("nd,nd->n", texts, stored) > 0.8).all())


NAMES = {"a": "red", "b": "blue", "c": "green"}


def _sha256(colour: str) -> str:
    return hashlib.sha256(encoded(picture(colour))).hexdigest()


@pytest.fixture
def data() -> Iterator[Path]:
    with store_root() as root:
        yield root.parent


@pytest.fixture
def shop(data: Path, tmp_path: Path, tiny_bundle: Path, turned: str) -> Iterator[Shop]:
    folder = write_pictures(tmp_path / "in", a="red", b="blue", c="green")
    settings = Settings.load(data=data, encoder=f"bundle:{tiny_bundle}")
    with closing(build(settings)) as wiring:
        load_collection(wiring, BulkLoad("things", str(folder)))
        yield Shop(wiring, data, folder, turned)


@dataclass
class Beside:
    """The same, with a service that owns the collection."""

    live: Live
    shop: Shop

    def put(self, item: str, colour: str) -> None:
        body = {"image": base64_picture(colour), "title": colour}
        answer = self.live.ask("PUT", f"/things/items/{item}", body)
        assert answer.status_code == 200, answer.text

    def generation(self) -> str:
        return str(self.live.ask("GET", "/things").json()["generation"])

    def fits(self) -> bool:
        return Shop(
            self.live.wiring, self.shop.data, self.shop.folder, self.shop.spec
        ).vectors_fit()


@pytest.fixture
def beside(shop: Shop, start: Serving) -> Iterator[Beside]:
    shop.wiring.catalog.close()
    with start(shop.data, http__poll_seconds=0.05) as live:
        url = str(live.client.base_url).rstrip("/")
        token = live.wiring.watch.local_token
        with made_known(shop.data, url, token), closing(build(shop.wiring.settings)) as mine:
            yield Beside(live, replace(shop, wiring=mine))


def test_a_collection_is_searched_by_its_new_encoder_and_can_be_rolled_back(shop: Shop) -> None:
    done = shop.reembed()
    assert (done.published, done.filled.encoded, done.refused) == (True, 3, "")
    assert shop.vectors_fit()
    assert shop.found("blue")[0] == "b.png"
    again = shop.reembed()
    assert (again.generation, again.filled.encoded) == (done.generation, 0)
    before = shop.wiring.store.rollback("things")
    assert before != done.generation
    shop.wiring.catalog.refresh()
    assert not shop.vectors_fit()
    assert shop.found("blue")[0] == "b.png"


def test_the_next_load_finds_nothing_changed_after_a_reembedding(shop: Shop) -> None:
    shop.reembed()
    report = load_collection(shop.wiring, BulkLoad("things", str(shop.folder))).report
    assert (report.unchanged, report.indexed) == (3, 0)


def test_a_replacing_load_keeps_the_collections_encoder_unless_another_is_named(
    shop: Shop,
) -> None:
    shop.reembed()
    plan = BulkLoad("things", str(shop.folder), replace=True)
    assert load_collection(shop.wiring, plan).published
    assert shop.wiring.store.info("things").config.encoder == shop.spec
    assert shop.vectors_fit()
    with closing(build(shop.wiring.settings, one_encoder=True)) as named:
        assert load_collection(named, plan).published
        assert named.store.info("things").config.encoder == shop.wiring.settings.encoder


def test_a_running_service_switches_with_all_that_was_written_meanwhile(beside: Beside) -> None:
    before = beside.generation()

    def write_meanwhile(_: int) -> None:
        beside.put("live", "yellow")
        beside.put("b.png", "pink")
        assert beside.live.ask("DELETE", "/things/items/c.png").status_code == 204

    done = beside.shop.reembed(
        Watching(on_indexing=write_meanwhile, on_compared=lambda _: beside.put("late", "cyan"))
    )
    assert done.published
    assert beside.generation() == done.generation != before
    assert sorted(beside.live.ids("things", limit=10)) == ["a.png", "b.png", "late", "live"]
    assert beside.fits()
    for item, colour in (("live", "yellow"), ("b.png", "pink"), ("late", "cyan")):
        assert beside.live.ids("things", query=[{"text": colour}])[0] == item
    beside.put("after", "brown")
    assert beside.fits()


def test_what_is_sent_meanwhile_is_encoded_from_the_very_image_and_not_kept_after(
    beside: Beside,
) -> None:
    """Written to the new generation by the new encoder, as if it had been there from the start."""
    seen: list[Filled] = []
    originals = beside.shop.wiring.originals("things")
    beside.put("before", "brown")

    def write_meanwhile(_: int) -> None:
        beside.put("live", "yellow")
        assert originals.has(_sha256("yellow"))
        assert not originals.has(_sha256("brown"))
        beside.shop.wiring.thumbnails("things").clear()

    done = beside.shop.reembed(Watching(on_indexing=write_meanwhile, on_progress=seen.append))
    assert done.published
    assert Counter(seen[0].origins) == {Origin.FILE: 3, Origin.THUMBNAIL: 1}
    assert beside.live.ids("things", query=[{"text": "yellow"}])[0] == "live"
    assert beside.fits()
    beside.put("after", "cyan")
    assert not originals.has(_sha256("yellow"))
    assert not originals.has(_sha256("cyan"))


def test_a_run_that_was_not_published_can_be_given_up(shop: Shop) -> None:
    done = shop.reembed(publish=False)
    assert shop.wiring.store.unpublished("things") == [done.generation]
    originals = shop.wiring.originals("things")
    originals.add("ab" * 32, b"an image")
    assert originals.read("ab" * 32) == b"an image"
    assert cancel(shop.wiring, "things")
    assert not cancel(shop.wiring, "things")
    assert shop.wiring.store.unpublished("things") == []
    assert originals.read("ab" * 32) is None
    assert shop.reembed().filled.encoded == 3


def test_a_writer_and_a_searcher_that_never_rest_see_no_failure_and_lose_nothing(
    beside: Beside,
) -> None:
    done, written, found = threading.Event(), list[str](), list[int]()

    def write() -> None:
        while not done.is_set():
            beside.put(f"w{len(written)}", "purple")
            written.append(f"w{len(written)}")

    def search() -> None:
        while not done.is_set():
            found.append(len(beside.live.ids("things", query=[{"text": "blue"}])))

    threads = [threading.Thread(target=each) for each in (write, search)]
    for thread in threads:
        thread.start()
    try:
        outcome = beside.shop.reembed()
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert outcome.published
    assert {*written} <= {*beside.live.ids("things", limit=200)}
    assert found
    assert all(found)
    assert beside.fits()


def test_a_service_follows_a_rollback_to_the_encoder_before(beside: Beside) -> None:
    done = beside.shop.reembed()
    before = beside.shop.wiring.store.rollback("things")
    beside.live.wiring.catalog.refresh()
    assert beside.generation() == before != done.generation
    assert beside.live.ids("things", query=[{"text": "blue"}])[0] == "b.png"
    assert not beside.fits()


def test_a_collection_on_a_server_switches_with_what_its_service_wrote_meanwhile(
    start: Serving, tmp_path: Path, tiny_bundle: Path, turned: str
) -> None:
    folder = write_pictures(tmp_path / "in", a="red", b="blue", c="green")
    with fake_qdrant() as fake:
        settings = Settings.load(
            data=tmp_path / "data", store=fake.url, encoder=f"bundle:{tiny_bundle}"
        )
        with closing(build(settings)) as wiring:
            load_collection(wiring, BulkLoad("things", str(folder)))
            shop = Shop(wiring, settings.data, folder, turned)
            with start(settings.data, store=fake.url, http__poll_seconds=0.02) as live:
                beside = Beside(live, shop)
                before = beside.generation()

                def write_meanwhile(_: int) -> None:
                    beside.put("live", "yellow")
                    assert live.ask("DELETE", "/things/items/c.png").status_code == 204
                    fields = {"fields": {"season": "keyword"}}
                    assert live.ask("PATCH", "/things", fields).status_code == 200
                    change = {"season": "fall"}
                    assert live.ask("PATCH", "/things/items/a.png", change).status_code == 200

                done = shop.reembed(
                    Watching(
                        on_indexing=write_meanwhile,
                        on_compared=lambda _: beside.put("late", "cyan"),
                    )
                )
                assert done.published
                assert eventually(beside.generation, done.generation) == done.generation
                found = sorted(live.ids("things", limit=10))
                assert found == ["a.png", "b.png", "late", "live"]
                with closing(wiring.store.open("things")) as opened:  # as a service does next time
                    fall = AnyOf("season", ("fall",))
                    assert [point.id for point in opened.scroll(filter=fall)[0]] == ["a.png"]
                    assert "season" in opened.config.schema.attributes
                assert beside.fits()
                assert live.ids("things", query=[{"text": "yellow"}])[0] == "live"
                assert wiring.store.rollback("things") == before
                assert eventually(beside.generation, before) == before
                assert live.ids("things", query=[{"text": "blue"}])[0] == "b.png"
                assert not beside.fits()


def test_a_service_that_cannot_load_the_encoder_goes_on_as_before(
    beside: Beside, tmp_path: Path
) -> None:
    before = beside.generation()
    mine = write_bundle(tmp_path / "mine", version="3", turned=True)

    def lose(_: Comparison) -> None:
        (mine / "text.onnx").unlink()

    with pytest.raises(Exception, match="can't be loaded"):
        beside.shop.reembed(Watching(on_compared=lose), encoder=f"bundle:{mine}")
    assert beside.generation() == before
    assert beside.live.ids("things", query=[{"text": "blue"}])[0] == "b.png"


def test_what_was_cut_off_goes_on(shop: Shop) -> None:
    def fail(_: int) -> None:
        raise StoreError("The power went.")

    with pytest.raises(StoreError):
        shop.reembed(Watching(on_indexing=fail))
    write_pictures(shop.folder, d="yellow")
    load_collection(shop.wiring, BulkLoad("things", str(shop.folder)))
    done = shop.reembed()
    assert (done.filled.encoded, done.filled.present) == (1, 3)
    assert done.count == 4


_KILLED = """
import os, signal, sys
from pathlib import Path
from app.reembedding.request import Reembedding
from app.reembedding.run import reembed
from app.settings import Settings
from app.wiring import build
from ingestion.limits import Pace
from qdrant.edge_generation import EdgeGeneration

whole, written = EdgeGeneration.upsert, []

def upsert(self, points):
    whole(self, points)
    written.extend(points)
    if len(written) >= 2:
        os.kill(os.getpid(), signal.SIGKILL)

EdgeGeneration.upsert = upsert
data, tiny, spec = sys.argv[1:]
pace = Pace(decoders=1, encoders=1, encode_batch=1, write_batch=1, ahead=1)
reembed(build(Settings.load(data=Path(data), encoder=tiny)), Reembedding("things", spec, pace=pace))
"""


def test_a_process_that_is_killed_leaves_what_the_next_one_finishes(shop: Shop) -> None:
    shop.wiring.close()
    tiny = shop.wiring.settings.encoder
    run = subprocess.run(
        [sys.executable, "-c", _KILLED, str(shop.data), tiny, shop.spec],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert run.returncode == -signal.SIGKILL
    with closing(build(shop.wiring.settings)) as wiring:
        again = replace(shop, wiring=wiring)
        done = again.reembed()
        assert (done.filled.encoded, done.filled.present, done.count) == (1, 2, 3)
        assert again.vectors_fit()


def test_what_was_cut_off_goes_on_with_the_fields_that_were_declared_since(beside: Beside) -> None:
    def fail(_: int) -> None:
        raise StoreError("The power went.")

    with pytest.raises(StoreError):
        beside.shop.reembed(Watching(on_indexing=fail))
    fields = {"fields": {"season": "keyword"}}
    assert beside.live.ask("PATCH", "/things", fields).status_code == 200
    change = {"season": "fall"}
    assert beside.live.ask("PATCH", "/things/items/a.png", change).status_code == 200
    done = beside.shop.reembed()
    assert (done.filled.encoded, done.filled.renewed + done.filled.present) == (0, 3)
    assert beside.live.ids("things", filter={"season": "fall"}) == ["a.png"]
    assert beside.fits()


def test_items_without_any_image_are_named_before_anything_begins(shop: Shop) -> None:
    (shop.folder / "a.png").unlink()
    shop.wiring.thumbnails("things").clear()
    told: list[Survey] = []
    with closing(shop.wiring.store.open("things")) as generation:
        (point,) = generation.retrieve(["a.png"])
        generation.set_payload(
            "a.png", {k: v for k, v in point.payload.items() if k != "_thumbnail"}
        )
    done = shop.reembed(Watching(on_survey=told.append))
    assert not done.published
    assert "'a.png'" in done.refused
    assert told[0].counts == {Origin.FILE: 2, Origin.NONE: 1}
    assert done.without is not None
    assert json.loads(done.without.read_text())["id"] == "a.png"
    assert shop.wiring.store.unpublished("things") == []
    without = shop.reembed(leave_out=True)
    assert (without.published, without.count) == (True, 2)
    report = load_collection(
        shop.wiring, BulkLoad("things", str(write_pictures(shop.folder, a="red")))
    ).report
    assert report.indexed == 1


def test_a_file_that_is_another_image_by_now_is_not_taken_for_the_items(shop: Shop) -> None:
    (shop.folder / "a.png").write_bytes(encoded(picture("black")))
    done = shop.reembed()
    assert done.filled.origins == {Origin.FILE: 2, Origin.THUMBNAIL: 1}
    assert shop.vectors_fit()


def test_only_originals_is_what_is_asked_for(shop: Shop) -> None:
    (shop.folder / "a.png").unlink()
    done = shop.reembed(wish=Wish.ORIGINAL)
    assert not done.published
    stored = shop.reembed(wish=Wish.STORED)
    assert stored.filled.origins == {Origin.THUMBNAIL: 3}


def test_old_and_new_are_compared_before_the_switch(shop: Shop, tmp_path: Path) -> None:
    qrels = tmp_path / "judged.csv"
    qrels.write_text("query,item_id,grade\nred,a.png,1\nblue,b.png,1\n")
    done = shop.reembed(qrels=qrels, publish=False)
    assert not done.published
    assert done.comparison is not None
    neighbours, queries = done.comparison.rows
    assert (neighbours.overlap, queries.overlap, queries.recall) == (1.0, 1.0, (1.0, 1.0))
    assert queries.queries == 2
    assert shop.reembed(qrels=qrels, max_drop=0.1).filled.encoded == 0


def test_a_new_encoder_that_finds_less_is_not_published(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.reembedding.comparing.DEPTH", 1)
    qrels = tmp_path / "judged.csv"
    qrels.write_text("query,item_id,grade\nred,a.png,1\nblue,b.png,1\n")
    fetched = shop.wiring.encoders.fetch(shop.spec)

    class Deaf:
        def __getattr__(self, name: str) -> Any:
            return getattr(fetched, name)

        def encode_texts(self, texts: list[str]) -> Any:
            return fetched.encode_texts(["green"] * len(texts))

    monkeypatch.setattr(shop.wiring.encoders, "fetch", lambda _: Deaf())
    done = shop.reembed(qrels=qrels, max_drop=0.1)
    assert not done.published
    assert "falls from 1.000 to 0.000" in done.refused


def test_the_command_tells_what_it_did_and_rolls_back(loaded: Run, turned: str) -> None:
    ran = loaded(f"binocle collections reembed things --encoder {turned}")
    assert ran.code == 0, ran.err
    assert "Overlap@10" in ran.out
    assert "12 items from their files" in ran.err
    assert "blue" in loaded("binocle search things blue --limit 1").out
    assert "again" in loaded("binocle collections reembed things --rollback").out
    ready = loaded(f"binocle collections reembed things --encoder {turned} --no-publish").out
    assert "is ready" in ready
    assert "Gave up" in loaded("binocle collections reembed things --cancel").out
    assert "There is no" in loaded("binocle collections reembed things --cancel").out
    assert loaded("binocle collections reembed things").code == 2
