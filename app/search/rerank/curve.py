"""Relevance curves: from the scores of an item to the chance that a person calls it relevant."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Annotated, Literal

from pydantic import Field

from app.search.rerank.part import Part

Kind = Literal["text", "image", "mix"]
HALF = 20.0
"""The BM25 score whose share is one half: of a few words that match, where most judgments lie."""
_MOST = 60.0


class Curve(Part):
    """Relevance = sigmoid(slope x cosine + words x s / (s + 20) + intercept), s being the BM25
    score (Platt 1999); with knots, what lies between these in place of the sigmoid (isotonic
    regression, Zadrozny and Elkan 2002)."""

    slope: float = Field(ge=0)
    intercept: float
    words: float = Field(0.0, ge=0)
    knots: list[tuple[float, Annotated[float, Field(ge=0, le=1)]]] = Field(
        [], max_length=1000, description="(slope x cosine + ..., relevance), ascending."
    )
    fingerprint: str | None = Field(
        None, description="Of the encoder it was fitted for; for another it does not count."
    )

    def probability(self, cosine: float, bm25: float = 0.0) -> float:
        """0 to 1, of an item of these scores; never falls where one of them rises."""
        share = bm25 / (bm25 + HALF) if bm25 > 0 else 0.0
        logit = self.slope * cosine + self.words * share + self.intercept
        if self.knots:
            return self._between(logit)
        return 1.0 / (1.0 + math.exp(-max(-_MOST, min(_MOST, logit))))

    def _between(self, logit: float) -> float:
        after = bisect_right(self.knots, logit, key=lambda knot: knot[0])
        if after == 0:
            return self.knots[0][1]
        if after == len(self.knots):
            return self.knots[-1][1]
        (x0, y0), (x1, y1) = self.knots[after - 1], self.knots[after]
        return y0 + (y1 - y0) * (logit - x0) / (x1 - x0)
