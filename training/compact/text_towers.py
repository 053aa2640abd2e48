"""Text towers as the training loop sees them: ids of a vocabulary in, unit rows out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from training.compact.heads import Head

_CHUNK = 64


class FrozenTexts(nn.Module):
    """The head over the frozen trunk's features, which are read from a table."""

    def __init__(self, features: Tensor, head: Head) -> None:
        super().__init__()
        self.head = head
        self._features = features

    def forward(self, ids: Tensor) -> Tensor:
        rows: Tensor = self.head(self._features[ids])
        return rows


class TunedTexts(nn.Module):
    """Trunk and head together, for training the transformer too."""

    def __init__(
        self, trunk: nn.Module, head: Head, tokenizer: Tokenizer, texts: Sequence[str]
    ) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head
        tokenizer.no_padding()
        self._tokens = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
        tokenizer.enable_padding()

    def forward(self, ids: Tensor) -> Tensor:
        unique, place = torch.unique(ids, return_inverse=True)
        wanted = unique.tolist()
        # Texts of like length share a chunk: a gloss of 40 tokens must not pad 'dog' to 40.
        order = sorted(range(len(wanted)), key=lambda i: len(self._tokens[wanted[i]]))
        parts = [
            self._chunk([wanted[i] for i in order[start : start + _CHUNK]])
            for start in range(0, len(order), _CHUNK)
        ]
        back = torch.empty(len(order), dtype=torch.int64)
        back[order] = torch.arange(len(order))
        rows: Tensor = self.head(torch.cat(parts)[back][place])
        return rows

    def _chunk(self, texts: Sequence[int]) -> Tensor:
        tokens = [torch.tensor(self._tokens[text]) for text in texts]
        ids = nn.utils.rnn.pad_sequence(tokens, batch_first=True)
        mask = nn.utils.rnn.pad_sequence([torch.ones_like(t) for t in tokens], batch_first=True)
        pooled: Tensor = self.trunk(ids, mask)
        return pooled


def thaw(transformer: nn.Module, layers: int) -> None:
    """Lets the last `layers` of the transformer learn, and nothing below them."""
    transformer.requires_grad_(False)
    blocks = list(transformer.get_submodule("encoder.layer").children())
    for block in blocks[len(blocks) - layers :]:
        block.requires_grad_(True)
