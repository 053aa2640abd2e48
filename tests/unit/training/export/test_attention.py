import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from training.export.attention import can_write_out, written_out


@settings(max_examples=40, deadline=None)
@given(
    batch=st.integers(1, 3),
    tokens=st.integers(1, 6),
    heads=st.sampled_from([1, 2, 4]),
    batch_first=st.booleans(),
    bias=st.booleans(),
    mask=st.sampled_from(["none", "causal", "boolean", "by head"]),
)
def test_attention_written_out_answers_as_torchs(
    batch: int, tokens: int, heads: int, batch_first: bool, bias: bool, mask: str
) -> None:
    torch.manual_seed(0)
    module = nn.MultiheadAttention(8, heads, bias=bias, batch_first=batch_first).eval()
    shape = (batch, tokens, 8) if batch_first else (tokens, batch, 8)
    query, key, value = torch.randn(3, *shape)
    above = torch.ones(tokens, tokens).triu(1).bool()
    causal = torch.zeros(tokens, tokens).masked_fill(above, float("-inf"))
    given_mask = {
        "none": None,
        "causal": causal,
        "boolean": above,
        "by head": causal.expand(batch * heads, tokens, tokens),
    }[mask]
    expected, _ = module(query, key, value, need_weights=False, attn_mask=given_mask)
    rows, _ = written_out(module)(query, key, value, need_weights=False, attn_mask=given_mask)
    torch.testing.assert_close(rows, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("options", "can"),
    [
        ({}, True),
        ({"add_bias_kv": True}, False),
        ({"kdim": 4}, False),
        ({"add_zero_attn": True}, False),
    ],
)
def test_only_plain_attention_is_written_out(options: dict[str, int], can: bool) -> None:
    assert can_write_out(nn.MultiheadAttention(8, 2, **options)) is can
