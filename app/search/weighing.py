"""Which aspects of similarity a request is answered by, and what each weighs in its collection."""

from __future__ import annotations

from app.collection import OpenCollection
from app.search.aspects import Evidence, Question, question_of
from app.search.compose import Composed
from app.search.query import SearchRequest
from app.search.shaped import text_of
from app.search.spreads import Samples
from qdrant.store import COLOR, JOINT


def asked_of(
    opened: OpenCollection, samples: Samples, composed: Composed, request: SearchRequest
) -> Question:
    """The question that a composed request puts to a collection. Raises InvalidQuery."""
    given = request.shaping.aspects
    joint = samples.of(opened)
    seen = COLOR if composed.looks is not None else JOINT
    evidence = Evidence(
        composed.vector,
        text_of(request),
        composed.looks,
        joint,
        samples.of(opened, seen) if seen == COLOR else joint[:0],
    )
    return question_of(opened.config, evidence, dict(given) if given is not None else None)
