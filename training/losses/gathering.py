"""One batch out of the parts that several processes hold."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from training.losses.rows import Keys, PairRows


class _GatherRows(torch.autograd.Function):
    """All processes' rows, in order of rank; the gradient comes back summed over processes.

    Every process computes the same loss of the whole batch, and DistributedDataParallel averages
    the parameters' gradients, so the sum here makes the result the gradient of that one loss.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows.contiguous())
        ctx.count = len(rows)
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous()
        dist.all_reduce(total)
        start = dist.get_rank() * ctx.count
        return total[start : start + ctx.count]


def gathered(rows: PairRows) -> PairRows:
    """The whole batch, on every process; `rows` itself where there is only one process.

    Each process must hold the same number of pairs and of hard negatives.
    """
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return rows
    keys = Keys(**{field.name: _gather(getattr(rows.keys, field.name)) for field in fields(Keys)})
    return PairRows(
        anchors=_gather(rows.anchors),
        positives=_gather(rows.positives),
        negatives=_gather(rows.negatives),
        weights=_gather(rows.weights),
        keys=keys,
    )


def _gather(values: Tensor) -> Tensor:
    whole: Tensor = _GatherRows.apply(values)  # type: ignore[no-untyped-call]
    return whole
