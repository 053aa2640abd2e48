"""Weights between two models (WiSE-FT).

Wortsman et al. 2022, Robust fine-tuning of zero-shot models. Fine-tuning improves on the data it
sees and loses elsewhere; on the straight line between the weights before and after there are often
models that keep most of both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Trial:
    """The model at one alpha, scored by task.

    alpha: share of the trained weights, 0 to 1.
    accepted: whether the forgetting guard lets it pass.
    """

    alpha: float
    validation: Mapping[str, float]
    general: Mapping[str, float]
    accepted: bool

    @property
    def score(self) -> float:
        """The mean over the validation tasks; 0 where there are none."""
        return sum(self.validation.values()) / len(self.validation) if self.validation else 0.0


def copied(model: nn.Module) -> dict[str, Tensor]:
    """The model's weights on the processor, as they are now."""
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def put_between(model: nn.Module, start: Weights, trained: Weights, alpha: float) -> None:
    """Gives `model` (1 - alpha) x start + alpha x trained; whole numbers are taken from trained.

    At 0 and at 1 the weights are exactly those of the ends.
    """
    own = model.state_dict()
    with torch.no_grad():
        for name, end in trained.items():
            begin = start[name]
            if alpha == 0 or alpha == 1 or not end.is_floating_point():
                value = begin if alpha == 0 else end
            else:
                value = torch.lerp(begin.float(), end.float(), alpha).to(end.dtype)
            own[name].copy_(value)


def try_all(
    model: nn.Module,
    start: Weights,
    alphas: Sequence[float],
    score: Callable[[float], Trial],
) -> list[Trial]:
    """`score` at each alpha, lowest first, with the model's weights put there; then at 1."""
    trained = copied(model)
    trials = []
    for alpha in sorted(alphas):
        put_between(model, start, trained, alpha)
        trials.append(score(alpha))
    put_between(model, start, trained, 1.0)
    return trials


def best(trials: Sequence[Trial]) -> Trial:
    """The best on validation of those that the guard accepts, or of all where it accepts none.

    Of equals, the one with more of the trained weights.
    """
    accepted = [trial for trial in trials if trial.accepted]
    return max(accepted or trials, key=lambda trial: (trial.score, trial.alpha))
