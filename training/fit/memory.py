"""Out of memory, told by the settings that would help."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from core.errors import SettingsError
from training.recipe import Recipe

_SIGNS = ("can't allocate memory", "out of memory", "not enough memory")
_KILLED = ("is killed by signal", "exited unexpectedly")


@contextmanager
def memory_errors(recipe: Recipe, share: int) -> Iterator[None]:
    """Turns a lack of memory into a SettingsError that names what to lower."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _told(recipe, share) from error
    except RuntimeError as error:
        text = str(error)
        if any(sign in text for sign in _SIGNS):
            raise _told(recipe, share) from error
        if "DataLoader worker" in text and any(sign in text for sign in _KILLED):
            raise SettingsError(
                "A process that prepares batches was ended from outside, most likely by the system "
                "for want of memory.",
                hint="Lower 'workers', or 'batch_size', and go on with --resume.",
                field="workers",
            ) from error
        raise


def _told(recipe: Recipe, share: int) -> SettingsError:
    present = recipe.mini_batch
    lower = max(1, (present or share) // 2)
    if present == 1:
        hint = "Take a smaller model or images, or lower 'batch_size'."
    else:
        hint = f"Set 'mini_batch: {lower}': the batch, and what is learned, stay the same."
    return SettingsError(
        f"Out of memory. 'batch_size' is {recipe.batch_size}, 'mini_batch' is "
        f"{present or 'not set, so that all of a batch is in memory at once'}.",
        hint=f"{hint} Then go on with --resume.",
        field="mini_batch",
    )
