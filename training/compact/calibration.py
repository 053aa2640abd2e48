"""From cosines to probabilities: Platt's sigmoid, fitted on held-out pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from encoders.bundle import Calibration
from training.compact.scores import Encode, Gallery, Vectors, cosines

_NEAR, _FAR = 20, 20
"""Candidates a query: its nearest images, and random ones."""


def platt(cosine: NDArray[np.float32], relevant: NDArray[np.bool_]) -> Calibration:
    """The sigmoid of greatest likelihood, by Newton's method, with Platt's smoothed targets."""
    good, bad = int(relevant.sum()), int((~relevant).sum())
    target = np.where(relevant, (good + 1) / (good + 2), 1 / (bad + 2))
    facts = np.stack([cosine, np.ones_like(cosine)], axis=1).astype(np.float64)
    fit = np.zeros(2)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(facts @ fit, -30, 30)))
        slope = facts.T @ (chance - target)
        bend = (facts * (chance * (1 - chance))[:, None]).T @ facts + 1e-6 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        fit -= step
        if np.abs(step).max() < 1e-6:
            break
    return Calibration(slope=round(float(fit[0]), 4), intercept=round(float(fit[1]), 4))


def fit_text(galleries: Sequence[Gallery], encode: Encode, seed: int = 7) -> Calibration:
    """For text queries: each kind against its nearest and some random images; each title against
    its own image and images of other kinds."""
    random = np.random.default_rng(seed)
    pairs = []
    for gallery in galleries:
        kinds = np.array(gallery.kinds)
        queries = sorted(set(gallery.kinds))
        table = cosines(encode(queries), gallery.images, gallery.images.shape[1])
        for query, row in zip(queries, table, strict=True):
            pairs.append(_candidates(row, kinds == query, random))
        if gallery.titles:
            pairs.append(_titles(gallery, encode, random))
    return platt(np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs]))


def fit_image(galleries: Sequence[Gallery], seed: int = 7) -> Calibration:
    """For image queries: an image is relevant to another of the same kind."""
    random = np.random.default_rng(seed)
    pairs = []
    for gallery in galleries:
        kinds = np.array(gallery.kinds)
        asked = random.choice(len(kinds), min(300, len(kinds)), replace=False)
        table = cosines(gallery.images[asked], gallery.images, gallery.images.shape[1])
        for image, row in zip(asked, table, strict=True):
            others = np.arange(len(kinds)) != image
            pairs.append(_candidates(row[others], (kinds == kinds[image])[others], random))
    return platt(np.concatenate([p[0] for p in pairs]), np.concatenate([p[1] for p in pairs]))


def _candidates(
    row: NDArray[np.float32], relevant: NDArray[np.bool_], random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    near = np.argsort(-row)[:_NEAR]
    far = random.choice(len(row), min(_FAR, len(row)), replace=False)
    rows = np.concatenate([near, far])
    return row[rows], relevant[rows]


def _titles(
    gallery: Gallery, encode: Encode, random: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    kinds, titles = np.array(gallery.kinds), encode(gallery.titles)
    table: Vectors = cosines(titles, gallery.images, titles.shape[1])
    own = np.diagonal(table)
    other = random.permutation(len(own))
    differ = kinds != kinds[other]
    cosine = np.concatenate([own, table[np.arange(len(own)), other][differ]])
    return cosine, np.arange(len(cosine)) < len(own)
