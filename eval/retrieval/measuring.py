"""What is measured, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.errors import InvalidQuery
from eval.retrieval.judgments import Unknown
from eval.retrieval.metrics import Gain
from eval.retrieval.resampling import Bootstrap

KS = (1, 5, 10, 100)
"""The usual cuts."""


@dataclass(frozen=True)
class Measuring:
    """What is measured, and how.

    Args:
        ks: the cuts, from 1; those larger than the gallery are left out with a note.
        gain: of nDCG, see `eval.retrieval.metrics`.
        unknown: what becomes of judgments that name unknown ids.
        bootstrap: of the confidence intervals.

    Raises InvalidQuery for a cut below 1, or no cut.
    """

    ks: tuple[int, ...] = KS
    gain: Gain = "linear"
    unknown: Unknown = "refuse"
    bootstrap: Bootstrap = field(default_factory=Bootstrap)

    def __post_init__(self) -> None:
        if not self.ks or min(self.ks) < 1:
            raise InvalidQuery("The cuts k have to be 1 or more.", field="k")
        object.__setattr__(self, "ks", tuple(sorted(set(self.ks))))


def fitting(ks: Sequence[int], gallery: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The cuts that fit a gallery of this size, and a note on the others.

    Raises InvalidQuery when none does.
    """
    fit = tuple(k for k in ks if k <= gallery)
    if not fit:
        raise InvalidQuery(
            f"k = {min(ks):,} is larger than the gallery of {gallery:,} items.",
            hint=f"Ask for a k of 1 to {gallery:,}.",
            field="k",
        )
    over = [f"{k:,}" for k in ks if k > gallery]
    if not over:
        return fit, ()
    return fit, (f"k = {', '.join(over)} is left out: the gallery has {gallery:,} items.",)
