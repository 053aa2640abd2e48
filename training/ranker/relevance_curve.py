"""Relevance curves fitted to judged candidates: logistic, or isotonic over the logistic's scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest, SettingsError

Method = Literal["platt", "isotonic"]
_LEAST = 10
"""Judged pairs of either kind, at least."""
_FREE = 1e6
"""Inverse strength of the prior: next to none."""
_SURE = 1e-4
"""Isotonic regression says 0 and 1 where its sample is pure; nothing is so sure."""
_MOST_KNOTS = 200


@dataclass(frozen=True)
class Fitted:
    """sigmoid(slope x cosine + words x share + intercept), or what lies between knots."""

    slope: float
    words: float
    intercept: float
    knots: list[tuple[float, float]]


def fit_curve(
    cosines: NDArray[np.float64],
    shares: NDArray[np.float64],
    relevant: NDArray[np.bool_],
    method: Method = "platt",
) -> Fitted:
    """Fit a curve (Platt 1999; Zadrozny and Elkan 2002).

    Args:
        cosines: float64 (n,), joint cosines of judged candidates.
        shares: float64 (n,), their BM25 scores s as s / (s + 20), 0 to 1.
        relevant: bool (n,).

    Raises InvalidRequest where the judgments do not say more of nearer items, or are too few, and
    SettingsError where scikit-learn is not installed.
    """
    linear, isotonic = _sklearn()
    if min(int(relevant.sum()), int((~relevant).sum())) < _LEAST:
        raise InvalidRequest(
            f"{int(relevant.sum())} relevant and {int((~relevant).sum())} other candidates are too "
            f"few to fit a curve: {_LEAST} of each are needed.",
            hint="Judge more queries, or take a larger --depth.",
            field="qrels",
        )
    columns = np.stack([cosines, shares], axis=1)
    model = linear(C=_FREE, max_iter=1000).fit(columns, relevant)
    slope, words = (float(each) for each in model.coef_[0])
    if words < 0 or not shares.any():
        model = linear(C=_FREE, max_iter=1000).fit(columns[:, :1], relevant)
        slope, words = float(model.coef_[0][0]), 0.0
    if slope <= 0:
        raise InvalidRequest(
            "By these judgments nearer items are not more relevant: no curve fits.",
            hint="Do the ids of the judgments belong to this collection?",
            field="qrels",
        )
    intercept = float(model.intercept_[0])
    if method == "platt":
        return Fitted(slope, words, intercept, [])
    logits = slope * cosines + words * shares + intercept
    found = isotonic(y_min=_SURE, y_max=1 - _SURE, out_of_bounds="clip").fit(logits, relevant)
    places, values = found.X_thresholds_, found.y_thresholds_
    kept = np.unique(np.linspace(0, len(places) - 1, min(len(places), _MOST_KNOTS)).astype(int))
    knots = [(float(places[at]), float(values[at])) for at in kept]
    return Fitted(slope, words, intercept, knots)


def _sklearn() -> tuple[Any, Any]:
    try:
        from sklearn.isotonic import IsotonicRegression
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise SettingsError(
            "Fitting needs scikit-learn, which is not installed here.",
            hint="Run: pip install 'binocle[ranker]'.",
        ) from None
    return LogisticRegression, IsotonicRegression
