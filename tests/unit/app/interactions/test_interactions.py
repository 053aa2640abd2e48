"""What a service does about interactions while its database is away, and when too much comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.datastructures import Headers

from app.interactions.asker import Asker
from app.interactions.interactions import Interactions
from app.interactions.searched import Searched
from app.interactions.settings import EventSettings
from app.search.present import Answer
from app.search.query import ImagePart, SearchRequest, TextPart
from core.errors import DatabaseUnavailable
from database.address import address_of
from database.engine import Database
from eval.online.log import InteractionLog
from eval.online.rules import EVERYTHING

ANSWER = Answer("shop", "g000001", [], 0, None)
WHO = Headers({"Binocle-User": "ann", "User-Agent": "Mozilla/5.0"})


class Away(Database):
    """A database that can't be reached for a while."""

    away = True

    def prepare(self) -> None:
        if self.away:
            raise DatabaseUnavailable("It is away.")
        super().prepare()


@contextmanager
def running(database: Database, **settings: Any) -> Iterator[Interactions]:
    given = EventSettings(flush_seconds=0.01, **settings)
    interactions = Interactions(database, given, CollectorRegistry())
    interactions.start()
    try:
        yield interactions
    finally:
        interactions.close()
        database.close()


def searched(interactions: Interactions, *parts: Any) -> Searched:
    asker = interactions.asker(WHO)
    request = SearchRequest(parts=parts or (TextPart("red"),))
    return Searched(request, ANSWER, asker, datetime.now(UTC), 1.0)


def take(interactions: Interactions, query_id: str, count: int = 1) -> int:
    told = [{"query_id": query_id, "item": "i", "action": "click"}] * count
    return asyncio.run(interactions.take(told, client="c", collections=None)).accepted


def test_a_service_whose_database_is_away_answers_and_begins_to_record_later(
    tmp_path: Path,
) -> None:
    database = Away(address_of(None, tmp_path))
    with running(database) as interactions:
        assert interactions.asker(WHO) == Asker()
        early = interactions.note(searched(interactions))
        with pytest.raises(DatabaseUnavailable, match="can't be taken yet"):
            take(interactions, early)
        database.away = False
        deadline = datetime.now(UTC).timestamp() + 10
        while interactions.asker(WHO) == Asker():
            assert datetime.now(UTC).timestamp() < deadline
        query_id = interactions.note(searched(interactions))
        assert take(interactions, query_id) == 1
        assert take(interactions, early) == 0  # of a secret that is gone
        assert interactions.flush()
        (visit,) = InteractionLog(database, EVERYTHING).visits()
        assert visit.asked.query_id == query_id
        assert len(visit.clicks) == 1


def test_a_folder_that_can_not_be_written_stops_no_searches(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    with running(Database(address_of(None, tmp_path / "file" / "data"))) as interactions:
        assert interactions.note(searched(interactions))
        deadline = datetime.now(UTC).timestamp() + 10
        while "can't be looked after" not in caplog.text:
            assert datetime.now(UTC).timestamp() < deadline
    assert caplog.text.count("can't be looked after") == 1


def test_events_beyond_what_may_wait_are_for_the_sender_to_keep(tmp_path: Path) -> None:
    database = Away(address_of(None, tmp_path))
    database.away = False
    with running(database, max_waiting=5) as interactions:
        query_id = interactions.note(searched(interactions))
        assert interactions.flush()
        with pytest.raises(DatabaseUnavailable, match="as fast as they come"):
            take(interactions, query_id, 6)
        assert take(interactions, query_id, 5) == 5


def test_a_salt_of_ones_own_makes_hashes_of_its_own(tmp_path: Path) -> None:
    found = set()
    for salt in ("a salt of one's own", "another one, as long"):
        with running(Database(address_of(None, tmp_path)), salt=salt) as interactions:
            found.add(interactions.asker(WHO).user)
    with running(Database(address_of(None, tmp_path))) as interactions:
        found.add(interactions.asker(WHO).user)
    assert len(found) == 3
    assert None not in found


def test_images_of_queries_are_kept_only_where_that_is_wanted(tmp_path: Path) -> None:
    with running(Database(address_of(None, tmp_path))) as interactions:
        interactions.note(searched(interactions, ImagePart(b"a photo")))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == []
