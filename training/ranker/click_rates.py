"""From a log of events to clicks corrected for the positions that items were shown at.

An item that is shown low is looked at less: each click counts 1 / propensity of its position
(Joachims et al., "Unbiased Learning-to-Rank with Biased Feedback", WSDM 2017), at most `clip`.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from training.pairs.click_log import read_log
from training.pairs.clicks import propensities
from training.pairs.log_settings import LogReading
from training.ranker.click_table import ClickTable, Count


def click_table(path: Path, settings: LogReading) -> ClickTable:
    """The corrected clicks of a Parquet log of events. Raises SourceError."""
    shown = read_log(settings, path)
    bias = propensities(settings.propensities, shown)
    seen = bias[np.minimum(shown.position, len(bias) - 1)]
    weights = shown.clicked * np.minimum(1 / seen, settings.propensities.clip)
    pairs: dict[tuple[str, str], Count] = defaultdict(Count)
    items: dict[str, Count] = defaultdict(Count)
    for query, item, weight in zip(shown.query, shown.item, weights, strict=True):
        text = shown.queries[query]
        if isinstance(text, str):
            for count in (pairs[text, shown.items[item]], items[shown.items[item]]):
                count.clicks += float(weight)
                count.shown += 1
    return ClickTable(dict(pairs), dict(items))
