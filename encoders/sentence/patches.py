"""Images cut into patches, as SigLIP 2 of free proportions reads them (Tschannen et al. 2025)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def image_features(module: Any, pixels: Tensor) -> dict[str, Tensor]:
    """What `module` reads, of pixels (n, 3, size, size): these, or a square of patches of them."""
    processor: Any = getattr(module, "processor", None)
    processor = getattr(processor, "image_processor", processor)
    if getattr(processor, "max_num_patches", None) is None:
        return {"pixel_values": pixels}
    side = int(processor.patch_size)
    rows = pixels.shape[-1] // side
    count = len(pixels)
    return {
        "pixel_values": to_patches(pixels, side),
        "pixel_attention_mask": torch.ones(count, rows * rows, dtype=torch.int32),
        "spatial_shapes": torch.full((count, 2), rows, dtype=torch.int64),
    }


def to_patches(pixels: Tensor, side: int) -> Tensor:
    """(n, patches, side x side x 3) from (n, 3, height, width): row by row, channels innermost."""
    count, channels, height, width = pixels.shape
    cut = pixels.reshape(count, channels, height // side, side, width // side, side)
    return cut.permute(0, 2, 4, 3, 5, 1).reshape(count, -1, side * side * channels)
