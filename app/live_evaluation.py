"""A live collection on an evaluation task: what its index, quantization and re-ranking cost.

Each query is asked three times: through the search pipeline, as a user asks, but that
near-duplicates are not collapsed, as judgments are of single images; of the engine by its index;
and of the engine exactly, over the same stored vectors at full precision. Where a running service
has the collection open, its engine can't be asked: the pipeline goes over HTTP, and exact search
runs here, over the task's own items.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.collection import OpenCollection
from app.running import search_running_service
from app.search.query import ImagePart, Part, SearchRequest, TextPart, UrlPart
from app.search.shaping import Shaping
from app.wiring import Wiring
from core.errors import CollectionBusy, ImageUnreadable
from encoders.encoder import Encoder
from encoders.images import read_file
from eval.retrieval.encoding import Encoded, Encoding, Skipped, encode_members
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.judging import Side
from eval.retrieval.lists import Lists, RankedList, judge_lists, shared
from eval.retrieval.measuring import Measuring
from eval.retrieval.tasks import Member, RetrievalTask, Task
from qdrant.store import VectorQuery

_UNSHAPED = Shaping(collapse=False)
PIPELINE_RECALL, INDEX_RECALL = "pipeline_recall", "index_recall"
_DEPTH = 100
"""Items of each answer that are looked at, at least."""
_BY_SERVICE = (
    "A running service answered, so the index alone was not measured, and exact search went over "
    "the task's own items."
)


@dataclass(frozen=True)
class LiveEvaluation:
    """The pipeline as users see it, and exact search beside it.

    The first has two metrics more: 'pipeline_recall@k', the share of the exact best k that are
    among the pipeline's best k, and, where the engine can be asked, 'index_recall@k', the share
    that the index finds.
    """

    live: Evaluation
    exact: Evaluation


@dataclass(frozen=True)
class _Collection:
    """How a collection is asked.

    Attributes:
        search: through the pipeline.
        exact: the best items to a vector, at full precision.
        index: the same by the index; None where the engine can't be asked.
        missing: items of the task that it does not have.
        count: number of items searched.
    """

    search: Callable[[SearchRequest], dict[str, Any]]
    exact: Callable[[NDArray[np.float32]], RankedList]
    index: Callable[[NDArray[np.float32]], RankedList] | None
    missing: tuple[Skipped, ...]
    count: int
    notes: tuple[str, ...] = ()


def searchable(task: Task) -> bool:
    """Whether a collection can answer the task: it holds images."""
    return isinstance(task, RetrievalTask) and task.direction.endswith("->image")


def evaluate_live(
    wiring: Wiring,
    name: str,
    task: RetrievalTask,
    *,
    measuring: Measuring,
    encoding: Encoding,
) -> LiveEvaluation:
    """The collection `name` on a task whose items are, by id, among its own.

    Raises CollectionNotFound, EncoderMismatch, SourceError and InvalidQuery as searching and
    judging do.
    """
    encoder = wiring.encoder()
    own = int(task.exclude_self)
    depth = min(max(*measuring.ks, _DEPTH), wiring.settings.http.max_limit - own)
    try:
        with wiring.catalog.lease(name) as opened:
            encoder = wiring.encoder_of(name, opened.config)
            asked = _of_engine(wiring, opened, task, depth + own)
            return _measured(name, encoder, task, asked, depth, measuring, encoding)
    except CollectionBusy as busy:
        asked = _of_service(wiring, name, task, depth + own, busy, encoding)
        return _measured(name, encoder, task, asked, depth, measuring, encoding)


def _of_engine(
    wiring: Wiring, opened: OpenCollection, task: RetrievalTask, limit: int
) -> _Collection:
    generation, visible = opened.generation, opened.visible(None)
    searcher = wiring.searcher()
    stored = set(generation.ids())
    missing = tuple(
        Skipped(name, "not in the collection") for name in task.item_ids if name not in stored
    )
    count = opened.count()
    more = count - (len(task.item_ids) - len(missing))
    notes = (f"The collection has {more:,} items that the task does not.",) if more > 0 else ()

    def find(vector: NDArray[np.float32], exact: bool) -> RankedList:
        query = VectorQuery(vector, limit=limit, filter=visible, exact=exact, with_payload=False)
        found = sorted(generation.query(query), key=lambda point: (-point.score, point.id))
        return RankedList(tuple(point.id for point in found), tuple(point.score for point in found))

    return _Collection(
        search=lambda request: searcher.search(opened.name, request).as_json(),
        exact=lambda vector: find(vector, True),
        index=lambda vector: find(vector, False),
        missing=missing,
        count=count,
        notes=notes,
    )


def _of_service(
    wiring: Wiring,
    name: str,
    task: RetrievalTask,
    limit: int,
    busy: CollectionBusy,
    encoding: Encoding,
) -> _Collection:
    root = wiring.directories.root
    first = SearchRequest(limit=1)
    count = int(search_running_service(root, name, first, busy)["total"])
    items = encode_members(wiring.encoder(), task.item_ids, task.items, encoding)
    ids = [task.item_ids[row] for row in items.rows]

    def exact(vector: NDArray[np.float32]) -> RankedList:
        scores = items.vectors @ vector
        best = sorted(range(len(ids)), key=lambda place: (-scores[place], ids[place]))[:limit]
        return RankedList(
            tuple(ids[place] for place in best), tuple(float(scores[place]) for place in best)
        )

    return _Collection(
        search=lambda request: search_running_service(root, name, request, busy),
        exact=exact,
        index=None,
        missing=items.skipped,
        count=count,
        notes=(_BY_SERVICE,),
    )


def _measured(
    name: str,
    encoder: Encoder,
    task: RetrievalTask,
    asked: _Collection,
    depth: int,
    measuring: Measuring,
    encoding: Encoding,
) -> LiveEvaluation:
    queries = encode_members(encoder, task.query_ids, task.queries, encoding)
    answers = _Answers(task, asked, depth)
    seconds = answers.collect(queries, encoding)
    gallery = asked.count - int(task.exclude_self)
    ks = [k for k in measuring.ks if k <= min(depth, gallery)]

    def lists(found: dict[int, RankedList], shares: dict[str, dict[int, float]]) -> Lists:
        return Lists(found, depth, gallery, asked.missing, queries.skipped, shares, asked.notes)

    def side(suffix: str, spent: float) -> Side:
        told = f"{name} ({encoder.name}){suffix}"
        return Side(told, encoder.fingerprint, {"search": spent}, encoder.dim)

    by_pipeline = lists(answers.live, answers.shares(ks))
    live = judge_lists(task, side("", seconds[0]), by_pipeline, measuring=measuring)
    in_full = lists(answers.exact, {})
    exact = judge_lists(task, side(", exact", seconds[1]), in_full, measuring=measuring)
    return LiveEvaluation(live, exact)


class _Answers:
    """What the queries of a task were answered, by row of the query."""

    def __init__(self, task: RetrievalTask, asked: _Collection, depth: int) -> None:
        self._task = task
        self._asked = asked
        self._depth = depth
        self.live: dict[int, RankedList] = {}
        self.exact: dict[int, RankedList] = {}
        self.index: dict[int, RankedList] = {}

    def collect(self, queries: Encoded, encoding: Encoding) -> tuple[float, float]:
        """Asks all; seconds spent in the pipeline and in exact search."""
        limit = min(self._depth + int(self._task.exclude_self), max(1, self._asked.count))
        spent = [0.0, 0.0]
        for done, row in enumerate(queries.rows, start=1):
            part = _part(self._task.queries[row])
            started = time.perf_counter()
            answer = self._asked.search(SearchRequest((part,), limit=limit, shaping=_UNSHAPED))
            asked = time.perf_counter()
            vector = queries.vectors[done - 1]
            self._keep(self.exact, int(row), self._asked.exact(vector))
            spent[0] += asked - started
            spent[1] += time.perf_counter() - asked
            if self._asked.index is not None:
                self._keep(self.index, int(row), self._asked.index(vector))
            hits = answer["hits"]
            found = RankedList(
                tuple(hit["id"] for hit in hits), tuple(hit["score"] or 0.0 for hit in hits)
            )
            self._keep(self.live, int(row), found)
            if encoding.progress:
                encoding.progress(done, len(queries.rows))
        return spent[0], spent[1]

    def shares(self, ks: list[int]) -> dict[str, dict[int, float]]:
        """What the pipeline and the index find of the exact best k, by metric and row."""
        found = {PIPELINE_RECALL: self.live}
        if self._asked.index is not None:
            found[INDEX_RECALL] = self.index
        return {
            f"{name}@{k}": {row: shared(lists[row], self.exact[row], k) for row in self.exact}
            for name, lists in found.items()
            for k in ks
        }

    def _keep(self, lists: dict[int, RankedList], row: int, found: RankedList) -> None:
        if self._task.exclude_self:
            found = found.without(self._task.query_ids[row])
        lists[row] = found.first(self._depth)


def _part(member: Member) -> Part:
    """The query as a user sends it. Raises InvalidQuery for an empty text."""
    if isinstance(member, str):
        return TextPart(member)
    if member.url is not None:
        return UrlPart(member.url)
    if member.data is not None:
        return ImagePart(member.data)
    if member.path is None:
        raise ImageUnreadable("There is no image.")
    return ImagePart(read_file(member.path))
