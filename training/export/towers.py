"""The two towers of a model as modules with plain arguments, as the exporter traces them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from torch import Tensor, nn

from encoders.bundle import TextTower
from encoders.sentence.patches import image_features
from encoders.sentence.routes import input_module
from encoders.sentence.towers import embed_texts, embed_tokens, tokenise
from encoders.texts import TextReader
from training.export.attention import can_write_out, written_out

_SAME = 1e-5
"""Largest difference in any number of a text's unit row without its padding to the row with it."""
_LIMITED = ("positional_embedding", "attn_mask")
"""Tensors of open_clip's text towers that are as long as the longest text."""


class ImageSide(nn.Module):
    """float32 (n, 3, size, size) pixels -> float32 (n, dim) unit rows."""

    def __init__(self, model: SentenceTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> Tensor:
        features = image_features(input_module(self.model, "image"), pixels)
        if "pixel_attention_mask" in features:  # as many patches as there are, whatever the batch
            patches = features["pixel_values"]
            features["pixel_attention_mask"] = torch.ones_like(patches[:, :, 0], dtype=torch.int32)
        return _unit(self.model(dict(features) | {"modality": "image"})["sentence_embedding"])


class TextSide(nn.Module):
    """int64 (n, tokens) ids, and the mask where the tower reads one -> float32 (n, dim) unit rows.

    Args:
        names: of the model's inputs, as `tokenise` gives them.
        shortened: the text module's tensors to cut to the length of the texts, by name.
    """

    def __init__(
        self, model: SentenceTransformer, names: Sequence[str], shortened: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.model = model
        self.names = tuple(names)
        self.shortened = tuple(shortened)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        tokens = {"input_ids": input_ids}
        if attention_mask is not None:
            tokens["attention_mask"] = attention_mask
        if "token_type_ids" in self.names:  # one text, no pair: always the first segment
            tokens["token_type_ids"] = torch.zeros_like(input_ids)
        if not self.shortened:
            return _unit(embed_tokens(self.model, tokens))
        module = input_module(self.model, "text")
        with _cut(module, self.shortened, input_ids.shape[1]):
            return _unit(embed_tokens(self.model, tokens))


def text_side(
    model: SentenceTransformer, tower: TextTower, tokenizer: Tokenizer, texts: Sequence[str]
) -> tuple[TextSide, TextTower]:
    """(the text tower, how the manifest has it read).

    A tower that pads every text to its limit is freed of that where padding changes no answer, as
    in causal towers that look at a text's last token: a short text is then several times faster.
    Tried and measured on `texts`.
    """
    names = list(tokenise(model, texts))
    if tower.pad_to is None:
        return TextSide(model, names), tower
    free = TextTower(max_tokens=tower.max_tokens, clean=tower.clean, prompt=tower.prompt)
    alone = [torch.tensor([each.ids]) for each in TextReader(free, tokenizer).read(texts)]
    limited = [name for name in _state(model) if name.rpartition(".")[2] in _LIMITED]
    for shortened in ([], [name for name in limited if "visual" not in name]):
        side = TextSide(model, names, shortened).eval()
        if _same(side, model, alone, texts):
            return side, free
    return TextSide(model, names), tower


def _same(
    side: TextSide, model: SentenceTransformer, alone: Sequence[Tensor], texts: Sequence[str]
) -> bool:
    """Whether every text has the row without its padding that it has with it."""
    with torch.inference_mode():
        padded = embed_texts(model.eval(), texts)
        for row, ids in enumerate(alone):
            try:
                difference = float((side(ids)[0] - padded[row]).abs().max())
            except (RuntimeError, IndexError, ValueError):  # a tower that insists on its length
                return False
            if difference > _SAME:
                return False
    return True


def _state(model: SentenceTransformer) -> dict[str, Tensor]:
    module = input_module(model, "text")
    return dict(module.named_parameters()) | dict(module.named_buffers())


@contextmanager
def _cut(module: nn.Module, names: Sequence[str], length: int | Tensor) -> Iterator[None]:
    """The named tensors of `module` cut to `length` tokens; a trace sees them cut."""
    kept = []
    for name in names:
        owner_name, _, leaf = name.rpartition(".")
        owner = module.get_submodule(owner_name)
        where = owner._parameters if leaf in owner._parameters else owner._buffers
        whole: Any = where.pop(leaf)
        kept.append((owner, where, leaf, whole))
        short = whole[:length, :length] if leaf == "attn_mask" else whole[:length]
        object.__setattr__(owner, leaf, short)
    try:
        yield
    finally:
        for owner, where, leaf, whole in kept:
            object.__delattr__(owner, leaf)
            where[leaf] = whole


def _unit(rows: Tensor) -> Tensor:
    return nn.functional.normalize(rows, dim=-1)


@contextmanager
def traceable(model: SentenceTransformer, size: int) -> Iterator[SentenceTransformer]:
    """`model` in evaluation mode, in a state in which its towers can be traced.

    SigLIP 2 of free proportions stretches its positions anew for each image of a batch, in a loop;
    all of Binocle's images are squares of `size` pixels, for which it is done here, once. Attention
    is written out, see `attention`.
    """
    training = model.training
    model.eval()
    kept: list[tuple[Any, str]] = []
    for module in model.modules():
        if hasattr(module, "resize_positional_embeddings"):
            kept.append((module, "resize_positional_embeddings"))
            module.resize_positional_embeddings = _once(module, size // module.patch_size)
        if isinstance(module, nn.MultiheadAttention) and can_write_out(module):
            kept.append((module, "forward"))
            module.forward = written_out(module)  # type: ignore[method-assign]
    try:
        yield model
    finally:
        for module, name in kept:
            delattr(module, name)
        model.train(training)


def _once(module: Any, side: int) -> Callable[..., Tensor]:
    """A stand-in for the stretching, that knows its answer for `side` x `side` patches."""
    table = module.position_embedding.weight.detach()
    grid = module.position_embedding_size
    square = torch.tensor([[side, side]])
    with torch.no_grad():
        fixed: Tensor = module.resize_positional_embeddings(
            table.reshape(grid, grid, -1), square, max_length=side * side
        )
    return lambda *_, **__: fixed
