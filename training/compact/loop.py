"""The training loop: batches drawn from the tables, AdamW, a cosine schedule, seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from training.compact.features import Progress
from training.compact.heads import NESTED
from training.compact.losses import nested_contrastive, true_pairs
from training.compact.pairs import Table, mixed

TextTower = Callable[[Tensor], Tensor]
"""int64 (n,) text ids -> float32 (n, dim) unit rows."""


@dataclass(frozen=True)
class Plan:
    """How long and how fast to train. `rate` is AdamW's at its top, for the heads."""

    steps: int
    batch: int
    rate: float
    decay: float = 0.05
    seed: int = 7


@dataclass(frozen=True)
class Group:
    """Parameters that learn together; `pace` is their share of the plan's rate."""

    module: nn.Module
    pace: float


def train(
    image: nn.Module,
    text: TextTower,
    learned: Sequence[Group],
    tables: Sequence[tuple[Table, float]],
    plan: Plan,
    progress: Progress,
) -> float:
    """Trains `learned` in place; answers the inverse temperature that was learned with it."""
    random = torch.Generator().manual_seed(plan.seed)
    torch.manual_seed(plan.seed)
    temperature = nn.Parameter(torch.tensor(math.log(20.0)))
    optimizer, schedule = _optimizer(learned, temperature, plan)
    for group in learned:
        group.module.train()
    for step in range(plan.steps):
        batch = mixed(tables, plan.batch, random)
        scale = temperature.exp().clamp(max=60.0)
        rows = image(batch.features)
        also_true = true_pairs(batch.own_texts, batch.text)
        loss = nested_contrastive(rows, text(batch.text), also_true, scale, NESTED)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([p for g in learned for p in g.module.parameters()], 1.0)
        optimizer.step()
        schedule.step()
        progress(f"training, loss {loss.item():.3f}", step + 1, plan.steps)
    for group in learned:
        group.module.eval()
    return float(temperature.detach().exp())


def _optimizer(
    learned: Sequence[Group], temperature: nn.Parameter, plan: Plan
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
    groups = [
        {"params": [p for p in g.module.parameters() if p.requires_grad], "lr": plan.rate * g.pace}
        for g in learned
    ]
    groups.append({"params": [temperature], "lr": plan.rate, "weight_decay": 0.0})
    optimizer = torch.optim.AdamW(groups, weight_decay=plan.decay)
    warm = max(1, plan.steps // 20)

    def share(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, plan.steps - warm)))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, share)
