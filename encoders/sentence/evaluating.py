"""A model that answers in the middle of its training."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class Evaluating:
    """Runs of a model without gradients and dropout, from any number of threads.

    The first run that begins puts the model into evaluation; the last that ends puts every module
    back where it was, frozen ones, too.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._running = 0
        self._training: list[nn.Module] = []

    @contextmanager
    def run(self) -> Iterator[None]:
        with self._lock:
            if not self._running:
                self._training = [part for part in self._model.modules() if part.training]
                self._model.eval()
            self._running += 1
        try:
            # Not inference mode: what a module keeps of such a run would break the next step.
            with torch.no_grad():
                yield
        finally:
            with self._lock:
                self._running -= 1
                if not self._running:
                    for part in self._training:
                        part.training = True
