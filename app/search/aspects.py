"""Aspects of similarity: what each is called, what it counts, and by which vector it is found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import regex
from numpy.typing import NDArray

from core.errors import InvalidQuery
from encoders import appearance
from encoders.encoder import Vectors
from encoders.lexical import query as words_of
from qdrant.store import COLOR, JOINT, TEXT, AnyVector, CollectionConfig

LEXICAL, APPEARANCE = "lexical", "appearance"
ASPECTS = (JOINT, LEXICAL, APPEARANCE)
"""Names, as requests and explanations have them."""
_USING = {JOINT: JOINT, LEXICAL: TEXT, APPEARANCE: COLOR}

DEFAULTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "code": {JOINT: 1.0, LEXICAL: 4.0},
        "text": {JOINT: 1.0, LEXICAL: 1.0},
        "image": {JOINT: 1.0, APPEARANCE: 1.0},
        "mix": {JOINT: 1.0, LEXICAL: 1.0, APPEARANCE: 1.0},
    }
)
"""Weights by the kind of query, where a request gives none."""
_LEXICAL_SHARE = 84.0
_APPEARANCE_SHARE = 0.25
_HALF = 120.0
"""What a weight of 1 means, in standard deviations of the joint cosine over the collection: a BM25
score s counts 84 s / (s + 120), an appearance one deviation off its mean 0.25. docs/search.md has
the measurement."""
_LEAST_SAMPLE = 16
_UNKNOWN_SPREAD = 0.1
"""Of the joint cosine, where there are too few items to tell."""
_LEAST_SPREAD = 0.005
MOST_WEIGHT = 100.0
_CODE = regex.compile(r"(?=\S*\d)(?=\S*\p{L})\S{3,}|\d{4,}")


@dataclass(frozen=True)
class Aspect:
    """One list of candidates.

    Attributes:
        weight: as it was asked for, 1 being as usual.
        factor: what the fused score multiplies the aspect's own score by.
        half: the score that counts one half; None takes scores as they are.
        missing: an own score to suppose before the true one is known.
    """

    name: str
    using: str
    vector: AnyVector
    weight: float
    factor: float
    half: float | None = None
    missing: float = 0.0

    def share(self, raw: float) -> float:
        """What a score of this aspect adds to the fused score."""
        return self.factor * (raw if self.half is None else raw / (raw + self.half))


@dataclass(frozen=True)
class Question:
    """What is looked for, by all its aspects, and what was left out, with reasons for people."""

    aspects: tuple[Aspect, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def joint_alone(self) -> bool:
        """Whether the fused score is the joint cosine itself."""
        return [each.name for each in self.aspects] == [JOINT]


@dataclass(frozen=True)
class Evidence:
    """What the query and the collection give to weigh aspects by.

    joint: the query's joint vector; looks: its appearance, None where it has none; text: its
    wanted texts; sample and looks_sample: vectors of the collection, float32 (n, dim), unit rows.
    """

    joint: NDArray[np.float32]
    text: str | None
    looks: NDArray[np.float32] | None
    sample: Vectors
    looks_sample: Vectors


def checked_weights(given: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """The weights of the aspects that are named, in a fixed order. Raises InvalidQuery."""
    for name, weight in given.items():
        if name not in ASPECTS:
            raise InvalidQuery(
                f"There is no aspect '{name}'.",
                hint=f"Aspects: {', '.join(ASPECTS)}.",
                field="aspects",
            )
        if not (math.isfinite(weight) and 0 <= weight <= MOST_WEIGHT):
            raise InvalidQuery(
                f"The weight of '{name}' is {weight}; it lies from 0 to {MOST_WEIGHT:g}.",
                field="aspects",
            )
    if not any(given.values()):
        raise InvalidQuery("All weights of aspects are zero.", field="aspects")
    return tuple(sorted((name, float(weight)) for name, weight in given.items()))


def weights_of(text: str) -> tuple[tuple[str, float], ...]:
    """The weights in a text such as 'joint=1,lexical=0.5'. Raises InvalidQuery."""
    given: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.replace(":", "=").partition("=")
        try:
            given[name.strip()] = float(number)
        except ValueError:
            raise InvalidQuery(
                f"'{part.strip()}' is no weight of an aspect.",
                hint="Such as joint=1,lexical=0.5.",
                field="aspects",
            ) from None
    return checked_weights(given)


def kind_of(text: str | None, looks: bool) -> str:
    """'code', 'text', 'image' or 'mix': what a query's default weights go by."""
    if looks:
        return "mix" if text else "image"
    return "code" if text and is_code(text) else "text"


def is_code(text: str) -> bool:
    """Whether a text is a code or a number of an article: at most two words, one with digits."""
    words = text.split()
    return len(words) <= 2 and any(_CODE.fullmatch(word) for word in words)


def question_of(
    config: CollectionConfig, evidence: Evidence, given: Mapping[str, float] | None
) -> Question:
    """The aspects that take part.

    Raises InvalidQuery where none of those that `given` weighs can be used.
    """
    kind = kind_of(evidence.text, evidence.looks is not None)
    weights = DEFAULTS[kind] if given is None else given
    mean, spread = _statistics(evidence.sample, evidence.joint)
    found: list[Aspect] = []
    left_out: dict[str, str] = {}
    for name in ASPECTS:
        weight = weights.get(name, 0.0)
        if not weight:
            continue
        vector, reason = _vector(name, config, evidence)
        if vector is None:
            left_out[name] = reason
        elif name == JOINT:
            found.append(Aspect(name, JOINT, vector, weight, weight, missing=mean))
        elif name == LEXICAL:
            factor = weight * _LEXICAL_SHARE * spread
            found.append(Aspect(name, TEXT, vector, weight, factor, half=_HALF))
        else:
            assert evidence.looks is not None
            usual, wide = (
                _statistics(evidence.looks_sample, evidence.looks)
                if len(evidence.looks_sample)
                else (mean, spread)
            )
            factor = weight * _APPEARANCE_SHARE * spread / wide
            found.append(Aspect(name, COLOR, vector, weight, factor, missing=usual))
    if not found:
        raise InvalidQuery(
            "The query can't be answered by these aspects: "
            + "; ".join(f"{name}: {reason}" for name, reason in left_out.items())
            + ".",
            field="aspects",
        )
    return Question(tuple(found), left_out)


def _vector(
    name: str, config: CollectionConfig, evidence: Evidence
) -> tuple[AnyVector | None, str]:
    """The vector to look by, or why there is none."""
    if name == JOINT:
        return evidence.joint, ""
    if name == LEXICAL:
        if TEXT not in config.sparse:
            return None, "the collection was made without words"
        words = words_of(evidence.text or "")
        return (words, "") if words.indices else (None, "the query has no words")
    if config.vectors.get(COLOR) != appearance.DIM:
        return None, "the collection was made without vectors of appearance"
    return evidence.looks, "the query has no image"


def _statistics(sample: Vectors, vector: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and standard deviation of the cosines over a sample, the latter over as many as it
    takes. By sums: numpy's own are as slow for a few hundred numbers as a search."""
    count = len(sample)
    if not count:
        return 0.0, _UNKNOWN_SPREAD
    cosines = sample @ vector
    mean = float(cosines.sum()) / count
    if count < _LEAST_SAMPLE:
        return mean, _UNKNOWN_SPREAD
    off = cosines - np.float32(mean)
    return mean, max(math.sqrt(float(off @ off) / count), _LEAST_SPREAD)
