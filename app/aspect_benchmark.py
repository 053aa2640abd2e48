"""What each aspect of similarity is worth: one half of a catalog, searched by names, by what things
are, and by pictures.

Relevant to a title is what has this title; to the values of some fields, as a text, what has these
values; to a picture, what has the values that its own item has.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from app.collections import new_config
from app.search.pipeline import Searcher
from app.search.query import IdPart, SearchRequest, TextPart
from app.search.shaping import Shaping
from app.settings import Settings
from app.wiring import Wiring, build
from core.errors import SourceError
from core.fields import FieldType, Schema
from core.items import Item
from encoders.lexical import query as words_of
from eval.bench.measures import Measure
from ingestion.derive import Derive
from ingestion.limits import Pace, cores
from ingestion.load import Task, load
from ingestion.rejects import Rejection
from ingestion.sources.opening import open_source
from ingestion.sources.source import Candidate, Source
from qdrant.store import JOINT, TEXT, Generation, HybridQuery, Prefetch

_K = 10
_COLLECTION = "aspects"
_LEAST_RELEVANT = 5
_WORDS_OF_A_NAME = 4
"""Of names that are asked without one of their words, at least."""
_DISCOUNTS = 1 / np.log2(np.arange(2, _K + 2))
Weights = Mapping[str, float] | None
_TEXTS: Mapping[str, Weights] = {
    "as usual": None,
    "joint alone": {"joint": 1},
    "lexical alone": {"lexical": 1},
    "half the words": {"joint": 1, "lexical": 0.5},
    "twice the words": {"joint": 1, "lexical": 2},
}
_PICTURES: Mapping[str, Weights] = {
    "as usual": None,
    "joint alone": {"joint": 1},
    "appearance alone": {"appearance": 1},
    "half the appearance": {"joint": 1, "appearance": 0.5},
    "twice the appearance": {"joint": 1, "appearance": 2},
}


@dataclass(frozen=True)
class Study:
    """What to measure.

    Attributes:
        source: a catalog or a folder.
        fields: attributes, or 'tags', whose values say what a thing is.
        half: 0 to tune by, 1 to report.
        queries: of each kind, at most.
    """

    source: str
    fields: tuple[str, ...]
    half: int
    queries: int
    limit: int


@dataclass(frozen=True)
class _Asked:
    """One query: a text or an item's picture, and the ids that are relevant."""

    part: TextPart | IdPart
    relevant: frozenset[str]


@dataclass(frozen=True)
class _Half:
    """The entries of a source in one half, which their ids decide."""

    whole: Source
    half: int
    limit: int
    total: int | None = None

    @property
    def name(self) -> str:
        return self.whole.name

    @property
    def attributes(self) -> Mapping[str, FieldType]:
        return self.whole.attributes

    @property
    def notes(self) -> Sequence[str]:
        return self.whole.notes

    def entries(self) -> Iterator[Candidate | Rejection]:
        taken = 0
        for entry in self.whole.entries():
            if isinstance(entry, Candidate) and zlib.crc32(entry.item.id.encode()) % 2 == self.half:
                taken += 1
                yield entry
            if taken >= self.limit:
                return


def bench_aspects(settings: Settings, study: Study) -> list[Measure]:
    """nDCG@10 of each kind of query by each choice of aspects. Raises SourceError."""
    with closing(build(settings)) as wiring:
        items = _loaded(wiring, study)
        searcher = wiring.searcher()
        found: list[Measure] = []
        for kind, asked in _queries(items, study).items():
            if not asked:
                continue
            ways = _PICTURES if kind == "pictures" else _TEXTS
            basis = f"nDCG@{_K}, {len(asked)} queries, {len(items):,} items"
            for way, weights in ways.items():
                scores = [_score(_search(searcher, one.part, weights), one) for one in asked]
                found.append(Measure(f"{kind}, {way}", float(np.mean(scores)), "", basis))
            if kind != "pictures":
                with wiring.catalog.lease(_COLLECTION) as opened:
                    fused = [
                        _score(_by_ranks(wiring, opened.generation, one), one) for one in asked
                    ]
                found.append(Measure(f"{kind}, by ranks", float(np.mean(fused)), "", basis))
        return found


def _loaded(wiring: Wiring, study: Study) -> list[Item]:
    half = _Half(open_source(study.source), study.half, study.limit)
    config = new_config(wiring, Schema(dict(half.attributes)), "int8")
    generation = wiring.store.create(_COLLECTION, config)
    with closing(generation):
        task = Task(
            half,
            generation,
            wiring.encoder(),
            pace=Pace(encoders=cores()),
            derive=Derive(colors=False, duplicates=False),
        )
        report = load(task)
        if not report.indexed:
            raise SourceError(f"{study.source} holds no item that can be used.")
        generation.compact()
        there = set(generation.ids())
    wiring.store.publish(_COLLECTION, generation.name)
    entries = [entry.item for entry in half.entries() if isinstance(entry, Candidate)]
    return [item for item in entries if item.id in there]


def _queries(items: Sequence[Item], study: Study) -> dict[str, list[_Asked]]:
    draw = random.Random(0)
    by_title: dict[str, set[str]] = {}
    by_values: dict[tuple[str, ...], set[str]] = {}
    for item in items:
        by_title.setdefault(item.title, set()).add(item.id)
        values = _values(item, study.fields)
        if values:
            by_values.setdefault(values, set()).add(item.id)
    by_title.pop("", None)
    titles = draw.sample(sorted(by_title), min(study.queries, len(by_title)))
    common = [values for values, ids in sorted(by_values.items()) if len(ids) >= _LEAST_RELEVANT]
    values_asked = draw.sample(common, min(study.queries, len(common)))
    pictured = [item for item in items if len(by_values.get(_values(item, study.fields), ())) > 1]
    pictures = draw.sample(pictured, min(study.queries, len(pictured)))
    return {
        "names": [_Asked(TextPart(each), frozenset(by_title[each])) for each in titles],
        "parts of names": [
            _Asked(TextPart(_without_a_word(each, draw)), frozenset(by_title[each]))
            for each in titles
            if len(each.split()) >= _WORDS_OF_A_NAME
        ],
        "kinds of things": [
            _Asked(TextPart(" ".join(each).lower()), frozenset(by_values[each]))
            for each in values_asked
        ],
        "pictures": [
            _Asked(IdPart(item.id), frozenset(by_values[_values(item, study.fields)] - {item.id}))
            for item in pictures
        ],
    }


def _without_a_word(title: str, draw: random.Random) -> str:
    words = title.split()
    words.pop(draw.randrange(len(words)))
    return " ".join(words)


def _values(item: Item, fields: Sequence[str]) -> tuple[str, ...]:
    """The item's values of the fields; none where it lacks one."""
    found = []
    for name in fields:
        value = " ".join(item.tags) if name == "tags" else item.attributes.get(name)
        if value in (None, ""):
            return ()
        found.append(str(value))
    return tuple(found)


def _search(searcher: Searcher, part: TextPart | IdPart, weights: Weights) -> list[str]:
    aspects = tuple(sorted(weights.items())) if weights is not None else None
    shaping = Shaping(collapse=False, aspects=aspects)
    answer = searcher.search(_COLLECTION, SearchRequest((part,), limit=_K, shaping=shaping))
    return [hit.id for hit in answer.hits]


def _by_ranks(wiring: Wiring, generation: Generation, one: _Asked) -> list[str]:
    """Reciprocal rank fusion of both lists, the alternative."""
    assert isinstance(one.part, TextPart)
    vector = wiring.encoder().encode_texts([one.part.text])[0]
    lists = [Prefetch(JOINT, vector, 100)]
    words = words_of(one.part.text)
    if words.indices:
        lists.append(Prefetch(TEXT, words, 100))
    return [p.id for p in generation.hybrid(HybridQuery(tuple(lists), limit=_K, fusion="rrf"))]


def _score(ids: Sequence[str], one: _Asked) -> float:
    """nDCG@10 with relevance of 0 and 1 (Jarvelin and Kekalainen 2002)."""
    gains = np.array([each in one.relevant for each in ids] + [False] * (_K - len(ids)))
    ideal = _DISCOUNTS[: min(_K, len(one.relevant))].sum()
    return float((gains * _DISCOUNTS).sum() / ideal)
