"""The directory that a bundle is written to: whole, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from core.errors import EncoderError
from encoders.bundle import MANIFEST


def check_destination(directory: Path, *, force: bool) -> None:
    """Raises EncoderError unless a bundle may be written to `directory`.

    Forced, it may take the place of another bundle; never that of anything else.
    """
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise EncoderError(f"{directory} is not a directory.", hint="Give another one to --to.")
    if not directory.is_dir() or not any(directory.iterdir()):
        return
    if not (directory / MANIFEST).is_file():
        raise EncoderError(
            f"{directory} is not empty, and holds no bundle.", hint="Give an empty one to --to."
        )
    if not force:
        raise EncoderError(
            f"{directory} holds a bundle already.",
            hint="Give an empty directory, or --force to replace it.",
        )


@contextmanager
def written(directory: Path, *, force: bool) -> Iterator[Path]:
    """A new directory beside `directory`, which takes its place when the block ends well.

    When it does not, nothing is left behind and `directory` is as it was. Raises EncoderError as
    `check_destination`, and where the disk or its permissions don't allow it.
    """
    directory = directory.absolute()
    check_destination(directory, force=force)
    aside = directory.with_name(f".{directory.name}.{uuid4().hex[:8]}")
    try:
        aside.mkdir(parents=True)
        yield aside
        _replace(directory, aside)
    except OSError as error:
        reason = error.strerror or str(error)
        raise EncoderError(f"The bundle can't be written to {directory}: {reason}.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _replace(directory: Path, aside: Path) -> None:
    """A directory can't be exchanged in one step: the old one steps aside, and back on failure."""
    if not directory.exists() or not any(directory.iterdir()):
        aside.replace(directory)
        return
    old = aside.with_name(f"{aside.name}.old")
    directory.replace(old)
    try:
        aside.replace(directory)
    except OSError:
        old.replace(directory)
        raise
    shutil.rmtree(old, ignore_errors=True)
