"""binocle events, as a person types it, on what a live service recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.interactions.interactions import Interactions
from app.interactions.query_images import QueryImages
from tests.integration.command import Run
from tests.integration.conftest import Live, Serving, base64_picture


@pytest.fixture
def recorded(start: Serving, run: Run, tmp_path: Path) -> Iterator[Live]:
    """A service on the data directory of `run`, in which Ann and Bob searched."""
    with start(tmp_path / "data", store="memory", events__keep_query_images=True) as live:
        live.ask("PUT", "/shop", {})
        live.ask("PUT", "/shop/items/i1", {"image": base64_picture()})
        for who in ("ann", "bob"):
            query = [{"image": base64_picture(seed=len(who) + ord(who[0]))}]
            headers = {"Binocle-User": who}
            answer = live.ask("POST", "/shop/search", {"query": query}, headers=headers).json()
            event = {"query_id": answer["query_id"], "item": "i1", "action": "click"}
            assert live.client.post("/v1/events", json=event).status_code == 202
        assert live.service.interactions.flush()
        yield live


def test_the_record_is_counted_exported_forgotten_and_pruned(
    recorded: Live, run: Run, tmp_path: Path
) -> None:
    told = run("binocle events stats --json").json["collections"]
    assert [(one["collection"], one["searches"], one["users"]) for one in told] == [("shop", 2, 2)]
    assert told[0]["events"] == {"click": 2}
    assert "2 click" in run("binocle events stats").out

    assert "2 searches and 2 events in 1 files." in run("binocle events export --to log").out
    assert len(list((tmp_path / "log").rglob("events.parquet"))) == 1

    assert run("binocle events forget --user nobody").out.startswith("Erased 0 searches")
    assert run("binocle events forget --user ann --json").json == {"searches": 1, "events": 1}
    assert "1 searches" in run("binocle events export --to log").out

    assert run("binocle events prune --older-than 0").code == 0
    assert run("binocle events stats").out.strip() == "No search is recorded."


def test_images_that_were_asked_by_are_forgotten_with_who_asked(
    recorded: Live, run: Run, tmp_path: Path
) -> None:
    recorded.service.interactions.close()
    kept = [path for path in (tmp_path / "data" / "query-images").rglob("*") if path.is_file()]
    assert len(kept) == 2
    run("binocle events forget --user ann")
    assert len([path for path in kept if path.exists()]) == 1


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("forget", "either --user or --session"),
        ("forget --user a --session b", "either --user or --session"),
        ("export --to log --since yesterday", "no day"),
    ],
)
def test_wrong_use_is_told(run: Run, command: str, problem: str) -> None:
    ran = run(f"binocle events {command}")
    assert ran.code == 2
    assert problem in ran.err


def test_an_empty_record_is_told(run: Run) -> None:
    assert run("binocle events stats --json").json == {"collections": []}
    assert "0 searches and 0 events" in run("binocle events export --to log").out


def test_old_searches_are_pruned_by_the_service(recorded: Live, run: Run) -> None:
    """What began later than the retention sees nothing any more."""
    from datetime import UTC, datetime, timedelta

    from prometheus_client import CollectorRegistry

    from app.interactions.settings import EventSettings

    later = datetime.now(UTC) + timedelta(days=91)
    other = Interactions(
        recorded.wiring.database,
        EventSettings(flush_seconds=0.01),
        CollectorRegistry(),
        images=QueryImages(recorded.wiring.directories.query_images),
        clock=lambda: later,
    )
    other.start()
    other.close()
    assert run("binocle events stats --json").json == {"collections": []}
