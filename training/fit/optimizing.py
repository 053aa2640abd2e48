"""The optimizer's groups of parameters: each with its rate, and decay only where it helps."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from training.fit.objective import Objective
from training.fit.tuning import Tuning
from training.settings import Optimizer

_MODEL, _LOSS, _SCALE = "model.", "contrast.", ".scale."


def optimizer_of(objective: Objective, tuning: Tuning, settings: Optimizer) -> torch.optim.AdamW:
    """AdamW over all that learns in `objective`.

    Vectors and scalars (biases, norms, temperatures) are not decayed. The rates are the highest;
    a schedule scales them all alike.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in objective.named_parameters():
        if not parameter.requires_grad:
            continue
        rate = _rate(name, tuning, settings)
        decay = settings.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    given: list[dict[str, Any]] = [
        {"params": members, "lr": rate, "weight_decay": decay}
        for (rate, decay), members in groups.items()
    ]
    return torch.optim.AdamW(given, lr=settings.learning_rate, betas=(0.9, settings.beta2))


def _rate(name: str, tuning: Tuning, settings: Optimizer) -> float:
    if name.startswith(_LOSS) and _SCALE in name:
        return settings.temperature
    own = name.removeprefix(_MODEL)
    fresh = name == own  # a projection of the losses
    if settings.heads is not None and (fresh or tuning.is_head(own)):
        return settings.heads
    return settings.learning_rate
