"""Reading and setting how a collection ranks."""

from __future__ import annotations

from app.search.rerank.ranking import Ranking
from app.wiring import Wiring
from core.fields import Schema


def ranking_of_collection(wiring: Wiring, name: str) -> Ranking:
    """Raises CollectionNotFound."""
    _schema(wiring, name)
    return wiring.rankings.of(name)


def set_ranking(wiring: Wiring, name: str, ranking: Ranking) -> None:
    """Check a ranking against the collection and its files, and keep it.

    Raises CollectionNotFound, and InvalidRequest and SettingsError for what can't work.
    """
    config = wiring.store.info(name).config
    ranking.check(config.schema)
    ranking.check_curves(config.fingerprint)
    wiring.shelf.check(ranking, config.fingerprint)
    wiring.rankings.set(name, ranking)


def reset_ranking(wiring: Wiring, name: str) -> None:
    """Go back to the default. Raises CollectionNotFound."""
    _schema(wiring, name)
    wiring.rankings.drop(name)


def _schema(wiring: Wiring, name: str) -> Schema:
    return wiring.store.info(name).config.schema
