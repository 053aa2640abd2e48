"""The losses again, in plain loops over Python numbers: slow, and easy to believe."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from training.losses.rows import PairRows


def dot(left: object, right: object) -> float:
    return sum(a * b for a, b in zip(left.tolist(), right.tolist(), strict=True))  # type: ignore[attr-defined]


def forward(rows: PairRows, i: int) -> Iterator[tuple[float, bool]]:
    """(cosine, both of one modality) of each negative of anchor i."""
    masks = rows.masks
    looked_for = bool(masks.positive_image[i])
    for j in range(len(rows.anchors)):
        if bool(masks.positive_image[j]) == looked_for and not masks.true[i, j]:
            yield dot(rows.anchors[i], rows.positives[j]), bool(masks.anchor_image[i]) == looked_for
    if looked_for:
        yield from hard(rows, i)


def hard(rows: PairRows, i: int) -> Iterator[tuple[float, bool]]:
    """The same of each explicit negative of anchor i."""
    every = [negative for own in rows.negatives for negative in own]
    for j, negative in enumerate(every):
        if rows.masks.hard[i, j]:
            yield dot(rows.anchors[i], negative), bool(rows.masks.anchor_image[i])


def backward(rows: PairRows, i: int) -> Iterator[tuple[float, bool]]:
    """(cosine, both of one modality) of each anchor that is a negative of positive i."""
    masks = rows.masks
    kind = bool(masks.anchor_image[i])
    for j in range(len(rows.anchors)):
        if bool(masks.anchor_image[j]) == kind and not masks.true[j, i]:
            yield dot(rows.anchors[j], rows.positives[i]), kind == bool(masks.positive_image[i])


def mean(rows: PairRows, loss: Callable[[int], float]) -> float:
    weights = rows.weights.tolist()
    return sum(w * loss(i) for i, w in enumerate(weights)) / sum(weights)


def right(rows: PairRows, i: int) -> tuple[float, bool]:
    masks = rows.masks
    cosine = dot(rows.anchors[i], rows.positives[i])
    return cosine, bool(masks.anchor_image[i] == masks.positive_image[i])


def infonce(rows: PairRows, scales: tuple[float, float]) -> float:
    def logit(pair: tuple[float, bool]) -> float:
        return pair[0] * scales[pair[1]]

    def one(i: int) -> float:
        answer = logit(right(rows, i))
        both = 0.0
        for others in (forward(rows, i), backward(rows, i)):
            both += math.log(sum(math.exp(logit(o)) for o in others) + math.exp(answer)) - answer
        return both / 2

    return mean(rows, one)


def sigmoid(rows: PairRows, scales: tuple[float, float], biases: tuple[float, float]) -> float:
    masks = rows.masks

    def cost(pair: tuple[float, bool], match: bool) -> float:
        logit = pair[0] * scales[pair[1]] + biases[pair[1]]
        return math.log1p(math.exp(-logit if match else logit))

    def one(i: int) -> float:
        total = cost(right(rows, i), True)
        for j in range(len(rows.anchors)):
            wanted = bool(masks.positive_image[i]) == bool(masks.positive_image[j])
            wanted |= bool(masks.anchor_image[i]) == bool(masks.anchor_image[j])
            if wanted and not masks.true[i, j]:
                kind = bool(masks.anchor_image[i]) == bool(masks.positive_image[j])
                total += cost((dot(rows.anchors[i], rows.positives[j]), kind), False)
        others = hard(rows, i) if masks.positive_image[i] else ()
        return total + sum(cost(pair, False) for pair in others)

    return mean(rows, one)


def triplet(rows: PairRows, margin: float, mining: str) -> float:
    def hinge(answer: float, others: list[float]) -> float:
        if not others:
            return 0.0
        beyond = [cosine for cosine in others if cosine < answer]
        semi_hard = max(beyond) if beyond else min(others)
        chosen = max(others) if mining == "batch-hard" else semi_hard
        return max(0.0, chosen - answer + margin)

    def one(i: int) -> float:
        answer = right(rows, i)[0]
        there = hinge(answer, [cosine for cosine, _ in forward(rows, i)])
        back = hinge(answer, [cosine for cosine, _ in backward(rows, i)])
        return (there + back) / 2

    return mean(rows, one)
