"""Pairs with hard negatives that were mined before."""

from __future__ import annotations

import numpy as np

from core.errors import SourceError
from training.pairs.items import Items
from training.pairs.mined_file import read_mined
from training.pairs.pair import Side
from training.pairs.place import Place
from training.pairs.query_pairs import Answers, built
from training.pairs.settings import Mined
from training.pairs.skips import Skip
from training.pairs.source import Built


def build(name: str, settings: Mined, place: Place) -> Built:
    """The source as `settings` say. Raises SourceError where the catalog has none of the items."""
    path = place.of(settings.pairs)
    items = Items.open(settings, place)
    number_of: dict[Side, int] = {}
    query: list[int] = []
    right: list[int] = []
    wrong = []
    skips: list[Skip] = []
    for row in read_mined(path):
        if row.positive not in items.row_of:
            reason = f"The item is not in {items.shelf.rows.name}."
            skips.append(Skip(name, row.positive, reason))
            continue
        found = items.rows([negative.id for negative in row.negatives])
        query.append(number_of.setdefault(row.query, len(number_of)))
        right.append(items.row_of[row.positive])
        wrong.append(found[found >= 0])
    if not query:
        raise SourceError(
            f"{items.shelf.rows.name} has none of the items of {path}.",
            hint="Name the column of their ids with 'id'.",
            field="id",
        )
    answers = Answers(list(number_of), np.array(query), np.array(right), np.ones(len(query)), wrong)
    return built(name, settings, items, answers, skips=skips)
