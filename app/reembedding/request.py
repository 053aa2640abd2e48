"""What a re-embedding is asked for, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.reembedding.comparing import Comparison
from app.reembedding.filling import Filled, OnFilled
from app.reembedding.images import Wish
from app.reembedding.survey import Survey
from ingestion.limits import Pace, cores


@dataclass(frozen=True)
class Reembedding:
    """A collection, and the encoder that it is to have.

    Attributes:
        leave_out: publish without the items of which no image can be had; else nothing is
            published where there are any.
        queries, qrels: see `app.reembedding.comparing.asked_from`.
        max_drop: publish only where recall@10 falls by this at most, 0 to 1; needs `qrels`.
        publish: False stops before the switch; the same again, with True, goes on from there.
        keep_vectors: take the vectors over as they are: for an encoder whose image tower is that of
            the one before, which the caller has to have checked.
    """

    collection: str
    encoder: str
    wish: Wish = Wish.AUTO
    leave_out: bool = False
    queries: Path | None = None
    qrels: Path | None = None
    max_drop: float | None = None
    publish: bool = True
    keep_vectors: bool = False
    pace: Pace = field(default_factory=lambda: Pace(encoders=cores()))


@dataclass(frozen=True)
class Watching:
    """Is told how it goes."""

    on_survey: Callable[[Survey], None] = lambda _: None
    on_progress: OnFilled = lambda _: None
    on_indexing: Callable[[int], None] = lambda _: None
    on_compared: Callable[[Comparison], None] = lambda _: None


@dataclass(frozen=True)
class Reembedded:
    """What came of it.

    Attributes:
        refused: why it was not published, for a person; '' where it was, or was not to be.
        without: the file that names the items that have no new vector; None where there are none.
    """

    generation: str
    count: int
    published: bool
    filled: Filled = field(default_factory=Filled)
    comparison: Comparison | None = None
    refused: str = ""
    without: Path | None = None
