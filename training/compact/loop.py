"""The training loop: batches drawn from the tables, AdamW, a cosine schedule, seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.compact.features import Progress
from training.compact.heads import NESTED
from training.compact.pairs import Draw, RealTable, Table, Views, mixed, same_views, true_pairs
from training.losses.infonce import InfoNce
from training.losses.matryoshka import Matryoshka
from training.losses.rows import Masks, PairRows
from training.losses.scale import LogitScale

_START, _LARGEST = 20.0, 60.0
"""The inverse temperature at the start, and its bound."""


@dataclass(frozen=True)
class Plan:
    """How long and how fast to train. `rate` is AdamW's at its top.

    `batch` pairs of a text and an image, and `views` pairs of two views of one image.
    """

    steps: int
    batch: int
    views: int
    rate: float
    decay: float
    seed: int


@dataclass(frozen=True)
class Tables:
    """What batches are drawn from: texts with images by share, and images with several views."""

    texts: Sequence[tuple[Table, float]]
    views: Sequence[tuple[RealTable, float]]


class Objective(nn.Module):
    """The contrastive loss over nested dimensions of a batch, with its learned temperature.

    Args:
        image: float32 (n, width) features -> unit rows. text: the same, of text features.
        vocabulary: float32 (texts, width), features by text id.
    """

    def __init__(self, image: nn.Module, text: nn.Module, vocabulary: Tensor) -> None:
        super().__init__()
        self.image, self.text = image, text
        self._vocabulary = vocabulary
        scale = LogitScale(1 / _START, largest=_LARGEST)
        self.loss = Matryoshka(InfoNce(scale), dict.fromkeys(NESTED, 1.0))

    def forward(self, pairs: Draw, views: Views | None) -> Tensor:
        """A scalar, in nats."""
        images = [pairs.features] if views is None else [pairs.features, views.first, views.second]
        rows = self.image(torch.cat(images)).split([len(part) for part in images])
        words = self.text(self._vocabulary[pairs.text])
        true = true_pairs(pairs.own_texts, pairs.text)
        anchors, positives = words, rows[0]
        if views is not None:
            true = _blocks(true, same_views(views.key))
            anchors, positives = torch.cat([words, rows[1]]), torch.cat([rows[0], rows[2]])
        looks = torch.arange(len(anchors)) >= len(words)
        return self._contrast(anchors, positives, true, looks)

    def _contrast(self, anchors: Tensor, positives: Tensor, true: Tensor, looks: Tensor) -> Tensor:
        count, dim = anchors.shape
        # What is true of the views' images is not known here, so texts don't contrast with them.
        other = looks[:, None] != looks[None, :]
        own = torch.eye(count, dtype=torch.bool)
        masks = Masks(
            true=true | other | own,
            hard=torch.zeros(count, 0, dtype=torch.bool),
            anchor_image=looks,
            positive_image=torch.ones(count, dtype=torch.bool),
        )
        empty = anchors.new_zeros(count, 0, dim)
        rows = PairRows(anchors, positives, empty, torch.ones(count), masks)
        loss: Tensor = self.loss(rows)
        return loss


def _blocks(first: Tensor, second: Tensor) -> Tensor:
    """bool (n + m, n + m), false where neither tells."""
    size = len(first) + len(second)
    answer = torch.zeros(size, size, dtype=torch.bool)
    answer[: len(first), : len(first)] = first
    answer[len(first) :, len(first) :] = second
    return answer


def train(
    image: nn.Module,
    text: nn.Module,
    vocabulary: Tensor,
    tables: Tables,
    plan: Plan,
    progress: Progress,
) -> None:
    """Trains both heads in place. `vocabulary`: the texts' frozen features by id."""
    random = torch.Generator().manual_seed(plan.seed)
    torch.manual_seed(plan.seed)
    objective = Objective(image, text, vocabulary).train()
    optimizer, schedule = _optimizer(objective, plan)
    learned = [parameter for parameter in objective.parameters() if parameter.requires_grad]
    for step in range(plan.steps):
        views = Views.mixed(tables.views, plan.views, random) if plan.views else None
        loss = objective(mixed(tables.texts, plan.batch, random), views)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        schedule.step()
        progress(f"training, loss {loss.item():.3f}", step + 1, plan.steps)
    objective.eval()


def _optimizer(
    objective: Objective, plan: Plan
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    heads = [*objective.image.parameters(), *objective.text.parameters()]
    groups = [
        {"params": heads, "weight_decay": plan.decay},
        {"params": list(objective.loss.parameters()), "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=plan.rate)
    warm = max(1, plan.steps // 20)

    def share(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, plan.steps - warm)))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, share)
