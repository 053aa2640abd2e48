"""What transformers says of a checkpoint that does not fit, caught and put into a sentence."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from transformers.utils import logging as transformers_logging

from core.errors import EncoderError

_ROW = re.compile(r"^(\S.*?)\s*\|\s*(?:\x1b\[\d+m)?(MISSING|MISMATCH)", re.MULTILINE)
_UNUSED = re.compile(r"(^|\.)pooler\.|position_ids$")
"""Of text models: mean pooling goes past the pooler, which many a checkpoint therefore lacks."""
_TALKERS = ("modeling_utils", "configuration_utils")
_SHOWN = 3


class _Catcher(logging.Filter):
    """Keeps the load report from the log: what of it matters is said in an error."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, list[str]] = {"MISSING": [], "MISMATCH": []}

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if text.startswith("Model config:"):  # of tokens for generation, which SigLIP's lacks
            return False
        if "LOAD REPORT" not in text:
            return True
        for name, status in _ROW.findall(text):
            if not _UNUSED.search(name):
                self.rows[status].append(name)
        return False


@contextmanager
def whole_weights(name: str) -> Iterator[None]:
    """Raises EncoderError if a model that is loaded inside did not get all of its weights.

    transformers draws what a checkpoint lacks at random and says so in its log: a model that is
    partly noise.
    """
    loggers = [logging.getLogger(f"transformers.{name}") for name in _TALKERS]
    levels = [logger.level for logger in loggers]
    catcher = _Catcher()
    bars = transformers_logging.is_progress_bar_enabled()
    for logger in loggers:
        logger.addFilter(catcher)
        logger.setLevel(logging.WARNING)  # a quiet transformers would make no report at all
    transformers_logging.disable_progress_bar()
    try:
        yield
    except Exception as error:
        if catcher.rows["MISMATCH"]:
            raise other_architecture(
                name, missing=catcher.rows["MISSING"], shapes=catcher.rows["MISMATCH"]
            ) from error
        raise
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeFilter(catcher)
            logger.setLevel(level)
        if bars:
            transformers_logging.enable_progress_bar()
    if catcher.rows["MISSING"]:
        raise other_architecture(name, missing=catcher.rows["MISSING"])


def other_architecture(
    name: str,
    *,
    missing: Sequence[str] = (),
    unexpected: Sequence[str] = (),
    shapes: Sequence[str] = (),
) -> EncoderError:
    """What is said of a checkpoint whose tensors are not those of the architecture."""
    parts = [
        f"{label} {_some(names)}"
        for label, names in (
            ("it lacks", missing),
            ("it has besides", unexpected),
            ("of another shape are", shapes),
        )
        if names
    ]
    return EncoderError(
        f"The checkpoint {name} is of another architecture: {'; '.join(parts)}.",
        hint="Use the architecture that the checkpoint was made with.",
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
