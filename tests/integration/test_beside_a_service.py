"""Loads into a collection that a running service owns."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.bulk_load import BulkLoad, Loaded, Watcher
from app.compacting import compact
from app.loading import load_collection
from app.running import RunningService, made_known, running_service
from app.settings import Settings
from app.succession.remote import RemoteGeneration
from app.wiring import Wiring, build
from core.errors import GenerationChanged, StoreError, StoreUnavailable
from ingestion.report import LoadProgress
from ingestion.syncing import Sync
from tests.fake_qdrant.server import fake_qdrant
from tests.integration.conftest import Live, Serving, base64_picture
from tests.integration.test_store_away import eventually
from tests.loads import write_pictures
from tests.stores import store_root
from tests.towers import DIM, write_bundle


@dataclass
class Beside:
    """A service on a data directory, and another process' parts on the same."""

    live: Live
    wiring: Wiring
    folder: Path

    def load(self, watcher: Watcher | None = None, **plan: object) -> Loaded:
        wanted = BulkLoad("things", str(self.folder), **plan)  # type: ignore[arg-type]
        return load_collection(self.wiring, wanted, watcher)

    def put(self, item: str, colour: str = "cyan") -> None:
        body = {"image": base64_picture(colour), "title": "live"}
        assert self.live.ask("PUT", f"/things/items/{item}", body).status_code == 200

    def titles(self) -> dict[str, str]:
        found = self.live.search("things", limit=100)["hits"]
        return {hit["id"]: hit["title"] for hit in found}


@pytest.fixture
def data() -> Iterator[Path]:
    with store_root() as root:
        yield root.parent


@pytest.fixture
def beside(start: Serving, data: Path, tmp_path: Path, tiny_bundle: Path) -> Iterator[Beside]:
    folder = tmp_path / "in"
    write_pictures(folder, a="red", b="blue", c="green")
    settings = Settings.load(data=data, encoder=f"bundle:{tiny_bundle}")
    with closing(build(settings)) as wiring:
        load_collection(wiring, BulkLoad("things", str(folder)))
    with known(start, data) as live, closing(build(settings)) as mine:
        yield Beside(live, mine, folder)


@contextmanager
def known(start: Serving, data: Path) -> Iterator[Live]:
    """A service that commands on the data directory find."""
    with start(data) as live:
        url = str(live.client.base_url).rstrip("/")
        with made_known(data, url, live.wiring.watch.local_token):
            yield live


def test_a_few_changes_go_through_the_service_and_are_found_at_once(beside: Beside) -> None:
    before = beside.live.ask("GET", "/things").json()["generation"]
    write_pictures(beside.folder, d="yellow")
    (beside.folder / "a.png").unlink()
    loaded = beside.load(sync=Sync(0.5))
    assert loaded.generation == before
    assert (loaded.report.indexed, loaded.report.unchanged, loaded.report.deleted) == (1, 2, 1)
    assert sorted(beside.titles()) == ["b.png", "c.png", "d.png"]
    assert beside.live.ids("things", query=[{"text": "yellow"}])[0] == "d.png"
    assert beside.load().report.unchanged == 3


def test_a_new_price_goes_through_the_service_without_its_vectors(beside: Beside) -> None:
    assert beside.live.ask("PATCH", "/things", {"fields": {"price": "float"}}).status_code == 200
    catalog = beside.folder.parent / "prices.csv"
    loads = []
    for price in (1, 2):
        rows = [f"{name}.png,in/{name}.png,{name},{price}" for name in "abc"]
        catalog.write_text("\n".join(["id,image,title,price", *rows]))
        wanted = BulkLoad("things", str(catalog))
        loads.append(load_collection(beside.wiring, wanted).report)
    assert [each.renewed for each in loads] == [3, 3]
    found = beside.live.search("things", query=[{"text": "red"}], limit=3)["hits"]
    assert [hit["payload"]["price"] for hit in found] == [2, 2, 2]
    assert found[0]["id"] == "a.png"


def test_many_changes_are_made_aside_and_taken_over_with_what_was_written_meanwhile(
    beside: Beside,
) -> None:
    write_pictures(beside.folder, **{f"n{number}": "pink" for number in range(6)})
    before = beside.live.ask("GET", "/things").json()["generation"]

    def write_meanwhile(_: int) -> None:
        beside.put("live")
        beside.put("b.png")
        assert beside.live.ask("DELETE", "/things/items/c.png").status_code == 204

    loaded = beside.load(Watcher(on_indexing=write_meanwhile), through=2)
    assert loaded.published
    assert loaded.generation != before
    assert beside.live.ask("GET", "/things").json()["generation"] == loaded.generation
    titles = beside.titles()
    assert len(titles) == 3 + 6 + 1 - 1
    assert "c.png" not in titles
    assert (titles["live"], titles["b.png"]) == ("live", "live")
    again = beside.load()
    assert (again.report.unchanged, again.report.indexed) == (7, 2)  # b and c are as their files


def test_a_writer_that_never_rests_loses_nothing_while_a_generation_takes_over(
    beside: Beside,
) -> None:
    write_pictures(beside.folder, **{f"n{number}": "pink" for number in range(6)})
    done, written = threading.Event(), list[str]()

    def write() -> None:
        while not done.is_set():
            beside.put(f"w{len(written)}")
            written.append(f"w{len(written)}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        beside.load(through=1)
        seen = len(written)
    finally:
        while len(written) <= seen:
            pass
        done.set()
        writer.join()
    assert {*written} <= {*beside.titles()}


def test_what_is_rejected_is_told_once_though_the_source_is_read_twice(beside: Beside) -> None:
    write_pictures(beside.folder, **{f"n{number}": "pink" for number in range(6)})
    catalog = beside.folder.parent / "catalog.csv"
    rows = [f"m{number},in/n{number}.png" for number in (0, 0, 1, 2, 3, 4, 5)]
    catalog.write_text("\n".join(["id,image", *rows]))
    report = load_collection(beside.wiring, BulkLoad("things", str(catalog), through=2)).report
    assert (report.indexed, report.rejected) == (6, 1)
    assert report.rejects_path is not None
    assert len(report.rejects_path.read_text().splitlines()) == 1


def test_a_build_that_was_cut_off_goes_on(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pictures(beside.folder, **{f"n{number}": "pink" for number in range(6)})

    def fail(_: int) -> None:
        raise StoreError("The power went.")

    with pytest.raises(StoreError):
        beside.load(Watcher(on_indexing=fail), through=1)
    assert len(beside.titles()) == 3
    beside.put("live")
    loaded = beside.load(through=1)
    assert (loaded.report.indexed, loaded.report.unchanged) == (0, 9)
    assert len(beside.titles()) == 10


def test_a_build_goes_on_with_the_fields_that_were_declared_meanwhile(beside: Beside) -> None:
    write_pictures(beside.folder, **{f"n{number}": "pink" for number in range(6)})

    def fail(_: int) -> None:
        raise StoreError("The power went.")

    with pytest.raises(StoreError):
        beside.load(Watcher(on_indexing=fail), through=1)
    fields = {"fields": {"season": "keyword"}}
    assert beside.live.ask("PATCH", "/things", fields).status_code == 200
    assert beside.live.ask("PATCH", "/things/items/a.png", {"season": "fall"}).status_code == 200
    loaded = beside.load(through=1)
    assert (loaded.report.indexed, loaded.report.unchanged) == (0, 9)
    assert beside.live.ids("things", filter={"season": "fall"}) == ["a.png"]


def test_what_came_one_by_one_is_indexed_aside(beside: Beside) -> None:
    beside.put("before")
    done = compact(beside.wiring, "things", lambda _: beside.put("while"))
    assert (done.generation, done.count) == ("g000002", 5)
    assert beside.live.ask("GET", "/things").json()["generation"] == "g000002"
    assert {*beside.titles()} == {"a.png", "b.png", "c.png", "before", "while"}
    assert beside.load().report.unchanged == 3


def test_a_load_through_the_service_has_the_index_built_anew_when_much_is_outside_of_it(
    beside: Beside,
) -> None:
    for number in range(3):
        beside.put(f"p{number}")
    write_pictures(beside.folder, d="yellow")
    vector = DIM * 4
    assert beside.load(scattered=7 * vector).generation == "g000001"
    loaded = beside.load(scattered=7 * vector - 1)
    assert (loaded.report.unchanged, loaded.generation, loaded.count) == (4, "g000002", 7)
    assert len(beside.titles()) == 7


def test_a_collection_is_replaced_with_what_was_written_meanwhile(beside: Beside) -> None:
    beside.put("before")

    def write_meanwhile(_: int) -> None:
        beside.put("live")
        assert beside.live.ask("PATCH", "/things/items/b.png", {"title": "mine"}).status_code == 200
        assert beside.live.ask("DELETE", "/things/items/c.png").status_code == 204

    loaded = beside.load(Watcher(on_indexing=write_meanwhile), replace=True)
    assert loaded.published
    assert vars(loaded.meanwhile) == {"brought": 3, "left": 0}
    assert beside.live.ask("GET", "/things").json()["generation"] == loaded.generation
    assert beside.titles() == {"a.png": "a", "b.png": "mine", "live": "live"}
    again = beside.load().report
    assert (again.unchanged, again.renewed, again.indexed) == (1, 1, 1)  # a, b and c


def test_a_rollback_says_what_it_leaves_behind(beside: Beside) -> None:
    beside.put("before")
    meanwhile = Watcher(on_indexing=lambda _: beside.put("while"))
    beside.load(meanwhile, replace=True)
    beside.put("after")
    beside.put("after")
    beside.live.ask("DELETE", "/things/items/a.png")
    answer = beside.live.ask("POST", "/things/rollback").json()
    assert (answer["generation"], answer["behind"]) == ("g000001", 2)
    assert {"before", "while", "a.png"} <= {*beside.titles()}
    assert "after" not in beside.titles()


def test_a_load_goes_on_when_its_service_is_started_anew(
    start: Serving, data: Path, tmp_path: Path, tiny_bundle: Path
) -> None:
    folder = tmp_path / "in"
    settings = Settings.load(data=data, encoder=f"bundle:{tiny_bundle}")
    wanted = BulkLoad("things", str(folder), through=1)
    write_pictures(folder, a="red")
    with closing(build(settings)) as wiring:
        load_collection(wiring, wanted)
    write_pictures(folder, b="blue", c="green")
    with ExitStack() as first, ExitStack() as second, closing(build(settings)) as mine:
        services = [first.enter_context(known(start, data))]

        def restart(_: int) -> None:
            first.close()
            services.append(second.enter_context(known(start, data)))

        assert load_collection(mine, wanted, Watcher(on_indexing=restart)).published
        assert sorted(services[1].ids("things")) == ["a.png", "b.png", "c.png"]


def test_what_a_load_writes_goes_to_no_other_generation(beside: Beside) -> None:
    beside.load(replace=True)
    service = running_service(beside.wiring.directories.root)
    assert service is not None
    with closing(RemoteGeneration(service, "things")) as remote:
        assert beside.live.ask("POST", "/things/rollback").status_code == 200
        with pytest.raises(GenerationChanged, match="answers from g000001 now"):
            remote.set_payloads({"a.png": {"title": "elsewhere"}})
    assert "elsewhere" not in beside.titles().values()


def test_a_payload_is_not_written_beside_the_vector_of_another_image(beside: Beside) -> None:
    service = running_service(beside.wiring.directories.root)
    assert service is not None
    with closing(RemoteGeneration(service, "things")) as remote:
        before = {
            point.id: {**point.payload, "title": "load"}
            for point in remote.retrieve(["a.png", "b.png"])
        }
        beside.put("a.png", "cyan")
        remote.set_payloads({**before, "gone": {"title": "load"}})
    titles = beside.titles()
    assert (titles["a.png"], titles["b.png"], len(titles)) == ("live", "load", 3)


def test_a_switch_whose_answer_was_lost_is_done_once(beside: Beside) -> None:
    service = running_service(beside.wiring.directories.root)
    assert service is not None
    with closing(RemoteGeneration(service, "things")) as remote:
        made = beside.load(replace=True).generation
        beside.put("after")
        remote.take_over(made, since=0, replay=True)  # as if the first had not been answered
        assert remote.give_way(made, 0) == {"brought": 0, "left": 0}
        with pytest.raises(GenerationChanged):
            remote.take_over("g000001", since=0, replay=True)
    assert beside.live.ask("GET", "/things").json()["generation"] == made
    assert "after" in beside.titles()


def test_a_service_that_is_gone_is_waited_for_and_then_told(beside: Beside) -> None:
    nowhere = RunningService("http://127.0.0.1:9", "token", beside.folder)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        RemoteGeneration(nowhere, "things", patience_s=0.5)


def test_a_replacement_that_was_cut_off_has_what_was_written_since_it_began(
    beside: Beside,
) -> None:
    def fail(_: int) -> None:
        beside.put("first")
        raise StoreError("The power went.")

    with pytest.raises(StoreError):
        beside.load(Watcher(on_indexing=fail), replace=True)
    beside.put("second")
    loaded = beside.load(replace=True)
    assert (loaded.resumed, loaded.meanwhile.brought) == (True, 2)
    assert {"first", "second"} <= {*beside.titles()}


def test_what_was_written_meanwhile_has_the_fields_of_what_takes_over(beside: Beside) -> None:
    fields = {"fields": {"price": "float", "season": "keyword"}}
    assert beside.live.ask("PATCH", "/things", fields).status_code == 200
    catalog = beside.folder.parent / "prices.csv"
    catalog.write_text("id,image,price\na.png,in/a.png,5.5\n")

    def write_meanwhile(_: int) -> None:
        body = {"image": base64_picture("cyan"), "price": 7.5, "season": "fall"}
        assert beside.live.ask("PUT", "/things/items/live", body).status_code == 200

    wanted = BulkLoad("things", str(catalog), replace=True)
    loaded = load_collection(beside.wiring, wanted, Watcher(on_indexing=write_meanwhile))
    assert loaded.meanwhile.brought == 1
    (found,) = beside.live.search("things", filter={"price": {"gte": 7}})["hits"]
    assert found["id"] == "live"
    assert "season" not in found["payload"]


def test_a_collection_on_a_server_is_replaced_with_what_was_written_meanwhile(
    start: Serving, tmp_path: Path, tiny_bundle: Path
) -> None:
    folder = tmp_path / "in"
    write_pictures(folder, a="red", b="blue", c="green")
    with fake_qdrant() as fake:
        settings = Settings.load(
            data=tmp_path / "data", store=fake.url, encoder=f"bundle:{tiny_bundle}"
        )
        wanted = BulkLoad("things", str(folder), replace=True)
        with closing(build(settings)) as wiring:
            load_collection(wiring, wanted)
            with start(settings.data, store=fake.url, http__poll_seconds=0.02) as live:
                there = Beside(live, wiring, folder)

                def write_meanwhile(_: int) -> None:
                    there.put("live")
                    assert live.ask("DELETE", "/things/items/c.png").status_code == 204

                loaded = load_collection(wiring, wanted, Watcher(on_indexing=write_meanwhile))
                assert vars(loaded.meanwhile) == {"brought": 2, "left": 0}
                titles = {"a.png": "a", "b.png": "b", "live": "live"}
                assert eventually(there.titles, titles) == titles


def test_what_does_not_fit_what_takes_over_is_told(beside: Beside, tmp_path: Path) -> None:
    other = write_bundle(tmp_path / "other", version="2", turned=True)
    settings = Settings.load(data=beside.wiring.directories.root, encoder=f"bundle:{other}")
    with closing(build(settings, one_encoder=True)) as named:
        wanted = BulkLoad("things", str(beside.folder), replace=True)
        meanwhile = Watcher(on_indexing=lambda _: beside.put("live"))
        loaded = load_collection(named, wanted, meanwhile)
    assert vars(loaded.meanwhile) == {"brought": 0, "left": 1}
    assert beside.live.ask("GET", "/things").json()["generation"] == loaded.generation
    assert "live" not in beside.titles()


def test_a_service_refuses_what_was_built_from_another_generation(beside: Beside) -> None:
    body = {"generation": "g000009", "base": "g000008", "since": 0, "replay": True}
    answer = beside.live.ask("POST", "/things/generation/take-over", body)
    assert answer.status_code == 404
    present = beside.live.ask("GET", "/things").json()["generation"]
    body["generation"] = present
    answer = beside.live.ask("POST", "/things/generation/take-over", body)
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        f"urn:binocle:{GenerationChanged.code}",
    )
    assert len(beside.titles()) == 3


def test_searches_go_on_during_a_load_beside_the_service(beside: Beside) -> None:
    write_pictures(beside.folder, **{f"n{number}": "pink" for number in range(30)})
    answered: list[int] = []

    def search(_: LoadProgress) -> None:
        answered.append(len(beside.live.ids("things", query=[{"text": "red"}])))

    beside.load(Watcher(on_progress=search), through=1)
    assert answered
    assert all(answered)
