"""The words that explain a report to who did not make it."""

from __future__ import annotations

from eval.reports.document import Document

_RETRIEVAL = (
    ("recall@k", "Of the relevant items of a query, the share among its first k results."),
    ("precision@k", "Of the first k results, the share that is relevant."),
    ("hit_rate@k", "The share of queries with at least one relevant item among the first k."),
    ("ndcg@k", "How near the first k results are to the best possible order, by grade: 1 is it."),
    ("map", "Mean average precision: the precision at the rank of each relevant item, averaged."),
    ("mrr", "The mean of 1 / rank of the first relevant item."),
    ("median_rank", "The rank of the first relevant item for the median query; lower is better."),
)
_ZERO_SHOT = (
    ("top1, top5", "The share of pictures whose own class is the nearest, or among the 5 nearest."),
)
_COLLECTION = (
    (
        "index_recall@k",
        "Of the exact best k items, the share that the collection's index has among its best k.",
    ),
    (
        "pipeline_recall@k",
        "The same of the whole search. Where a re-ranker improves the order, this may fall.",
    ),
)
_INTERVAL = (
    "Interval",
    (
        "How far the figure would move with as many other queries of the same kind (bootstrap "
        "over queries). It says nothing about other galleries or other judgments."
    ),
)
_COMPARISON = (
    ("Difference", "The model less the baseline, on the same queries."),
    (
        "p, adjusted",
        (
            "How often chance alone, swapping the two models query by query, makes a difference as "
            "large; adjusted for the number of figures tested. ▲ and ▼ mark p below 0.05. No mark "
            "does not mean that the models are equal: it may take more queries to tell."
        ),
    ),
)
_ROBUSTNESS = (
    (
        "Robustness",
        (
            "The same task with pictures made worse in one way, from severity 1, an everyday "
            "photo, to 5, which a person still recognises. Drop: the clean score less the score. "
            "The band in the plots is the clean score less the interval of the drop."
        ),
    ),
)
_SLICES = (
    (
        "Slices",
        (
            "The same figures for the queries of one value. Small slices have wide intervals; "
            "among many slices some look extreme by chance."
        ),
    ),
)


def reading(document: Document) -> tuple[tuple[str, str], ...]:
    """Terms with explanations, of what the report has."""
    found = document.evaluations
    metrics = {name.split("@")[0] for one in found for name in one.metrics}
    return (
        *(_RETRIEVAL if "map" in metrics else ()),
        *(_ZERO_SHOT if "top1" in metrics else ()),
        *(_COLLECTION if "index_recall" in metrics else ()),
        _INTERVAL,
        *(_COMPARISON if document.comparisons else ()),
        *(_ROBUSTNESS if document.robustness else ()),
        *(_SLICES if any(one.slices for one in found) else ()),
    )
