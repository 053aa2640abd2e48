"""Quantiles of what was counted in buckets."""

from __future__ import annotations

from collections.abc import Sequence


def quantile(share: float, bounds: Sequence[float], counts: Sequence[float]) -> float | None:
    """The value below which `share`, 0 to 1, of the observations lie; None where there are none.

    Interpolated within its bucket, as Prometheus's histogram_quantile does; where it lies above the
    last bound, that bound.

    Args:
        bounds: upper bounds of the buckets, ascending, in the unit of the answer.
        counts: observations in each bucket, and one more number for those above the last bound.
    """
    total = sum(counts)
    if total <= 0:
        return None
    wanted, below, low = share * total, 0.0, 0.0
    for bound, count in zip(bounds, counts[:-1], strict=True):
        if count > 0 and below + count >= wanted:
            return low + (bound - low) * (wanted - below) / count
        below += count
        low = bound
    return bounds[-1]
