"""Searches of all that a search does, against their bare parts; what each stage costs; recall."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from itertools import product

import numpy as np

from app.search.query import SearchRequest, TextPart
from app.search.shaping import Shaping
from app.settings import Settings
from app.wiring import Wiring, build
from core.filter_parser import parse_filter
from core.filters import Filter
from eval.bench.latency import bench_search as time_search
from eval.bench.measures import Measure, time_in_turn
from eval.bench.recall import bench_recall
from qdrant.store import JOINT, Generation, VectorQuery

COLLECTION = "bench"
HITS = 20
FACETS = ("tags", "colors")
VARIETY = 0.3
"""Diversity that is asked for."""
DRAWN = "aspect"
"""A number field that every item has, here drawn from 0 to 1, to filter by shares of the items."""
_SHARES = (0.001, 0.01, 0.15)
_COLOURS = ("", "red", "blue", "green", "yellow", "black", "white", "old", "small", "two", "no")
_TEXTS = (
    "apple", "red flag", "running shoes", "a dog", "blue car on a road", "house with a garden",
    "a slice of pizza", "black cat", "man playing the guitar", "green bottle", "yellow flower",
    "wooden chair", "birthday cake with candles", "sailing boat", "old computer", "snowy mountain",
    "a bird flying", "strawberry", "a red and white umbrella", "tools for the garden", "a clock",
    "a woman with a hat", "fish in the sea", "traffic sign", "a yellow taxi", "cup of coffee",
    "a Christmas tree", "a football", "keys", "a tropical island", "an angry face", "lightning",
)  # fmt: skip


def asked() -> list[str]:
    """352 different texts, so that what is remembered of one helps the next no more than it does
    among people's."""
    return [f"{word} {text}".strip() for word, text in product(_COLOURS, _TEXTS)]


def bench_search(settings: Settings, *, rounds: int = 300) -> list[Measure]:
    """A text search in process against one text encode and one engine query, and its stages."""
    texts = asked()
    with closing(build(settings)) as wiring:
        encoder, searcher = wiring.encoder(), wiring.searcher()
        with wiring.catalog.lease(COLLECTION) as opened:
            generation = opened.generation
            vectors = encoder.encode_texts(texts)

            def search(number: int) -> object:
                wanted = SearchRequest(
                    (TextPart(texts[number % len(texts)]),),
                    limit=HITS,
                    facets=FACETS,
                    shaping=Shaping(diversity=VARIETY),
                )
                answer = searcher.search(COLLECTION, wanted)
                stages.append(answer.timings_ms)
                return answer

            stages: list[object] = []
            found = time_search(
                encode=lambda n: encoder.encode_texts([texts[n % len(texts)]]),
                query=lambda n: generation.query(VectorQuery(vectors[n % len(texts)], limit=HITS)),
                search=search,
                rounds=rounds,
            )
            return found + _stages(stages) + [_facets_once(generation)]


def _stages(timings: Sequence[object]) -> list[Measure]:
    laps: dict[str, list[float]] = {}
    for one in timings:
        assert isinstance(one, dict)
        for name, taken in one.items():
            laps.setdefault(name, []).append(taken)
    laps.pop("total")
    return [
        Measure(f"stage {name} p50", float(np.median(taken)), "ms", "of the text search")
        for name, taken in laps.items()
    ]


def _facets_once(generation: Generation) -> Measure:
    """Searches remember facets until the next write: this is what the first of them waits for."""
    (taken,) = time_in_turn([lambda n: generation.facet(FACETS[n % len(FACETS)])], 10)
    return Measure("facet of one field, counted anew", taken.p50, "ms", "engine alone")


def bench_index(settings: Settings) -> list[Measure]:
    """Recall of the index against exact search, without and with a filter."""
    with closing(build(settings)) as wiring, wiring.catalog.lease(COLLECTION) as opened:
        generation = opened.generation
        filters: dict[str, tuple[Filter | None, float]] = {"recall@10 of the index": (None, 0.98)}
        for share in _SHARES:
            wanted = parse_filter({DRAWN: {"lt": share}}, generation.config.schema)
            filters[f"recall@10, {share:.1%} pass a filter"] = (wanted, 0.95)
        measures = [_recall(wiring, generation, name, *wish) for name, wish in filters.items()]
        return [each for pair in measures for each in pair]


def _recall(
    wiring: Wiring, generation: Generation, name: str, wanted: Filter | None, at_least: float
) -> list[Measure]:
    vectors = wiring.encoder().encode_texts(_TEXTS)

    def find(number: int, exact: bool) -> list[str]:
        query = VectorQuery(vectors[number], limit=10, filter=wanted, exact=exact)
        return [point.id for point in generation.query(query)]

    count, dim = generation.count(), generation.config.vectors[JOINT]
    basis = f"{len(vectors)} texts, {count:,} x {dim}, int8 and rescoring"
    found = bench_recall(find, queries=len(vectors), k=10, name=name, basis=basis)
    by_index, exact = time_in_turn(
        [lambda n: find(n % len(vectors), False), lambda n: find(n % len(vectors), True)],
        len(vectors),
    )
    spared = f"of exact search, {exact.p50:.1f} ms"
    its_time = name.replace("recall@10", "its time")
    return [
        replace(found, at_least=at_least),
        Measure(its_time, by_index.p50 / exact.p50, "x", spared),
    ]
