"""Tables to draw training pairs from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Generator, Tensor


@dataclass(frozen=True)
class Draw:
    """Pairs: float32 (n, width) features, int64 (n,) text ids, int64 (n, most) all true texts."""

    features: Tensor
    text: Tensor
    own_texts: Tensor


@dataclass(frozen=True)
class Views:
    """Two views of each image: float32 (n, width) features, int64 (n,) id of its first text."""

    first: Tensor
    second: Tensor
    key: Tensor

    @classmethod
    def mixed(
        cls, tables: Sequence[tuple[RealTable, float]], count: int, random: Generator
    ) -> Views:
        """Drawn from all tables by their shares, which add up to 1."""
        drawn = [table.draw_views(max(1, round(share * count)), random) for table, share in tables]
        return cls(
            torch.cat([views.first for views in drawn]),
            torch.cat([views.second for views in drawn]),
            torch.cat([views.key for views in drawn]),
        )


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
        return Draw(features.float(), pick(self.texts[rows], random), self.texts[rows])

    def draw_views(self, count: int, random: Generator) -> Views:
        """The first view of images, and one of the others."""
        rows = torch.multinomial(self.weights, count, replacement=True, generator=random)
        view = torch.randint(1, len(self.views), (count,), generator=random)
        others = torch.stack([each[rows] for each in self.views])[view, torch.arange(count)]
        return Views(self.views[0][rows].float(), others.float(), self.texts[rows, 0])


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


def pick(texts: Tensor, random: Generator) -> Tensor:
    """int64 (n,): one of each row's ids, those of -1 left out."""
    chosen = torch.multinomial((texts >= 0).float(), 1, generator=random)
    return texts.gather(1, chosen)[:, 0]


def true_pairs(own_texts: Tensor, drawn: Tensor) -> Tensor:
    """bool (n, n): whether text `drawn[i]` is among the texts of image j.

    Args:
        own_texts: int64 (n, most), the ids of all texts of each image, filled up with -1.
        drawn: int64 (n,), the text drawn for each image.
    """
    columns = [own_texts[None, :, k] == drawn[:, None] for k in range(own_texts.shape[1])]
    return torch.stack(columns).any(0)


def same_views(key: Tensor) -> Tensor:
    """bool (n, n): whether two images go by the same first text, so that none is a negative."""
    return key[:, None] == key[None, :]
