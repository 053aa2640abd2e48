"""The losses again, in plain loops over Python numbers: slow, and easy to believe."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from training.losses.rows import PairRows


def true(rows: PairRows, i: int, j: int) -> bool:
    """Whether positive j is true of anchor i."""
    keys = rows.keys
    anchor, positive, product = keys.anchor.tolist(), keys.positive.tolist(), keys.product.tolist()
    if i == j or anchor[i] == anchor[j] or positive[i] == positive[j]:
        return True
    if product[i] and product[i] == product[j]:
        return True
    if anchor[i] == positive[j] or positive[i] == anchor[j]:
        return True
    asked = {place for place, asks in enumerate(keys.asks[i].tolist()) if asks}
    return bool(asked) and all(keys.facts[j, place] for place in asked)


def dot(left: object, right: object) -> float:
    return sum(a * b for a, b in zip(left.tolist(), right.tolist(), strict=True))  # type: ignore[attr-defined]


def forward(rows: PairRows, i: int) -> Iterator[tuple[float, bool]]:
    """(cosine, both of one modality) of each negative of anchor i."""
    keys = rows.keys
    looked_for = bool(keys.positive_image[i])
    for j in range(len(rows.anchors)):
        if bool(keys.positive_image[j]) == looked_for and not true(rows, i, j):
            yield dot(rows.anchors[i], rows.positives[j]), bool(keys.anchor_image[i]) == looked_for
    if looked_for:
        yield from _hard(rows, i)


def _hard(rows: PairRows, i: int) -> Iterator[tuple[float, bool]]:
    keys = rows.keys
    mine = {int(keys.anchor[i])}
    mine |= {int(keys.positive[j]) for j in range(len(rows.anchors)) if true(rows, i, j)}
    for j, owned in enumerate(keys.negative.tolist()):
        for k, key in enumerate(owned):
            if key and key not in mine:
                yield dot(rows.anchors[i], rows.negatives[j, k]), bool(keys.anchor_image[i])


def backward(rows: PairRows, i: int) -> Iterator[tuple[float, bool]]:
    """(cosine, both of one modality) of each anchor that is a negative of positive i."""
    keys = rows.keys
    kind = bool(keys.anchor_image[i])
    for j in range(len(rows.anchors)):
        if bool(keys.anchor_image[j]) == kind and not true(rows, j, i):
            yield dot(rows.anchors[j], rows.positives[i]), kind == bool(keys.positive_image[i])


def mean(rows: PairRows, loss: Callable[[int], float]) -> float:
    weights = rows.weights.tolist()
    return sum(w * loss(i) for i, w in enumerate(weights)) / sum(weights)


def right(rows: PairRows, i: int) -> tuple[float, bool]:
    keys = rows.keys
    cosine = dot(rows.anchors[i], rows.positives[i])
    return cosine, bool(keys.anchor_image[i] == keys.positive_image[i])


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
    keys = rows.keys

    def cost(pair: tuple[float, bool], match: bool) -> float:
        logit = pair[0] * scales[pair[1]] + biases[pair[1]]
        return math.log1p(math.exp(-logit if match else logit))

    def one(i: int) -> float:
        total = cost(right(rows, i), True)
        for j in range(len(rows.anchors)):
            wanted = bool(keys.positive_image[i]) == bool(keys.positive_image[j])
            wanted |= bool(keys.anchor_image[i]) == bool(keys.anchor_image[j])
            if wanted and not true(rows, i, j):
                kind = bool(keys.anchor_image[i]) == bool(keys.positive_image[j])
                total += cost((dot(rows.anchors[i], rows.positives[j]), kind), False)
        hard = _hard(rows, i) if keys.positive_image[i] else ()
        return total + sum(cost(pair, False) for pair in hard)

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
