"""Batches in their order, prepared by processes beside the one that trains."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from core.errors import BinocleError
from ingestion.limits import cores
from training.fit.batch import Batch, Collector
from training.pairs.images import PairReader
from training.pairs.skips import SkipLog

_AHEAD = 2
"""Batches that each worker has ready."""
_MOST_WORKERS = 8


@dataclass(frozen=True)
class Part:
    """One process's part of every batch.

    whole: pairs of a batch, over all processes. share: of them, this process's. rank: its number.
    """

    whole: int
    share: int
    rank: int = 0


class Batches(Dataset[Batch | BinocleError]):
    """Batch by number, computed from its positions in the mixture alone.

    An error is handed over as a value: raised in a worker it would arrive as a stack trace.
    """

    def __init__(self, reader: PairReader, collector: Collector, part: Part) -> None:
        self._reader = reader
        self._collector = collector
        self._part = part

    def __getitem__(self, number: int) -> Batch | BinocleError:
        start = number * self._part.whole + self._part.rank * self._part.share
        try:
            read = [self._reader.read(start + place) for place in range(self._part.share)]
            return self._collector.batch(read)
        except BinocleError as error:
            return error


class Stream:
    """Batches `first` up to `last`, each once, in order. What was passed over goes to `skips`.

    Args:
        workers: processes that prepare batches; 0 prepares each when it is asked for.
        pin: keep batches in memory that a GPU can read directly.
    """

    def __init__(
        self,
        batches: Batches,
        first: int,
        last: int,
        *,
        skips: SkipLog,
        workers: int,
        pin: bool = False,
    ) -> None:
        self._numbers = range(first, last)
        self._skips = skips
        collate: Any = _as_it_is  # it gets what `batches` gives, as no batch size is asked for
        self._loader: DataLoader[Batch | BinocleError] = DataLoader(
            batches,
            batch_size=None,
            sampler=self._numbers,
            collate_fn=collate,
            num_workers=workers,
            prefetch_factor=_AHEAD if workers else None,
            worker_init_fn=_leave_interrupts_alone,
            pin_memory=pin,
            # A generator of its own: the loader's draws must not move the run's random numbers.
            generator=torch.Generator(),
        )

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Batch]:
        for found in self._loader:
            if isinstance(found, BinocleError):
                raise found
            self._skips.add(found["skips"])
            yield found


def workers_for(asked: int | None, *, gpu: bool) -> int:
    """How many processes prepare batches, where the recipe leaves it open.

    With a GPU, one for each core but one. On processors alone one: the towers take the cores.
    """
    if asked is not None:
        return asked
    return min(_MOST_WORKERS, max(1, cores() - 1)) if gpu else 1


def _as_it_is(batch: Batch | BinocleError) -> Batch | BinocleError:
    return batch


def _leave_interrupts_alone(_worker: int) -> None:
    # Ctrl-C reaches every process of a terminal; the one that trains decides what happens.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
