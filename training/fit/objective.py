"""The towers and the losses as one module: a batch in, a loss out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from encoders.sentence.towers import embed_pixels, embed_tokens
from training.fit.batch import Batch, Inputs, masks_of
from training.fit.tuning import Tuning
from training.losses.distillation import EmbeddingDistillation, SimilarityDistillation
from training.losses.gathering import gathered, gathered_objects, processes
from training.losses.rows import Masks, PairRows

Tensors = Mapping[str, Tensor]


@dataclass
class Teaching:
    """A teacher, and how much of each way to learn from it. The teacher is no part of the module:
    it is neither trained nor saved."""

    teacher: SentenceTransformer
    embeddings: tuple[float, EmbeddingDistillation]
    similarities: tuple[float, SimilarityDistillation]


class Objective(nn.Module):
    """The loss of a batch of pairs.

    All parameters that learn, those of the losses too, are in this one module, so that they are
    wrapped for several processes, clipped, and saved together.

    Gradient caching (Gao et al. 2021, Scaling deep contrastive learning batch size under memory
    limited setup): with a `mini_batch`, the towers keep activations of so many rows at a time. The
    rows of the whole batch are computed without activations, the loss is taken over all of them,
    and each part is computed again when its gradient is due. That is activation checkpointing over
    parts of the batch, which PyTorch does, random numbers and precision included, so that the
    gradient is the one of the whole batch.

    Args:
        tuning: the model and what of it learns.
        contrast: loss over pairs, and its weight.
        mini_batch: see above; None for the whole batch at once.
    """

    def __init__(
        self,
        tuning: Tuning,
        contrast: tuple[float, nn.Module],
        *,
        teaching: Teaching | None = None,
        mini_batch: int | None = None,
    ) -> None:
        super().__init__()
        self.model = tuning.model
        self.weight, self.contrast = contrast
        self.learns = {"image": tuning.learns("image"), "text": tuning.learns("text")}
        self.mini_batch = mini_batch
        self.parts: dict[str, Tensor] = {}
        self._teaching = [teaching] if teaching else []  # a list hides it from nn.Module
        if teaching:
            self.projection = teaching.embeddings[1]

    def train(self, mode: bool = True) -> Objective:
        """As nn.Module, but batch norms keep their statistics.

        A row must not depend on its batch mates, and a part of a batch has other statistics than
        the whole.
        """
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        return self

    def forward(self, batch: Batch) -> Tensor:
        """A scalar: the loss of the whole batch, over all processes."""
        masks = self._masks(batch)
        rows = _pair_rows(self._rows(batch["inputs"]), batch, masks)
        with torch.autocast(rows.anchors.device.type, enabled=False):
            losses = self._losses(rows, batch)
        self.parts = {name: loss.detach() for name, loss in losses.items()}
        return torch.stack(list(losses.values())).sum()

    def _losses(self, rows: PairRows, batch: Batch) -> dict[str, Tensor]:
        losses = {}
        if self.weight:
            losses["contrast"] = self.weight * self.contrast(rows)
        for teaching in self._teaching:
            taught = self._taught(teaching, batch, rows.masks)
            for name in ("embeddings", "similarities"):
                weight, loss = getattr(teaching, name)
                if weight:
                    losses[name] = weight * loss(rows, taught)
        return losses

    def _taught(self, teaching: Teaching, batch: Batch, masks: Masks) -> PairRows:
        given = batch["teacher"]
        assert given is not None
        with torch.no_grad():
            rows = _all_rows(teaching.teacher, given, self._encode_fixed)
        return _pair_rows(rows, batch, masks)

    def _rows(self, inputs: Inputs) -> Tensor:
        return _all_rows(self.model, inputs, self._encode)

    def _encode(self, kind: str, tower: Callable[[Tensors], Tensor], inputs: Tensors) -> Tensor:
        """(n, dim) float32, of one tower, part by part where there is a mini-batch."""
        if not self.learns[kind]:
            with torch.no_grad():
                return self._encode_fixed(kind, tower, inputs)
        if self.mini_batch is None or len(_first(inputs)) <= self.mini_batch:
            return tower(inputs).float()
        parts = _parts(inputs, self.mini_batch)
        rows = [checkpoint(tower, part, use_reentrant=False) for part in parts]
        return torch.cat(rows).float()

    def _encode_fixed(
        self, _kind: str, tower: Callable[[Tensors], Tensor], inputs: Tensors
    ) -> Tensor:
        size = self.mini_batch or len(_first(inputs))
        return torch.cat([tower(part) for part in _parts(inputs, size)]).float()

    def _masks(self, batch: Batch) -> Masks:
        """Of the whole batch: where it is spread over processes, from everyone's pairs."""
        if processes() == 1:
            return Masks(**batch["masks"])
        pairs = gathered_objects(batch["pairs"])
        whole = masks_of(pairs, batch["negative"].shape[1])
        device = batch["weights"].device
        return Masks(**{name: value.to(device) for name, value in vars(whole).items()})


def _all_rows(
    model: SentenceTransformer,
    inputs: Inputs,
    encode: Callable[[str, Callable[[Tensors], Tensor], Tensors], Tensor],
) -> Tensor:
    """(images + texts, dim): first all images, then all texts."""
    rows = []
    if len(inputs["pixels"]):
        given = {"pixels": inputs["pixels"]}
        rows.append(encode("image", lambda part: embed_pixels(model, part["pixels"]), given))
    if inputs["tokens"]:
        rows.append(encode("text", lambda part: embed_tokens(model, part), inputs["tokens"]))
    return torch.cat(rows)


def _pair_rows(rows: Tensor, batch: Batch, masks: Masks) -> PairRows:
    """Rows of the whole batch, over all processes."""
    # Absent negatives are -1, the last row: no mask lets it through.
    return PairRows(
        anchors=gathered(rows[batch["anchor"]]),
        positives=gathered(rows[batch["positive"]]),
        negatives=gathered(rows[batch["negative"]]),
        weights=gathered(batch["weights"]),
        masks=masks,
    )


def _first(inputs: Tensors) -> Tensor:
    return next(iter(inputs.values()))


def _parts(inputs: Tensors, size: int) -> list[dict[str, Tensor]]:
    count = len(_first(inputs))
    return [
        {name: value[start : start + size] for name, value in inputs.items()}
        for start in range(0, count, size)
    ]
