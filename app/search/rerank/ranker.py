"""The stage of a learned ranker: gradient-boosted trees that were trained on judgments or clicks.

LambdaMART (Burges, "From RankNet to LambdaRank to LambdaMART", 2010), by LightGBM.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from app.search.candidates import Candidate
from app.search.rerank.features import FEATURES, FeatureSource, features
from app.search.rerank.stage import Asked, Scored
from core.errors import InvalidRequest, SettingsError

_FORMAT = 1


class Trees(Protocol):
    """A LightGBM booster, as far as it is used."""

    def predict(self, data: NDArray[np.float32], *, num_threads: int) -> Any: ...

    def feature_importance(self, importance_type: str) -> Any: ...


@dataclass(frozen=True)
class LearnedRanker:
    """Scores candidates by trees over `FEATURES`.

    fingerprint: of the encoder whose cosines it knows.
    """

    trees: Trees
    source: FeatureSource
    fingerprint: str
    name: Literal["ranker"] = "ranker"

    def gains(self) -> dict[str, float]:
        """By feature, its share of what the trees gained, 0 to 1, largest first."""
        gains = np.asarray(self.trees.feature_importance("gain"), dtype=np.float64)
        shares = gains / max(float(gains.sum()), 1e-12)
        order = np.argsort(-shares, kind="stable")
        return {FEATURES[at]: float(shares[at]) for at in order}

    def score(self, candidates: Sequence[Candidate], asked: Asked, _: float) -> list[Scored]:
        """One for each candidate."""
        rows = features(candidates, asked.text, self.source)
        # One thread: a hundred rows are done before others have woken up.
        scores = np.asarray(self.trees.predict(rows, num_threads=1), dtype=np.float64)
        return [
            Scored(candidate, float(score), f"learned {float(score):.3g}")
            for candidate, score in zip(candidates, scores, strict=True)
        ]


def write_ranker(
    path: Path, model: str, source: FeatureSource, fingerprint: str, trained: Mapping[str, Any]
) -> None:
    """Keep a ranker: LightGBM's text, the features by name, and how it was trained.

    Args:
        fingerprint: of the encoder whose cosines it was trained on.

    Raises InvalidRequest where the file can't be written.
    """
    document = {
        "format": _FORMAT,
        "features": list(FEATURES),
        "popularity": source.popularity,
        "freshness": source.freshness,
        "clicks": dict(source.clicks),
        "fingerprint": fingerprint,
        "trained": dict(trained),
        "model": model,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"{path} can't be written: {error.strerror}.", field="out") from None


def load_ranker(path: Path) -> LearnedRanker:
    """The ranker in a file.

    Raises InvalidRequest where it is none, or was trained on other features than this version of
    Binocle has, and SettingsError where LightGBM is not installed.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        named = list(document["features"])
        source = FeatureSource(
            document["popularity"], document["freshness"], dict(document["clicks"])
        )
        model, version = str(document["model"]), document["format"]
        fingerprint = str(document["fingerprint"])
    except OSError as error:
        raise InvalidRequest(
            f"The ranker {path} can't be read: {error.strerror}.", field="ranker"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise _no_ranker(path) from None
    if version != _FORMAT or named != list(FEATURES):
        odd = sorted(set(named) ^ set(FEATURES)) or ["their order"]
        raise InvalidRequest(
            f"The ranker {path} was trained on other features: {', '.join(map(str, odd))}.",
            hint="Train it again with this version: binocle train ranker.",
            field="ranker",
        )
    return LearnedRanker(_trees(path, model), source, fingerprint)


def _trees(path: Path, model: str) -> Trees:
    try:
        import lightgbm
    except (ImportError, OSError):  # OSError: libgomp is missing
        raise SettingsError(
            "A learned ranker needs LightGBM, which is not installed here.",
            hint="Run: pip install 'binocle[ranker]' (and libgomp1 by the system's packages).",
        ) from None
    try:
        return cast("Trees", lightgbm.Booster(model_str=model))
    except lightgbm.basic.LightGBMError:
        raise _no_ranker(path) from None


def check_encoder(ranker: LearnedRanker, fingerprint: str) -> None:
    """Raises InvalidRequest where a collection's cosines are not those it was trained on."""
    if ranker.fingerprint != fingerprint:
        raise InvalidRequest(
            "The ranker was trained on the scores of another encoder than the collection's.",
            hint="Train it again on this collection: binocle train ranker.",
            field="ranker",
        )


def _no_ranker(path: Path) -> InvalidRequest:
    return InvalidRequest(
        f"{path} is no ranker.", hint="`binocle train ranker` writes one.", field="ranker"
    )
