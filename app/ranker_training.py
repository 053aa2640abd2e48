"""Training of a learned ranker on a collection's own searches.

Each query is asked as a search is; its candidates' features and grades make a list to learn from.
A part of the queries is held out, and tells whether the ranker is better than the order without.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.search.candidates import Candidate
from app.search.pipeline import Searcher
from app.search.query import SearchRequest, TextPart
from app.search.rerank.features import FEATURES, FeatureSource, features
from app.search.rerank.ranker import load_ranker, write_ranker
from app.search.rerank.stage import Asked
from core.errors import InvalidRequest
from core.fields import FieldType, Schema
from eval.retrieval.metrics import measure, metric_names
from eval.retrieval.significance import randomisation_test
from training.ranker.click_table import ClickTable
from training.ranker.lambdamart import LambdaMart, RankedQuery

_CUT = 10
_NDCG = metric_names([_CUT]).index(f"ndcg@{_CUT}")
_NUMBERS: tuple[FieldType, ...] = (FieldType.INTEGER, FieldType.FLOAT)
_MOMENTS: tuple[FieldType, ...] = (FieldType.DATETIME,)


@dataclass(frozen=True)
class Lesson:
    """How to train.

    Args:
        depth: candidates of each query.
        held_out: share of the queries that is not learned from.
        popularity: a number field; freshness: a datetime field.
        mart: the trees.
    """

    depth: int = 100
    held_out: float = 0.3
    popularity: str | None = None
    freshness: str = "uploaded_at"
    mart: LambdaMart = field(default_factory=LambdaMart)

    def check(self, schema: Schema) -> None:
        """Raises InvalidRequest for a field that the collection does not have."""
        fields: list[tuple[str, str | None, tuple[FieldType, ...]]] = [
            ("popularity", self.popularity, _NUMBERS)
        ]
        fields += [("freshness", self.freshness, _MOMENTS)]
        for option, name, kinds in fields:
            if name is not None and schema.fields.get(name) not in kinds:
                raise InvalidRequest(
                    f"The collection has no {' or '.join(kinds)} field '{name}'.", field=option
                )


@dataclass(frozen=True)
class Report:
    """What came of a training. nDCG@10 is the mean over the held-out queries, 0 to 1, linear gain.

    before: of the order without the ranker; p: two-sided, of the randomisation test; gains: share
    of the trees' gain by feature.
    """

    queries: int
    held_out: int
    before: float
    after: float
    p: float
    gains: Mapping[str, float]
    unfound: int

    def as_json(self) -> dict[str, Any]:
        return {
            "queries": self.queries,
            "held_out": self.held_out,
            "ndcg_at_10_before": round(self.before, 4),
            "ndcg_at_10_after": round(self.after, 4),
            "p": round(self.p, 4),
            "gains": {name: round(share, 4) for name, share in self.gains.items()},
            "queries_without_a_relevant_candidate": self.unfound,
        }


@dataclass(frozen=True)
class _Listed:
    """A query with its candidates, best first, and all its grades."""

    text: str
    candidates: list[Candidate]
    grades: Mapping[str, float]


def train_ranker(
    searcher: Searcher,
    collection: str,
    judged: Mapping[str, Mapping[str, float]],
    out: Path,
    lesson: Lesson,
    *,
    clicks: ClickTable | None = None,
    own_clicks: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Train on some of the queries, measure on the others, keep the ranker and its card.

    Args:
        judged: grade by item by the query's text.
        clicks: gives the feature of click rates.
        own_clicks: whether the judgments were made of these clicks; then a query's own ones are
            left out of its features.

    Raises InvalidRequest where there is nothing to learn, CollectionNotFound and StoreError.
    """
    with searcher.catalog.lease(collection) as opened:
        lesson.check(opened.schema)
        config = opened.config
    lists = []
    for done, (text, grades) in enumerate(judged.items(), start=1):
        request = SearchRequest((TextPart(text),))
        found = searcher.candidates(collection, request, lesson.depth)
        lists.append(_Listed(text, found, {i: g for i, g in grades.items() if g > 0}))
        if progress is not None:
            progress(done, len(judged))
    taught = [each for each in lists if not _is_held_out(each.text, lesson.held_out)]
    held = [each for each in lists if _is_held_out(each.text, lesson.held_out) and each.grades]
    if not taught or not held:
        raise InvalidRequest(
            f"{len(lists)} queries are too few to learn from some and measure on others.",
            hint="Judge more queries.",
            field="queries",
        )
    sources = _Sources(lesson, clicks, own_clicks)
    model = lesson.mart.train([_rows(each, sources.of(each)) for each in taught], FEATURES)
    known = [item for each in lists for item in (c.id for c in each.candidates)]
    kept = replace(sources.plain, clicks=clicks.rates(known) if clicks else {})
    trained = {"collection": collection, "encoder": config.encoder, "at": _now()}
    write_ranker(out, model, kept, config.fingerprint, trained)
    report = _measured(out, held, sources, len(lists) - len(held))
    write_ranker(out, model, kept, config.fingerprint, {**trained, **report.as_json()})
    out.with_suffix(".md").write_text(_card(trained, report, lesson, clicks is not None))
    return report


@dataclass(frozen=True)
class _Sources:
    """Where a query's features come from while training and measuring."""

    lesson: Lesson
    clicks: ClickTable | None
    own_clicks: bool

    @property
    def plain(self) -> FeatureSource:
        return FeatureSource(self.lesson.popularity, self.lesson.freshness)

    def of(self, listed: _Listed) -> FeatureSource:
        if self.clicks is None:
            return self.plain
        items = [candidate.id for candidate in listed.candidates]
        without = listed.text if self.own_clicks else None
        return replace(self.plain, clicks=self.clicks.rates(items, without=without))


def _measured(out: Path, held: Sequence[_Listed], sources: _Sources, taught: int) -> Report:
    ranker = load_ranker(out)
    nothing = np.zeros(0, dtype=np.float32)
    before, after = [], []
    for each in held:
        own = replace(ranker, source=sources.of(each))
        scored = own.score(each.candidates, Asked(nothing, each.text, "text"), float("inf"))
        scores = np.array([one.score for one in scored])
        order = np.argsort(-scores, kind="stable")
        ids = [candidate.id for candidate in each.candidates]
        before.append(_ndcg(ids, each.grades))
        after.append(_ndcg([ids[at] for at in order], each.grades))
    name = f"ndcg@{_CUT}"
    p = randomisation_test({name: np.array(before)}, {name: np.array(after)})[name]
    gains = ranker.gains()
    unfound = sum(not any(c.id in each.grades for c in each.candidates) for each in held)
    return Report(
        taught, len(held), float(np.mean(before)), float(np.mean(after)), p, gains, unfound
    )


def _rows(listed: _Listed, source: FeatureSource) -> RankedQuery:
    grades = [round(listed.grades.get(c.id, 0.0)) for c in listed.candidates]
    rows = features(listed.candidates, listed.text, source)
    return RankedQuery(rows, np.array(grades, dtype=np.int64))


def _ndcg(ranked: Sequence[str], grades: Mapping[str, float]) -> float:
    """Of a ranking, against all grades of its query: what was not found counts as missed."""
    place = {item: at for at, item in enumerate(ranked, start=1)}
    ranks: NDArray[np.float64] = np.array([place.get(item, np.inf) for item in grades])
    return measure(ranks, np.array(list(grades.values())), [_CUT])[_NDCG]


def _is_held_out(text: str, share: float) -> bool:
    """Decided by the text alone, so that a query is never on both sides, in no run."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32 < share


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _card(trained: Mapping[str, str], report: Report, lesson: Lesson, clicks: bool) -> str:
    used = ", ".join(f"{name} {share:.0%}" for name, share in report.gains.items() if share >= 0.01)
    return (
        "# A learned ranker\n\n"
        f"LambdaMART by LightGBM: {lesson.mart.rounds} trees of {lesson.mart.leaves} leaves. "
        f"Trained {trained['at']} on searches in '{trained['collection']}' "
        f"({trained['encoder']}); it ranks collections of that encoder only.\n\n"
        f"- learned from {report.queries:,} queries, {lesson.depth} candidates each, click rates "
        f"{'corrected for position' if clicks else 'unknown'}\n"
        f"- nDCG@10 on {report.held_out:,} queries held out: {report.before:.3f} without it, "
        f"{report.after:.3f} with it (p = {report.p:.4f})\n"
        f"- of these, {report.unfound:,} had no relevant item among their candidates: no ranker "
        "helps there\n"
        f"- what it looks at, by share of the gain: {used}\n"
    )
