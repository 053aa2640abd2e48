"""Rows of the whole batch out of the parts that several processes hold."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


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


def processes() -> int:
    """How many processes train together; 1 without a process group."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def gathered(rows: Tensor) -> Tensor:
    """(processes x n, ...), with gradients, from each process's (n, ...), of one shape."""
    if processes() == 1:
        return rows
    whole: Tensor = _GatherRows.apply(rows)
    return whole


def gathered_objects(mine: list[Any]) -> list[Any]:
    """The lists of all processes as one, in order of rank."""
    if processes() == 1:
        return mine
    parts: list[Any] = [None] * processes()
    dist.all_gather_object(parts, mine)
    return [one for part in parts for one in part]
