"""Retrieve by several aspects: lists fused in the engine, scored again exactly.

The engine fuses the lists, and supposes a usual score where a list lacks a point. Of what it finds
best, every aspect's exact score is asked for, so that a candidate's score depends on the candidate
alone and not on how deep the lists went: pages stay in step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.search.aspects import Aspect, Question
from app.search.candidates import AspectScore, Candidate
from app.search.retrieve import Found, Wanted, find
from qdrant.store import Generation, HybridQuery, Prefetch, VectorQuery

_LEAST = 100
"""Candidates of each list, at least."""
_MARGIN = 1.5
"""How many more candidates are scored exactly than are needed."""


def retrieve(
    generation: Generation,
    wanted: Wanted,
    question: Question,
    depth: int,
    with_payload: bool,
    *,
    explain: bool = False,
    with_vectors: bool = False,
) -> Found:
    """The best `depth` candidates or a few more, by as many aspects as the question has.

    with_vectors: with their joint vectors, where these cost little.
    """
    if not question.joint_alone:
        return find_fused(
            generation, wanted, question, depth, explain=explain, with_vectors=with_vectors
        )
    found = find(generation, wanted, depth, with_payload=with_payload)
    return replace(found, plan={**found.plan, "left_out": dict(question.left_out)})


def find_fused(
    generation: Generation,
    wanted: Wanted,
    question: Question,
    depth: int,
    *,
    explain: bool = False,
    with_vectors: bool = False,
) -> Found:
    """The best `depth` candidates or a few more, with their payload.

    explain: tell each candidate's place in every list.
    """
    window = int(max(depth, 1) * _MARGIN) + 1 + len(wanted.without)
    lists = _lists(question, max(_LEAST, window))
    fused = generation.fused(
        HybridQuery(lists, limit=window, filter=wanted.filter),
        max(depth, 1) + 1,
        without=wanted.without,
        with_vectors=with_vectors,
    )
    names = [aspect.name for aspect in question.aspects]
    candidates = [
        Candidate(
            each.id,
            each.payload,
            each.score,
            {name: AspectScore(raw) for name, raw in zip(names, each.raw, strict=True)},
        )
        for each in fused.points
    ]
    if explain:
        candidates = _with_ranks(generation, question, wanted, max(_LEAST, window), candidates)
    vectors = {each.id: each.vector for each in fused.points if each.vector is not None}
    exhausted = fused.fetched < window and not fused.left
    plan = plan_of(question, window, fused.fetched)
    return Found(candidates, fused.fetched, exhausted, plan, vectors)


def best_scores(generation: Generation, wanted: Wanted, question: Question) -> Candidate:
    """What no item exceeds: the best score by each aspect, of which other items may have each."""
    return Candidate(
        "",
        {},
        0.0,
        {each.name: AspectScore(_best(generation, each, wanted)) for each in question.aspects},
    )


def _best(generation: Generation, aspect: Aspect, wanted: Wanted) -> float:
    query = VectorQuery(
        aspect.vector,
        1 + len(wanted.without),
        aspect.using,
        filter=wanted.filter,
        with_payload=False,
    )
    found = generation.query(query)
    return max((each.score for each in found if each.id not in wanted.without), default=0.0)


def _lists(question: Question, limit: int) -> tuple[Prefetch, ...]:
    return tuple(
        Prefetch(
            each.using,
            each.vector,
            limit,
            weight=each.factor,
            half=each.half,
            missing=each.missing,
        )
        for each in question.aspects
    )


def plan_of(question: Question, limit: int, fetched: int) -> Mapping[str, Any]:
    """What was asked of the engine, for explanations."""
    return {
        "fusion": "weighted",
        "aspects": {
            each.name: {
                "weight": each.weight,
                "factor": round(each.factor, 4),
                **({"half": each.half} if each.half is not None else {}),
            }
            for each in question.aspects
        },
        "left_out": dict(question.left_out),
        "limit": limit,
        "fetched": fetched,
    }


def _with_ranks(
    generation: Generation,
    question: Question,
    wanted: Wanted,
    limit: int,
    ranked: list[Candidate],
) -> list[Candidate]:
    places = {
        aspect.name: _places(generation, aspect, wanted, limit) for aspect in question.aspects
    }
    return [
        Candidate(
            each.id,
            each.payload,
            each.score,
            {
                name: AspectScore(score.raw, places[name].get(each.id))
                for name, score in each.aspects.items()
            },
        )
        for each in ranked
    ]


def _places(generation: Generation, aspect: Aspect, wanted: Wanted, limit: int) -> dict[str, int]:
    """The place of each point in the list of one aspect alone, from 1."""
    query = VectorQuery(
        aspect.vector, limit, aspect.using, filter=wanted.filter, with_payload=False
    )
    found = generation.query(query)
    kept = [point.id for point in found if point.id not in wanted.without]
    return {each: place for place, each in enumerate(kept, start=1)}
