"""Logistic regression over unit vectors, with a threshold for a wanted recall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest, SettingsError
from encoders.encoder import Vectors
from encoders.safety import Head, Judge

_LEAST = 20
"""Items of either kind, at least, to learn from."""
_STRENGTHS = (0.1, 1.0, 10.0, 100.0)
_FOLDS = 4
_EDGE = 1e-6

Unsafe = NDArray[np.bool_]


@dataclass(frozen=True)
class Measured:
    """How a judge does on items that it has not seen, told as unsafe from 0.5 on.

    precision: share of what it calls unsafe that is, 1 where it calls nothing so; recall: share of
    what is unsafe that it calls so.
    """

    precision: float
    recall: float
    items: int
    unsafe: int

    @classmethod
    def of(cls, judge: Judge, vectors: Vectors, unsafe: Unsafe) -> Measured:
        """vectors: float32 (n, dim), unit rows; unsafe: bool (n,)."""
        called = judge.judge(vectors) >= 0.5
        right = int((called & unsafe).sum())
        return cls(
            right / int(called.sum()) if called.any() else 1.0,
            right / int(unsafe.sum()) if unsafe.any() else 1.0,
            len(unsafe),
            int(unsafe.sum()),
        )

    def as_json(self) -> Mapping[str, Any]:
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def train_head(vectors: Vectors, unsafe: Unsafe, *, recall: float = 0.9, seed: int = 0) -> Head:
    """A head whose threshold keeps at least `recall` of the unsafe in cross-validation.

    The strength of its prior is chosen by log loss in four folds; classes count equally, however
    rare one is.

    Args:
        vectors: float32 (n, dim), unit rows; unsafe: bool (n,).

    Raises InvalidRequest for too few items, and SettingsError where scikit-learn is not installed.
    """
    if min(int(unsafe.sum()), int((~unsafe).sum())) < _LEAST:
        raise InvalidRequest(
            f"{int(unsafe.sum())} unsafe and {int((~unsafe).sum())} safe items are too few to "
            f"learn from: {_LEAST} of each are needed.",
            hint="Judge more items.",
            field="labels",
        )
    model, cross_validated, folds = _sklearn()
    rows = np.asarray(vectors, dtype=np.float64)
    split = folds(n_splits=_FOLDS, shuffle=True, random_state=seed)
    tried = []
    for strength in _STRENGTHS:
        one = model(C=strength, class_weight="balanced", max_iter=2000)
        chances = cross_validated(one, rows, unsafe, cv=split, method="predict_proba")[:, 1]
        tried.append((_log_loss(chances, unsafe), strength, chances))
    _, best, chances = min(tried, key=lambda each: each[0])
    fitted = model(C=best, class_weight="balanced", max_iter=2000).fit(rows, unsafe)
    kept = np.quantile(chances[unsafe], 1.0 - recall, method="lower")
    threshold = float(np.clip(kept, _EDGE, 1 - _EDGE))
    return Head(fitted.coef_[0].astype(np.float64), float(fitted.intercept_[0]), threshold)


def _log_loss(chances: NDArray[np.float64], unsafe: Unsafe) -> float:
    """Of both classes alike."""
    sure = np.clip(np.where(unsafe, chances, 1 - chances), _EDGE, 1.0)
    return float(-(np.log(sure[unsafe]).mean() + np.log(sure[~unsafe]).mean()))


def _sklearn() -> tuple[Any, Any, Any]:
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
    except ImportError:
        raise SettingsError(
            "Training a safety head needs scikit-learn, which is not installed here.",
            hint="Run: pip install 'binocle[ranker]'.",
        ) from None
    return LogisticRegression, cross_val_predict, StratifiedKFold
