"""Tables to draw training pairs from: real images, and the classifier's rows as if images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor

from training.compact.image_trunk import DEEP


@dataclass(frozen=True)
class Draw:
    """Pairs: float32 (n, width) features, int64 (n,) text ids, int64 (n, most) all true texts."""

    features: Tensor
    text: Tensor
    own_texts: Tensor


class Table(Protocol):
    """Gives random pairs."""

    def draw(self, count: int, random: Generator) -> Draw: ...


class Vocabulary:
    """Unique texts and their ids."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._ids: dict[str, int] = {}

    def ids(self, texts: Sequence[str]) -> list[int]:
        """One id a text, new texts added; repeats keep their place (they weigh more)."""
        answer = []
        for text in texts:
            if text not in self._ids:
                self._ids[text] = len(self.texts)
                self.texts.append(text)
            answer.append(self._ids[text])
        return answer


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """int64 (n, longest), filled up with -1."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[-1] * (longest - len(row))] for row in rows])


@dataclass(frozen=True)
class RealTable:
    """Real images: `views` are float32 (n, width) each, `texts` is int64 (n, most).

    Images whose first text is common are drawn less often: a series of 900 stars is not 900 facts.
    """

    views: Sequence[Tensor]
    texts: Tensor
    weights: Tensor

    @classmethod
    def of(cls, views: Sequence[Tensor], texts: Tensor) -> RealTable:
        counts = Counter(texts[:, 0].tolist())
        weights = torch.tensor([counts[first] ** -0.5 for first in texts[:, 0].tolist()])
        return cls(views, texts, weights)

    def draw(self, count: int, random: Generator) -> Draw:
        rows = torch.multinomial(self.weights, count, replacement=True, generator=random)
        view = torch.randint(len(self.views), (count,), generator=random)
        features = torch.stack([each[rows] for each in self.views])[view, torch.arange(count)]
        return Draw(features.float(), _pick(self.texts[rows], random), self.texts[rows])


@dataclass(frozen=True)
class RowTable:
    """The classifier's rows turned into features that real images of the class might have.

    A row is only a direction. A feature drawn for it is the mean feature, plus the row at `push`
    times the typical length, plus what sets some real image apart from others of its own label;
    the colours are that real image's.

    Args:
        rows: float32 (classes, DEEP), unit length. mean: float32 (DEEP,).
        residuals: float32 (m, width): real images' deep residuals, then their colour features.
    """

    rows: Tensor
    texts: Tensor
    mean: Tensor
    residuals: Tensor
    length: float
    push: float = 0.4

    def draw(self, count: int, random: Generator) -> Draw:
        classes = torch.randint(len(self.rows), (count,), generator=random)
        donors = self.residuals[torch.randint(len(self.residuals), (count,), generator=random)]
        spread = torch.empty(count, 1).uniform_(0.7, 1.5, generator=random) * self.push
        deep = self.mean + spread * self.length * self.rows[classes] + donors[:, :DEEP].float()
        features = torch.cat([deep.clamp_min(0), donors[:, DEEP:].float()], 1)
        return Draw(features, _pick(self.texts[classes], random), self.texts[classes])


def residuals(features: Tensor, kinds: Sequence[str]) -> Tensor:
    """float32 (n, width): deep features less their kind's centroid; colour features kept."""
    index = {kind: row for row, kind in enumerate(dict.fromkeys(kinds))}
    of = torch.tensor([index[kind] for kind in kinds])
    sums = torch.zeros(len(index), DEEP).index_add_(0, of, features[:, :DEEP])
    counts = torch.bincount(of, minlength=len(index)).clamp_min(1)[:, None]
    deep = features[:, :DEEP] - (sums / counts)[of]
    return torch.cat([deep, features[:, DEEP:]], 1)[(counts[:, 0] > 2)[of]]


def mixed(tables: Sequence[tuple[Table, float]], count: int, random: Generator) -> Draw:
    """One batch from all tables by their shares."""
    draws = [table.draw(max(1, round(share * count)), random) for table, share in tables]
    most = max(draw.own_texts.shape[1] for draw in draws)
    own = [
        torch.nn.functional.pad(draw.own_texts, (0, most - draw.own_texts.shape[1]), value=-1)
        for draw in draws
    ]
    return Draw(
        torch.cat([draw.features for draw in draws]),
        torch.cat([draw.text for draw in draws]),
        torch.cat(own),
    )


def _pick(texts: Tensor, random: Generator) -> Tensor:
    chosen = torch.multinomial((texts >= 0).float(), 1, generator=random)
    return texts.gather(1, chosen)[:, 0]
