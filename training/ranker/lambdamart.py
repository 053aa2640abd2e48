"""LambdaMART over lists of candidates (Burges 2010), by LightGBM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest, SettingsError


@dataclass(frozen=True)
class RankedQuery:
    """One query's candidates, in the order of the ranking so far.

    features: float32 (n, features); grades: int64 (n,), 0 is not relevant.
    """

    features: NDArray[np.float32]
    grades: NDArray[np.int64]


@dataclass(frozen=True)
class LambdaMart:
    """How to train: few leaves and many rows in each, for hundreds of queries rather than millions.

    Args:
        rounds: trees.
        leaves: most leaves of a tree.
        rate: learning rate.
        least: fewest candidates in a leaf.
        seed: makes it repeatable.
    """

    rounds: int = 150
    leaves: int = 15
    rate: float = 0.08
    least: int = 40
    seed: int = 7

    def train(self, queries: Sequence[RankedQuery], names: Sequence[str]) -> str:
        """LightGBM's text of the model.

        Raises InvalidRequest where no query has both relevant and other candidates, and
        SettingsError where LightGBM is not installed.
        """
        useful = [
            query for query in queries if 0 < np.count_nonzero(query.grades) < len(query.grades)
        ]
        if not useful:
            raise InvalidRequest(
                "No query has both relevant and other candidates: there is nothing to learn.",
                hint="Judge more items of the same queries.",
                field="judgments",
            )
        try:
            import lightgbm
        except (ImportError, OSError):
            raise SettingsError(
                "Training a ranker needs LightGBM, which is not installed.",
                hint="Run: pip install 'binocle[ranker]'",
            ) from None
        data = lightgbm.Dataset(
            np.concatenate([query.features for query in useful]),
            label=np.concatenate([query.grades for query in useful]),
            group=[len(query.grades) for query in useful],
            feature_name=list(names),
        )
        booster = lightgbm.train(self._parameters(), data, num_boost_round=self.rounds)
        return str(booster.model_to_string())

    def _parameters(self) -> dict[str, object]:
        return {
            "objective": "lambdarank",
            "num_leaves": self.leaves,
            "learning_rate": self.rate,
            "min_data_in_leaf": self.least,
            "lambdarank_truncation_level": 20,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 2,
            "verbosity": -1,
        }
