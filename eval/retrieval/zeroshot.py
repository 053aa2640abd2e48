"""Zero-shot classification: images to the class whose name, in templates, is nearest."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from encoders.encoder import Encoder, Vectors
from eval.retrieval.encoding import Encoding, encode_members
from eval.retrieval.evaluation import Evaluation, LeftOut
from eval.retrieval.judging import blank, check_readable
from eval.retrieval.metrics import overall
from eval.retrieval.ranking import rank_exactly, tie_order
from eval.retrieval.resampling import Bootstrap, intervals
from eval.retrieval.slices import slices
from eval.retrieval.tasks import ZeroShotTask

_TOPS = (1, 5)
_DEPTH = 10
CLASS = "class"
"""Name of the slices by class: their 'top1' is the accuracy of each class."""


def classify(
    encoder: Encoder,
    task: ZeroShotTask,
    *,
    bootstrap: Bootstrap | None = None,
    encoding: Encoding | None = None,
) -> Evaluation:
    """Top-1 and top-5 accuracy over images, with slices by class. Raises as `evaluate`.

    The metric 'top5' is there for more than five classes. Equal scores are ordered by the name of
    the class, the higher one first.
    """
    bootstrap = bootstrap or Bootstrap()
    started = time.perf_counter()
    classes = class_vectors(encoder, task.classes, task.templates)
    texts_done = time.perf_counter()
    images = encode_members(encoder, task.item_ids, task.items, encoding)
    check_readable(task.name, images)
    images_done = time.perf_counter()
    number = {name: place for place, name in enumerate(task.classes)}
    labels = np.array([number[task.labels[row]] for row in images.rows], dtype=np.int64)
    rankings, scores, ranks = _ranked(images.vectors, classes, labels, task.classes)
    tops = [top for top in _TOPS if top == 1 or top < len(task.classes)]
    per_query = {f"top{top}": (ranks <= top).astype(np.float64) for top in tops}
    attributes = {CLASS: task.labels, **task.attributes}
    values = {name: [(found[row],) for row in images.rows] for name, found in attributes.items()}
    return Evaluation(
        task=task,
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        dim=encoder.dim,
        ks=tuple(tops),
        gain="linear",
        bootstrap=bootstrap,
        rows=images.rows,
        per_query=per_query,
        means={name: overall(name, found) for name, found in per_query.items()},
        intervals=intervals(per_query, bootstrap),
        rankings=rankings,
        scores=scores,
        gallery=len(task.classes),
        slices=slices(values, per_query, bootstrap),
        left_out=LeftOut(unreadable_queries=images.skipped),
        seconds={
            "classes": texts_done - started,
            "items": images_done - texts_done,
            "ranking": time.perf_counter() - images_done,
        },
    )


def class_vectors(encoder: Encoder, classes: Sequence[str], templates: Sequence[str]) -> Vectors:
    """float32 (classes, dim), unit rows: the mean over the templates, made unit again."""
    total = np.zeros((len(classes), encoder.dim), dtype=np.float32)
    for template in templates:
        texts = [template.replace("{}", name) for name in classes]
        total += encode_members(encoder, list(classes), texts).vectors
    lengths = np.linalg.norm(total, axis=1, keepdims=True)
    return np.asarray(total / np.maximum(lengths, np.finfo(np.float32).tiny))


def _ranked(
    images: Vectors, classes: Vectors, labels: NDArray[np.int64], names: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
    """Best classes and their scores, and the rank of each image's own class."""
    depth = min(_DEPTH, len(names))
    rankings, scores = blank(len(images), depth)
    ranks = np.empty(len(images), dtype=np.int64)
    found = rank_exactly(
        images,
        classes,
        ties=tie_order(names),
        asked=lambda row: labels[row : row + 1],
        depth=depth,
    )
    for one in found:
        rankings[one.query], scores[one.query] = one.top, one.scores
        ranks[one.query] = one.ranks[0]
    return rankings, scores, ranks
