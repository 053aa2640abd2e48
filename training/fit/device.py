"""Where a run computes, and how precisely."""

from __future__ import annotations

import torch

from core.errors import SettingsError
from training.recipe import Recipe


def device_of(recipe: Recipe) -> str:
    """'cpu' or 'cuda'. Raises SettingsError for a GPU that is not there."""
    if recipe.device == "cuda" and not torch.cuda.is_available():
        raise SettingsError(
            "The recipe asks for 'device: cuda', but PyTorch sees no GPU here.",
            hint="Write 'device: auto', or look at nvidia-smi and at PyTorch's CUDA version.",
            field="device",
        )
    if recipe.device != "auto":
        return recipe.device
    return "cuda" if torch.cuda.is_available() else "cpu"


def uses_bf16(recipe: Recipe, device: str) -> bool:
    """Whether towers run in bfloat16. Raises SettingsError where the device has none."""
    able = device == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    if recipe.precision == "bf16" and not able:
        where = "this GPU has" if device == "cuda" else "processors have"
        raise SettingsError(
            f"The recipe asks for 'precision: bf16', which {where} no fast arithmetic for.",
            hint="Write 'precision: auto' or 'precision: fp32'.",
            field="precision",
        )
    return able and recipe.precision != "fp32"


def per_process(recipe: Recipe, processes: int) -> int:
    """Pairs of a batch that each of the processes prepares. Raises SettingsError."""
    share, rest = divmod(recipe.batch_size, processes)
    if rest or not share:
        raise SettingsError(
            f"A batch_size of {recipe.batch_size} can't be shared evenly by {processes} processes.",
            hint=f"Take a multiple of {processes}.",
            field="batch_size",
        )
    return share
