"""What of a run is written so that it can go on: only the weights that learn, and the losses'."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from core.disk import disk_errors
from core.errors import EncoderError, SettingsError

_WEIGHTS = "learned.pt"
_STATE = "trainer_state.json"  # written last: a checkpoint without it was cut off


def save_learned(module: nn.Module, folder: Path) -> None:
    """Writes all parameters that learn. Raises StorageFull and StoreError."""
    learned = {name: one.detach() for name, one in module.named_parameters() if one.requires_grad}
    with disk_errors():
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(learned, folder / _WEIGHTS)


def load_learned(module: nn.Module, folder: Path) -> None:
    """Reads them back. Raises EncoderError if they are of another architecture."""
    own = {name: one for name, one in module.named_parameters() if one.requires_grad}
    try:
        found = torch.load(folder / _WEIGHTS, map_location="cpu", weights_only=True)
    except Exception as error:  # torch, pickle and zip have no common base
        raise EncoderError(
            f"The checkpoint {folder} can't be read: {str(error).splitlines()[0]}",
            hint="Delete the folder; the run then goes on from the one before.",
        ) from None
    missing = sorted(own.keys() ^ found.keys())
    shapes = sorted(
        name for name in own.keys() & found.keys() if own[name].shape != found[name].shape
    )
    if missing or shapes:
        raise EncoderError(
            f"The checkpoint {folder} is of another architecture: {_differences(missing, shapes)}.",
            hint="Has the starting model changed? Train into another folder: --out.",
        )
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(found[name])


def _differences(missing: list[str], shapes: list[str]) -> str:
    parts = []
    if missing:
        parts.append(f"{len(missing):,} weights are in only one of the two, such as {missing[0]}")
    if shapes:
        parts.append(f"{len(shapes):,} have another shape, such as {shapes[0]}")
    return ", ".join(parts)


def step_of(checkpoint: Path) -> int:
    """Steps that were done when it was written."""
    return int(checkpoint.name.rpartition("-")[2])


def latest(folder: Path) -> Path | None:
    """The last whole checkpoint in `folder`."""
    found = [one for one in folder.glob("checkpoint-*") if (one / _STATE).is_file()]
    return max(found, key=step_of, default=None)


def required(folder: Path, run: Path) -> Path:
    """The last whole checkpoint. Raises SettingsError where there is none."""
    checkpoint = latest(folder)
    if checkpoint is None:
        raise SettingsError(
            f"There is no checkpoint in {run} to go on from.",
            hint="Leave --resume out to begin.",
        )
    return checkpoint
