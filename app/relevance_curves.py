"""Relevance curves of a collection, fitted to judgments of its own searches.

Each query is asked as a search is; its candidates' scores and their judgments are what is fitted. A
part of the queries is held out and tells how far the curve, and what was before it, is off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ranking import ranking_of_collection, set_ranking
from app.search.aspects import LEXICAL
from app.search.candidates import Candidate
from app.search.query import IdPart, Part, SearchRequest, TextPart
from app.search.rerank.curve import HALF, Curve, Kind
from app.wiring import Wiring
from core.errors import InvalidRequest
from qdrant.store import JOINT
from training.ranker.relevance_curve import Method, fit_curve

_BINS = 10
LINES = (0.1, 0.3, 0.5, 0.7)
"""Cut-offs whose precision and recall are told."""


@dataclass(frozen=True)
class Judged:
    """A query of one kind, and the grades of items: above 0 is relevant."""

    parts: tuple[Part, ...]
    grades: Mapping[str, float]

    @property
    def kind(self) -> Kind:
        texts = any(isinstance(part, TextPart) for part in self.parts)
        images = any(isinstance(part, IdPart) for part in self.parts)
        if texts and images:
            return "mix"
        return "text" if texts else "image"

    @property
    def held_out(self) -> bool:
        """Decided by the query alone: three in ten."""
        return hashlib.sha256(repr(self.parts).encode()).digest()[0] < 77


@dataclass(frozen=True)
class Reliability:
    """How a curve does on held-out candidates. Brier score and expected calibration error (of ten
    equal bins, Naeini et al. 2015) are 0 at best."""

    brier: float
    error: float

    @classmethod
    def of(cls, said: NDArray[np.float64], relevant: NDArray[np.bool_]) -> Reliability:
        """said: float64 (n,), 0 to 1; relevant: bool (n,)."""
        place = np.minimum((said * _BINS).astype(int), _BINS - 1)
        off = [
            abs(said[place == at].mean() - relevant[place == at].mean()) * np.mean(place == at)
            for at in np.unique(place)
        ]
        return cls(float(np.mean((said - relevant) ** 2)), float(sum(off)))


@dataclass(frozen=True)
class Fit:
    """A fitted curve with what it was measured to be.

    before: of what the collection had; None where that knew nothing. lines: by cut-off the share of
    what stays that is relevant, and the share of the relevant candidates that stays.
    """

    kind: Kind
    curve: Curve
    queries: int
    candidates: int
    relevant: int
    after: Reliability
    before: Reliability | None
    lines: Mapping[float, tuple[float, float]]

    def as_json(self) -> dict[str, Any]:
        before = None if self.before is None else vars(self.before)
        return {
            "kind": self.kind,
            "curve": self.curve.model_dump(),
            "queries": self.queries,
            "candidates": self.candidates,
            "relevant": self.relevant,
            "before": before,
            "after": vars(self.after),
            "lines": {
                str(line): {"precision": round(p, 4), "recall": round(r, 4)}
                for line, (p, r) in self.lines.items()
            },
        }


@dataclass(frozen=True)
class _Scored:
    """Candidates of one side: float64 (n,) and bool (n,)."""

    cosines: NDArray[np.float64]
    bm25: NDArray[np.float64]
    relevant: NDArray[np.bool_]

    @property
    def shares(self) -> NDArray[np.float64]:
        return self.bm25 / (self.bm25 + HALF)

    def by(self, probability: Callable[[float, float], float]) -> NDArray[np.float64]:
        pairs = zip(self.cosines.tolist(), self.bm25.tolist(), strict=True)
        return np.array([probability(cosine, bm25) for cosine, bm25 in pairs])


def fit_collection(
    wiring: Wiring,
    name: str,
    judged: Sequence[Judged],
    *,
    method: Method = "platt",
    depth: int = 50,
    unjudged: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> list[Fit]:
    """A curve for each kind of query that is judged.

    Args:
        depth: candidates of each query.
        unjudged: whether candidates without a judgment count as not relevant.

    Raises InvalidRequest where nothing can be fitted, CollectionNotFound and StoreError.
    """
    searcher = wiring.searcher()
    found: dict[Kind, list[tuple[Judged, list[Candidate]]]] = {}
    for done, one in enumerate(judged, start=1):
        candidates = searcher.candidates(name, SearchRequest(one.parts), depth)
        kept = [each for each in candidates if unjudged or each.id in one.grades]
        found.setdefault(one.kind, []).append((one, kept))
        if progress is not None:
            progress(done, len(judged))
    if not found:
        raise InvalidRequest("There are no judged queries.", field="queries")
    return [_fitted(wiring, name, kind, lists, method) for kind, lists in found.items()]


def keep(wiring: Wiring, name: str, fits: Sequence[Fit]) -> None:
    """Put the curves into the collection's ranking, in the place of those of their kinds."""
    ranking = ranking_of_collection(wiring, name)
    curves = {**ranking.calibration, **{fit.kind: fit.curve for fit in fits}}
    set_ranking(wiring, name, ranking.model_copy(update={"calibration": curves}))


def _fitted(
    wiring: Wiring,
    name: str,
    kind: Kind,
    lists: Sequence[tuple[Judged, list[Candidate]]],
    method: Method,
) -> Fit:
    taught = _scored([each for each in lists if not each[0].held_out])
    held = _scored([each for each in lists if each[0].held_out])
    if not held.relevant.any() or held.relevant.all():
        raise InvalidRequest(
            f"Too few queries of the kind '{kind}' to fit on some and measure on others.",
            hint="Judge more queries, some with items that are not relevant.",
            field="queries",
        )
    config = wiring.store.info(name).config
    fitted = fit_curve(taught.cosines, taught.shares, taught.relevant, method)
    curve = Curve(
        slope=fitted.slope,
        intercept=fitted.intercept,
        words=fitted.words,
        knots=fitted.knots,
        fingerprint=config.fingerprint,
    )
    known, _ = ranking_of_collection(wiring, name).curve(kind, config.fingerprint)
    encoder = wiring.encoder_of(name, config)
    said = held.by(curve.probability)
    old: NDArray[np.float64] | None = None
    if known is not None:
        old = held.by(known.probability)
    elif encoder.relevance(0.0, kind) is not None:
        old = held.by(lambda cosine, _: encoder.relevance(cosine, kind) or 0.0)
    return Fit(
        kind,
        curve,
        len(lists),
        len(taught.relevant) + len(held.relevant),
        int(taught.relevant.sum() + held.relevant.sum()),
        Reliability.of(said, held.relevant),
        None if old is None else Reliability.of(old, held.relevant),
        {line: _at(line, said, held.relevant) for line in LINES},
    )


def _scored(lists: Sequence[tuple[Judged, list[Candidate]]]) -> _Scored:
    rows = [
        (
            each.aspects[JOINT].raw,
            each.aspects[LEXICAL].raw if LEXICAL in each.aspects else 0.0,
            one.grades.get(each.id, 0.0) > 0,
        )
        for one, candidates in lists
        for each in candidates
        if JOINT in each.aspects
    ]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 3)
    return _Scored(table[:, 0], np.maximum(table[:, 1], 0.0), table[:, 2] > 0)


def _at(line: float, said: NDArray[np.float64], relevant: NDArray[np.bool_]) -> tuple[float, float]:
    """Precision and recall of what is at least so relevant; the precision of nothing is 1."""
    stays = said >= line
    right = float((stays & relevant).sum())
    return right / float(stays.sum()) if stays.any() else 1.0, right / float(relevant.sum())
