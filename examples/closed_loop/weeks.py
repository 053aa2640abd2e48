"""Weeks of the shop: people search and click, their clicks train, the gate judges, the model
changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from app.bulk_load import BulkLoad
from app.cli.release_training import queries_of, train
from app.loading import load_collection
from app.release.record import Record, State, Step
from app.release.run import start
from app.release.work import Tools
from app.search.query import SearchRequest, TextPart
from app.wiring import Wiring
from core.interactions import Visit
from eval.experiments.users import Habits, Population, Search, Shown
from eval.online.export import export
from examples.closed_loop.shop import Shop
from examples.closed_loop.towers import training

COLLECTION = "shop"
_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Plan:
    """How much of everything.

    Attributes:
        sessions: of people in a week, one or more searches each.
        shuffled: share of the pages in random order: they tell the bias of position.
        steps: of training, for each week that there are clicks of.
        bundle: whether the trained model is exported and served as a bundle, as it should be; the
            test saves the time and serves it in PyTorch.
    """

    shop: Shop = field(default_factory=Shop)
    sessions: int = 36
    shuffled: float = 0.2
    steps: int = 10
    batch: int = 32
    bundle: bool = True


@dataclass(frozen=True)
class Week:
    """What came of one. before, after: nDCG@10 against the hidden preferences."""

    record: Record
    searches: int
    clicks: int
    before: float
    after: float

    @property
    def published(self) -> bool:
        return self.record.state is State.PUBLISHED


class Loop:
    """The shop in `folder`, which has the catalog, and the collection that people search.

    Args:
        model: the folder of the model that the collection begins with.
    """

    def __init__(self, wiring: Wiring, folder: Path, plan: Plan, model: Path) -> None:
        self._wiring = wiring
        self._folder = folder
        self._plan = plan
        self._model = model
        load_collection(wiring, BulkLoad(COLLECTION, str(folder / "catalog.csv")))

    def week(self, number: int) -> Week:
        """People search for a week; their clicks train a candidate; a release decides."""
        visits = self._searched(number)
        export(visits, self._folder / "events")
        return self._released(number, visits, f"week-{number}", self._recipe(number))

    def broken(self, number: int) -> Week:
        """The same, but somebody joined the log to the catalog by the wrong column: every click is
        one on another item. And the titles were forgotten."""
        visits = self._searched(number)
        ids = [thing.id for thing in self._plan.shop.things]
        other = dict(zip(ids, np.random.default_rng(number).permutation(ids).tolist(), strict=True))
        export((_joined(visit, other) for visit in visits), self._folder / "wrong")
        recipe = self._recipe(number)
        recipe["data"]["sources"][0]["log"] = "wrong"
        recipe["data"]["sources"].pop()
        return self._released(number, visits, f"week-{number}", recipe)

    def _searched(self, number: int) -> list[Visit]:
        """What people did in a week, with the collection as it answers now."""
        plan, shop = self._plan, self._plan.shop
        things = {thing.id: thing for thing in shop.things}
        searcher = self._wiring.searcher()
        chance = np.random.default_rng(number)

        def answer(search: Search) -> Shown:
            request = SearchRequest((TextPart(search.query),), limit=10)
            ids = [hit.id for hit in searcher.search(COLLECTION, request).hits]
            shuffled = bool(chance.random() < plan.shuffled)
            return Shown(list(chance.permutation(ids)) if shuffled else ids, randomised=shuffled)

        people = Population(
            shop.queries,
            lambda query, item: shop.wish(query, things[item]),
            habits=Habits(noise=0.01),
            start=_MONDAY + timedelta(weeks=number - 1),
            collection=COLLECTION,
            seed=number,
        )
        return list(people.answered(answer, plan.sessions))

    def _released(
        self, number: int, visits: list[Visit], name: str, recipe: dict[str, Any]
    ) -> Week:
        (self._folder / f"{name}-recipe.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
        release = {
            "collection": COLLECTION,
            "name": name,
            "candidate": {"recipe": f"{name}-recipe.yaml", "bundle": self._plan.bundle},
            "gate": {
                "gain": [{"set": "wishes.yaml", "task": "wishes", "slices": ["word"]}],
                "no_loss": [{"set": "titles.yaml", "task": "titles", "metric": "ndcg@10"}],
                "level": 0.1,  # a small shop has few queries to judge by
            },
            "shadow": {"log": "events", "sample": 100},
            "experiment": {"skip": "The people are simulated; a week is all they have."},
            "seed": number,
        }
        file = self._folder / f"{name}.yaml"
        file.write_text(yaml.safe_dump(release, sort_keys=False))
        record = start(self._wiring, file, Tools(train, queries_of))
        self._wiring.catalog.refresh()
        figure = next(
            one for one in record.facts(Step.EVALUATE)["figures"] if one["want"] == "gain"
        )
        clicks = sum(len(visit.clicks) for visit in visits)
        return Week(record, len(visits), clicks, figure["before"], figure["after"])

    def _recipe(self, number: int) -> dict[str, Any]:
        """A week's training, from the first model on: all clicks so far, against the bias of
        position, and titles beside them."""
        clicks = {
            "kind": "clicks",
            "path": "catalog.csv",
            "log": "events",
            "propensities": {"estimator": "randomised", "positions": 10, "clip": 4},
            "negatives": 2,
            "skips": 3,
        }
        titles = {"kind": "captions", "path": "catalog.csv", "texts": ["title"], "share": 0.5}
        return {
            "model": f"st:{self._model}",
            "data": {"sources": [clicks, titles]},
            **training(number * self._plan.steps, self._plan.batch, rate=1e-3),
        }


def _joined(visit: Visit, other: Mapping[str, str]) -> Visit:
    """The visit with every item taken for another."""
    return replace(visit, events=tuple(replace(e, item=other[e.item]) for e in visit.events))
