"""Pairs from clicks: weighted against position bias, with what was skipped as negatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from training.pairs.click_log import Shown, read_log
from training.pairs.items import Items
from training.pairs.log_settings import Clicks, Propensities
from training.pairs.place import Place
from training.pairs.propensity import Events, harvested, randomised
from training.pairs.query_pairs import Answers, built
from training.pairs.source import Built


def build(name: str, settings: Clicks, place: Place) -> Built:
    """The source as `settings` say.

    A pair for each click on an item of the catalog, weighted by 1 / propensity of its position
    (Joachims et al., WSDM 2017), clipped, then divided by the mean. Negatives are the items above
    it on the page that were never clicked for that query.

    Raises SourceError where the log can't be used, or no click is left.
    """
    log = place.of(settings.log)
    items = Items.open(settings, place)
    shown = read_log(settings, log)
    bias = propensities(settings.propensities, shown)
    rows = items.rows(shown.items)[shown.item]
    answers = _answers(settings, shown, rows, bias)
    if not len(answers):
        raise SourceError(
            f"{log} has no click on an item of {items.shelf.rows.name} with enough support.",
            hint="Check the ids of the items, and lower 'support'.",
            field="log",
        )
    return built(name, settings, items, answers, notes=_notes(name, shown, rows, bias))


def _notes(
    name: str, shown: Shown, rows: NDArray[np.int64], bias: NDArray[np.float64]
) -> list[str]:
    notes = [f"Propensities of {name}: {', '.join(f'{value:.2f}' for value in bias[:10])}."]
    if shown.dropped:
        notes.append(f"{shown.dropped:,} events of {name} lack a page, query, item or position.")
    unknown = len(set(shown.item[rows < 0].tolist()))
    if unknown:
        notes.append(f"{unknown:,} items of {name}'s log are not in the catalog.")
    return notes


def propensities(settings: Propensities, shown: Shown) -> NDArray[np.float64]:
    """float64 (positions,): how likely each position is to be looked at, relative to the first."""
    if settings.estimator == "given":
        return np.array(settings.values, dtype=np.float64)
    positions = min(settings.positions, int(shown.position.max()) + 1)
    group = shown.query * len(shown.items) + shown.item
    events = Events(group, np.minimum(shown.position, positions - 1), shown.clicked)
    if settings.estimator == "harvested":
        return harvested(events, positions)
    kept = shown.randomised
    return randomised(Events(group[kept], events.position[kept], shown.clicked[kept]), positions)


def _answers(
    settings: Clicks, shown: Shown, rows: NDArray[np.int64], bias: NDArray[np.float64]
) -> Answers:
    group = shown.query * len(shown.items) + shown.item
    _, inverse, counts = np.unique(group, return_inverse=True, return_counts=True)
    clicks = np.bincount(inverse, shown.clicked)
    liked = clicks[inverse] > 0  # clicked by anybody for this query
    chosen = np.flatnonzero(shown.clicked & (rows >= 0) & (counts[inverse] >= settings.support))
    seen = bias[np.minimum(shown.position[chosen], len(bias) - 1)]
    weights = np.minimum(1 / seen, settings.propensities.clip)
    passed = _skipped(shown)
    often = np.bincount(inverse, passed)[inverse] >= settings.skips
    wrong = passed & often & ~liked & (rows >= 0)
    starts = np.searchsorted(shown.page, shown.page[chosen])
    negatives = []
    for place, start in zip(chosen.tolist(), starts.tolist(), strict=True):
        above = np.arange(start, place)
        above = above[shown.position[above] < shown.position[place]]
        negatives.append(np.setdiff1d(rows[above[wrong[above]]], rows[place : place + 1]))
    return Answers(
        shown.queries,
        shown.query[chosen],
        rows[chosen],
        weights / weights.mean() if len(weights) else weights,
        negatives,
    )


def _skipped(shown: Shown) -> NDArray[np.bool_]:
    """bool (n,): not clicked, above an item of the same page that was."""
    last = np.full(int(shown.page.max()) + 1 if len(shown.page) else 0, -1)
    np.maximum.at(last, shown.page[shown.clicked], shown.position[shown.clicked])
    return np.asarray(~shown.clicked & (shown.position < last[shown.page]))
