"""Attention of torch's own module, written out, so that a trace keeps every length free.

`torch.nn.MultiheadAttention` shapes its keys by the lengths that it sees while it is traced; the
graph would then take texts of that one length only. open_clip's and SigLIP's towers are made of it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


def written_out(module: nn.MultiheadAttention) -> Any:
    """A forward for `module` in evaluation: the same answer, and no weights of attention."""

    def forward(
        query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, **_: Any
    ) -> tuple[Tensor, None]:
        inputs = [query, key, value]
        if not module.batch_first:
            inputs = [each.transpose(0, 1) for each in inputs]
        weights = module.in_proj_weight.chunk(3)
        biases = [None] * 3 if module.in_proj_bias is None else module.in_proj_bias.chunk(3)
        q, k, v = (
            _heads(functional.linear(each, weight, bias), module)
            for each, weight, bias in zip(inputs, weights, biases, strict=True)
        )
        scores = (q * module.head_dim**-0.5) @ k.transpose(-2, -1)
        if attn_mask is not None:
            scores = scores + _by_head(attn_mask, module.num_heads)
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
        rows = module.out_proj(mixed)
        return (rows if module.batch_first else rows.transpose(0, 1)), None

    return forward


def can_write_out(module: nn.Module) -> bool:
    """Whether `module` is attention of the plain kind: one width, no tokens of its own."""
    return (
        isinstance(module, nn.MultiheadAttention)
        and module.in_proj_weight is not None
        and module.bias_k is None
        and not module.add_zero_attn
    )


def _heads(rows: Tensor, module: nn.MultiheadAttention) -> Tensor:
    """(n, heads, tokens, width of a head) from (n, tokens, width)."""
    count, tokens, _ = rows.shape
    return rows.reshape(count, tokens, module.num_heads, module.head_dim).transpose(1, 2)


def _by_head(mask: Tensor, heads: int) -> Tensor:
    """What is added to scores (n, heads, tokens, tokens): of (tokens, tokens) or (n x heads, ...).

    Boolean masks are true where nothing may be seen.
    """
    if not mask.is_floating_point():
        mask = mask.new_zeros(mask.shape, dtype=torch.float32).masked_fill(
            mask.bool(), float("-inf")
        )
    return mask if mask.ndim == 2 else mask.reshape(-1, heads, *mask.shape[1:])
