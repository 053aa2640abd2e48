"""Experiments on a live service: who gets what, what is recorded of it, what stops it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.experiments.checking import check_experiment
from app.experiments.document import Experiment, experiment_of
from app.experiments.guarding import Guarding
from app.experiments.registry import Registry
from app.experiments.results import findings_of
from app.keys.key import Role
from core.errors import GenerationNotFound, InvalidRequest
from core.interactions import Asked, Visit
from database.interaction_rows import search_row
from database.interactions import SEARCHES
from encoders.bundle import BundleEncoder
from eval.experiments.users import Habits, Population, Search, Shown
from eval.online.log import InteractionLog
from qdrant.store import JOINT, Point
from tests.integration.conftest import Live, Serving, _fill
from tests.towers import write_bundle

RANKING = {"rules": [{"rule": "pin", "ids": ["blue/0"], "when_text": "red"}]}
PEOPLE = [f"person-{number}" for number in range(12)]


@pytest.fixture(scope="module")
def shop(start: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service in memory whose threads wait for hours: tests call what these would."""
    slow = {"http__poll_seconds": 3_600.0, "experiments__guard_seconds": 3_600.0}
    with start(tmp_path_factory.mktemp("shop"), store="memory", **slow) as running:
        _fill(running)
        yield running


@pytest.fixture
def registry(shop: Live) -> Iterator[Registry]:
    """What is still running is stopped at the end."""
    registry = Registry(shop.wiring.database)
    yield registry
    for record in registry.all():
        registry.stop(record.name)
    shop.service.experiments.refresh()


def experiment(name: str, variant: dict[str, Any], **changes: Any) -> Experiment:
    variants = [{"name": "control"}, {"name": "new", **variant}]
    return experiment_of({"name": name, "collection": "colours", "variants": variants, **changes})


def run(shop: Live, registry: Registry, wanted: Experiment) -> None:
    check_experiment(shop.wiring, wanted)
    registry.create(wanted)
    registry.start(wanted.name)
    shop.service.experiments.refresh()


def ask(shop: Live, user: str | None, **body: Any) -> dict[str, Any]:
    headers = {"Binocle-User": user} if user is not None else {}
    given = {"query": [{"text": "red"}], "limit": 5, **body}
    response = shop.ask("POST", "/colours/search", given, headers=headers)
    assert response.status_code == 200, response.text
    return dict(response.json())


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["id"] for hit in answer["hits"]]


def by_variant(shop: Live, name: str) -> dict[str, dict[str, Any]]:
    """An answer of each variant."""
    answers = [ask(shop, person) for person in PEOPLE]
    return {answer["experiments"][name]: answer for answer in answers}


def recorded(shop: Live, query_id: str) -> Visit:
    assert shop.service.interactions.flush()
    visits = InteractionLog(shop.wiring.database).visits("colours")
    return next(visit for visit in visits if visit.asked.query_id == query_id)


def test_each_variant_answers_its_own_people_and_is_recorded(
    shop: Live, registry: Registry
) -> None:
    run(shop, registry, experiment("pins", {"diversity": 1.0}))
    found = by_variant(shop, "pins")
    assert set(found) == {"control", "new"}
    assert ids(found["new"]) != ids(found["control"])
    assert ids(found["control"]) == ids(ask(shop, None))
    assert ids(found["new"]) == ids(ask(shop, None, diversity=1.0))
    assert recorded(shop, found["new"]["query_id"]).asked.variants == {"pins": "new"}
    assert "experiments" not in ask(shop, None)
    assert "experiments" not in ask(shop, PEOPLE[0], diversity=0.2)


def test_the_metrics_count_searches_by_variant(shop: Live, registry: Registry) -> None:
    run(shop, registry, experiment("counted", {"diversity": 1.0}))
    by_variant(shop, "counted")
    told = shop.client.get("/metrics").text
    line = 'binocle_experiment_searches_total{experiment="counted",variant="%s"}'
    counts = [float(told.split(line % each)[1].split()[0]) for each in ("control", "new")]
    assert sum(counts) == len(PEOPLE)
    assert "binocle_experiments_running 1.0" in told


def test_a_person_always_gets_the_same(shop: Live, registry: Registry) -> None:
    run(shop, registry, experiment("same", {"diversity": 1.0}))
    first = [ask(shop, person)["experiments"] for person in PEOPLE[:4]]
    assert [ask(shop, person)["experiments"] for person in PEOPLE[:4]] == first


def test_a_variant_may_have_a_ranking_of_its_own(shop: Live, registry: Registry) -> None:
    rules = [{"rule": "boost", "when": {"shade": "blue"}, "by": 100.0}]
    run(shop, registry, experiment("boosted", {"ranking": {"rules": rules}}))
    found = by_variant(shop, "boosted")
    assert ids(found["new"])[0].startswith("blue")
    assert ids(found["control"])[0].startswith("red")


def test_once_it_is_stopped_everybody_gets_the_same(shop: Live, registry: Registry) -> None:
    run(shop, registry, experiment("short", {"diversity": 1.0}))
    registry.stop("short", "enough")
    shop.service.experiments.refresh()
    answers = [ask(shop, person) for person in PEOPLE]
    assert all("experiments" not in answer for answer in answers)
    told = shop.client.get("/v1/experiments").json()["experiments"]
    mine = next(each for each in told if each["name"] == "short")
    assert (mine["state"], mine["reason"]) == ("stopped", "enough")


def test_interleaved_pages_hold_both_rankings_and_say_whose_each_hit_is(
    shop: Live, registry: Registry
) -> None:
    run(shop, registry, experiment("mixed", {"diversity": 1.0}, interleave=True))
    sides = {
        "control": ids(ask(shop, None, limit=20)),
        "new": ids(ask(shop, None, limit=20, diversity=1.0)),
    }
    first = ask(shop, PEOPLE[0])
    assert first["experiments"] == {"mixed": "interleaved"}
    assert ask(shop, PEOPLE[0])["hits"] == first["hits"]
    sources = recorded(shop, first["query_id"]).asked.sources
    assert set(sources) == set(ids(first))
    for name, ranking in sides.items():
        own = [each for each in ids(first) if sources[each] == name]
        assert own == [each for each in ranking if each in own]
    pages, cursor = [first], first["cursor"]
    for _ in range(3):
        pages.append(ask(shop, PEOPLE[0], cursor=cursor))
        cursor = pages[-1]["cursor"]
    shown = [each for page in pages for each in ids(page)]
    assert len(set(shown)) == len(shown) == 20
    assert shown == ids(ask(shop, PEOPLE[0], limit=20))


def test_the_lists_of_several_people_begin_with_either_ranking(
    shop: Live, registry: Registry
) -> None:
    run(shop, registry, experiment("coins", {"diversity": 1.0}, interleave=True))
    firsts = set()
    for person in PEOPLE:
        answer = ask(shop, person)
        firsts.add(recorded(shop, answer["query_id"]).asked.sources[ids(answer)[0]])
    assert firsts == {"control", "new"}


def test_the_next_page_of_a_search_that_began_before_goes_on_as_it_began(
    shop: Live, registry: Registry
) -> None:
    before = [ask(shop, person) for person in PEOPLE]
    whole = ids(ask(shop, None, limit=10))
    run(shop, registry, experiment("late", {"diversity": 1.0}))
    for person, page in zip(PEOPLE, before, strict=True):
        assert ids(page) + ids(ask(shop, person, cursor=page["cursor"])) == whole


def test_pages_go_on_as_they_began_when_the_experiment_ends(shop: Live, registry: Registry) -> None:
    run(shop, registry, experiment("ending", {"diversity": 1.0}))
    whole = {person: ids(ask(shop, person, limit=10)) for person in PEOPLE}
    first = {person: ask(shop, person) for person in PEOPLE}
    registry.stop("ending")
    shop.service.experiments.refresh()
    for person, page in first.items():
        assert ids(page) + ids(ask(shop, person, cursor=page["cursor"])) == whole[person]


@pytest.fixture(scope="module")
def generation(shop: Live, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A generation beside the published one: all public items but the black ones, by towers whose
    space is turned."""
    folder = write_bundle(tmp_path_factory.mktemp("turned") / "b", version="2", turned=True)
    encoder = BundleEncoder(folder)
    with shop.wiring.catalog.lease("colours") as opened:
        ids = [each for each in opened.generation.ids() if not each.startswith("black")]
        points = opened.generation.retrieve(ids, with_vectors=True)
        config = replace(opened.config, encoder=f"bundle:{folder}", fingerprint=encoder.fingerprint)
    built = shop.wiring.store.create("colours", config)
    built.upsert([_turned(point) for point in points])
    built.close()
    return built.name


def test_it_is_searched_by_its_own_encoder(shop: Live, registry: Registry, generation: str) -> None:
    run(shop, registry, experiment("towers", {"generation": generation}))
    found = by_variant(shop, "towers")
    assert found["new"]["generation"] == generation
    assert found["control"]["generation"] != generation
    assert ids(found["new"])[0].startswith("red")
    assert ids(found["new"])[:3] == ids(found["control"])[:3]
    asked = recorded(shop, found["new"]["query_id"]).asked
    assert asked.generation == generation


def test_items_that_it_has_not_are_found_as_without_it(
    shop: Live, registry: Registry, generation: str
) -> None:
    run(shop, registry, experiment("missing", {"generation": generation}))
    for person in PEOPLE:
        answer = ask(shop, person, query=[{"id": "black/0"}])
        assert answer["generation"] != generation
        assert answer.get("experiments", {}).get("missing") != "new"


def test_what_was_deleted_or_changed_since_is_not_shown_as_it_was(
    shop: Live, registry: Registry, generation: str
) -> None:
    run(shop, registry, experiment("stale", {"generation": generation}))
    assert shop.ask("DELETE", "/colours/items/red%2F2").status_code == 204
    changed = shop.ask("PATCH", "/colours/items/red%2F1", {"title": "renamed"})
    assert changed.status_code == 200, changed.text
    answer = by_variant(shop, "stale")["new"]
    assert "red/2" not in ids(answer)
    titles = {hit["id"]: hit["title"] for hit in answer["hits"]}
    assert titles["red/1"] == "renamed"


def test_one_that_is_gone_ends_its_experiment(
    shop: Live, registry: Registry, generation: str
) -> None:
    run(shop, registry, experiment("pruned", {"generation": generation}))
    registry.stop("pruned")
    shop.service.experiments.refresh()  # nobody holds it any more
    shop.wiring.store.prune("colours", keep=1)
    registry.create(experiment("gone", {"generation": generation}))
    registry.start("gone")
    for _ in range(2):
        shop.service.experiments.refresh()
    assert registry.get("gone").state(datetime.now(UTC)) == "stopped"
    assert generation in registry.get("gone").reason
    assert "experiments" not in ask(shop, PEOPLE[0])


def _turned(point: Point) -> Point:
    return replace(point, vectors={**point.vectors, JOINT: point.vectors[JOINT][::-1].copy()})


@pytest.mark.parametrize(
    ("variant", "error", "told"),
    [
        ({"generation": "g-9"}, GenerationNotFound, "Variant 'new': 'colours' has no generation"),
        ({"group": {"field": "price"}}, InvalidRequest, "no keyword field"),
        ({"rerank": ["ranker"]}, InvalidRequest, "no stage 'ranker'"),
        ({"ranking": {"group": {"field": "smell"}}}, InvalidRequest, "'smell' is no keyword"),
    ],
)
def test_what_the_collection_has_not_is_refused_and_named(
    shop: Live, variant: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told) as refused:
        check_experiment(shop.wiring, experiment("bad", variant))
    assert str(refused.value.field).startswith("variants.1.")  # type: ignore[attr-defined]


def test_the_published_generation_is_no_other_one(shop: Live) -> None:
    published = shop.wiring.store.published("colours")
    with pytest.raises(InvalidRequest, match="is the published one"):
        check_experiment(shop.wiring, experiment("bad", {"generation": published}))


def test_a_variant_that_breaks_a_guardrail_is_stopped_and_the_reason_is_told(
    shop: Live, registry: Registry
) -> None:
    rails = {"latency_ms": 20.0, "no_result": 0.05}
    run(shop, registry, experiment("slow", {"diversity": 1.0}, guardrails=rails))
    guarding = Guarding(registry, InteractionLog(shop.wiring.database).visits)
    _pretend(shop, "slow", {"control": 20.0, "new": 20.0})
    guarding.look(registry.all(), datetime.now(UTC) + timedelta(hours=1))
    assert registry.get("slow").state(datetime.now(UTC)) == "running"
    _pretend(shop, "slow", {"control": 20.0, "new": 90.0}, hours=2)
    later = datetime.now(UTC) + timedelta(hours=3)
    assert guarding.look(registry.all(), later) == ["slow"]
    stopped = registry.get("slow")
    assert stopped.state(datetime.now(UTC)) == "stopped"
    assert "Guardrail: latency_ms of 'new'" in stopped.reason
    shop.service.experiments.refresh()
    assert "experiments" not in ask(shop, PEOPLE[0])


def test_searches_that_fail_are_counted_and_stop_a_variant(shop: Live, registry: Registry) -> None:
    rails = {"errors": 0.1}
    run(shop, registry, experiment("broken", {"diversity": 1.0}, guardrails=rails))
    _pretend(shop, "broken", {"control": 20.0})
    service = shop.service
    people = (f"failing-{number}" for number in range(200))
    failed = 0
    for person in people:
        asker = service.interactions.asker({"Binocle-User": person})
        arranged = service.experiments.apply("colours", asker, _red(), datetime.now(UTC))
        if arranged.variants.get("broken") == "new":
            service.experiments.failed(arranged, RuntimeError("oh"))
            service.experiments.failed(arranged, InvalidRequest("the caller's own fault"))
            failed += 1
    service.experiments.refresh()
    assert len(registry.failures("broken")[0]) == failed >= 60
    guarding = Guarding(registry, InteractionLog(shop.wiring.database).visits)
    guarding.look(registry.all(), datetime.now(UTC) + timedelta(hours=1))
    assert "errors of 'new' is 1 beside 0" in registry.get("broken").reason


def _red() -> Any:
    from app.search.query import SearchRequest, TextPart

    return SearchRequest(parts=(TextPart("red"),))


def _pretend(shop: Live, name: str, latencies: dict[str, float], *, hours: float = 0) -> None:
    """Searches of many people as the recorder would have written them, so long after the start."""
    registry = Registry(shop.wiring.database)
    begun = registry.get(name).starts_at
    assert begun is not None
    service, rows = shop.service, []
    for variant, latency in latencies.items():
        for number in range(100):
            at = begun + timedelta(hours=hours, microseconds=number + 1)
            ident = service.interactions._ids.new("colours", "text", at)
            asked = Asked(ident, "colours", "g", at, "text", found=5, variants={name: variant})
            spread = latency * (1 + number % 5 / 10)
            rows.append(replace(asked, latency_ms=spread, user=f"{variant}-{hours}-{number}"))
    with shop.wiring.database.write() as connection:
        connection.execute(SEARCHES.insert(), [search_row(each) for each in rows])


def test_the_list_is_for_the_collections_of_a_key(start: Serving, tmp_path: Path) -> None:
    with start(tmp_path, store="memory") as running:
        _fill(running)
        registry = Registry(running.wiring.database)
        registry.create(experiment("seen", {"diversity": 1.0}))
        _, reader = running.wiring.keys().create("r", Role.READ, collections=["colours"])
        _, other = running.wiring.keys().create("o", Role.READ, collections=["other"])
        running.wiring.watch.refresh()
        running.service.experiments.refresh()
        names = []
        for key in (reader, other):
            headers = {"Authorization": f"Bearer {key}"}
            told = running.client.get("/v1/experiments", headers=headers).json()
            names.append([each["name"] for each in told["experiments"]])
        assert names == [["seen"], []]
        assert running.client.get("/v1/experiments").status_code == 401


def test_a_worse_ranking_is_found_by_the_people_who_get_it(shop: Live, registry: Registry) -> None:
    """The whole way: searches, events, the log, the verdict."""
    rules = [{"rule": "bury", "when": {"shade": "green"}, "by": 0.05}]
    run(
        shop,
        registry,
        experiment("loop", {"ranking": {"rules": rules}}, unit="session", effect=0.3),
    )
    people = Population(
        ("green",),
        lambda query, item: float(item.startswith(query)),
        habits=Habits(pull=0.9, searches=1.0),
        page=3,
    )

    def answer(search: Search) -> Shown:
        headers = {"Binocle-Session": search.session, "Binocle-Client": "test"}
        body = {"query": [{"text": search.query}], "limit": 3}
        told = shop.ask("POST", "/colours/search", body, headers=headers).json()
        return Shown(ids(told), told["experiments"], encoder=told["query_id"])

    events = [
        {"query_id": visit.asked.encoder, "item": e.item, "action": "click", "position": e.position}
        for visit in people.answered(answer, 220)
        for e in visit.clicks
    ]  # fmt: skip
    taken = shop.client.post("/v1/events", json={"events": events}).json()
    assert taken == {"accepted": len(events), "refused": []}
    assert shop.service.interactions.flush()
    record, found = findings_of(shop.wiring, "loop")
    assert record.experiment.collection == "colours"
    assert found.compared[0].verdict == "worse", found.to_json()
    assert not found.balance.suspicious
