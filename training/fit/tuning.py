"""Which weights learn: everything, one tower, projections only, or low-rank additions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense
from torch import nn

from core.errors import EncoderError
from encoders.sentence.preprocessing import preprocessing_of
from encoders.sentence.towers import embed_pixels, embed_texts
from training.settings import Lora, Tower, Tune

_HEADS = re.compile(
    r"(^|\.)(visual_projection|text_projection|vision_model\.head|text_model\.head"
    r"|visual\.(proj|head|attnpool)|text\.(proj|text_projection))(\.|$)"
)
"""Projections into the joint space, in transformers' CLIP and SigLIP and in open_clip's models."""


@dataclass(frozen=True)
class Towers:
    """Names of the parameters of each tower, and of those that project into the joint space."""

    image: frozenset[str]
    text: frozenset[str]
    heads: frozenset[str]

    def of(self, tower: Tower) -> frozenset[str]:
        return self.image if tower == "image" else self.text


def towers_of(model: SentenceTransformer) -> Towers:
    """The model's parts, found by where gradients flow: no family of models is special."""
    side = preprocessing_of(model).size
    kept = {name: one.requires_grad for name, one in model.named_parameters()}
    model.requires_grad_(True)
    image = _reached(model, embed_pixels(model, torch.zeros(1, 3, side, side)))
    text = _reached(model, embed_texts(model, ["a"]))
    for name, one in model.named_parameters():
        one.requires_grad_(kept[name])
    dense = {
        f"{path}.{name}"
        for path, module in model.named_modules()
        if isinstance(module, Dense)
        for name, _ in module.named_parameters()
    }
    heads = {name for name in kept if _HEADS.search(name)} | dense
    return Towers(image, text, frozenset(heads))


def _reached(model: nn.Module, rows: torch.Tensor) -> frozenset[str]:
    # The rows are of unit length: their own sum of squares would have no gradient.
    rows.sum().backward()  # type: ignore[no-untyped-call]
    found = frozenset(name for name, one in model.named_parameters() if one.grad is not None)
    model.zero_grad(set_to_none=True)
    return found


class Tuning:
    """A model, with only what the settings say made to learn.

    Low-rank additions are put in here; `finish` merges them, after which the model is as any other.

    Raises EncoderError if nothing of what should learn is found in the model.
    """

    def __init__(self, model: SentenceTransformer, tune: Tune) -> None:
        self.model = model
        self.towers = towers_of(model)
        self._lora: Any = None
        open_towers: list[Tower] = [one for one in ("image", "text") if one not in tune.lock]
        learning = frozenset[str]().union(*(self.towers.of(one) for one in open_towers))
        # What both towers share moves both: a lock on one of them holds it.
        learning -= frozenset[str]().union(*(self.towers.of(one) for one in tune.lock))
        if tune.heads_only:
            _check_heads(self.towers, open_towers)
            learning &= self.towers.heads
        for name, one in model.named_parameters():
            one.requires_grad_(name in learning)
        if tune.lora is not None:
            self._lora = _with_lora(model, learning, tune.lora)

    def finish(self) -> None:
        """Merges low-rank additions into the weights they were added to."""
        if self._lora is not None:
            self._lora.merge_and_unload(safe_merge=True)
            self._lora = None

    def learns(self, tower: Tower) -> bool:
        """Whether any weight of a tower learns."""
        if self._lora is not None:
            marks = {name.rpartition(".")[0] for name in self.towers.of(tower)}
            return any(
                one.requires_grad and _base(name) in marks
                for name, one in self.model.named_parameters()
            )
        own = self.towers.of(tower)
        return any(one.requires_grad for name, one in self.model.named_parameters() if name in own)

    def is_head(self, name: str) -> bool:
        return name in self.towers.heads


def _check_heads(towers: Towers, open_towers: list[Tower]) -> None:
    for tower in open_towers:
        if not towers.heads & towers.of(tower):
            raise EncoderError(
                f"The {tower} tower has no projection that Binocle knows: 'tune.heads_only' would "
                "leave nothing of it to learn.",
                hint="Use 'tune.lora', or lock the other tower and tune this one whole.",
            )


def _with_lora(model: SentenceTransformer, learning: frozenset[str], settings: Lora) -> Any:
    from peft import LoraConfig, LoraModel  # slow to import, and rarely asked for

    # In a plain module: peft takes the towers' own configurations for one of transformers' models.
    plain = nn.ModuleDict({"model": model})
    targets = sorted(f"model.{path}" for path in _adaptable(model, learning))
    if not targets:
        raise EncoderError(
            "The model has no linear layer that low-rank additions could go to.",
            hint="Leave 'tune.lora' out, or tune the projections: 'tune.heads_only'.",
        )
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets,
        bias="none",
    )
    return LoraModel(plain, config, "default")


def _adaptable(model: nn.Module, learning: frozenset[str]) -> set[str]:
    """Names of the linear layers and 1 x 1 convolutions whose weights are among `learning`."""
    attentions = [
        path for path, one in model.named_modules() if isinstance(one, nn.MultiheadAttention)
    ]
    found = set()
    for path, module in model.named_modules():
        # PyTorch's attention reads its layers' weights without calling them: they can't be adapted.
        if any(path.startswith(f"{attention}.") for attention in attentions):
            continue
        if f"{path}.weight" in learning and _is_linear(module):
            found.add(path)
    return found


def _is_linear(module: nn.Module) -> bool:
    if isinstance(module, nn.Conv2d):
        return module.kernel_size == (1, 1) and module.groups == 1
    return isinstance(module, nn.Linear)


def _base(name: str) -> str:
    """The layer that a low-rank addition is of."""
    return name.partition(".lora_")[0]
