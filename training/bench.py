"""Throughput of the trainer, decoding included, against a bare loop over tensors in memory."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from torch.nn.functional import cross_entropy
from transformers import TrainerCallback, TrainerState
from transformers.trainer_utils import SaveStrategy

from encoders.sentence.encoder import SentenceEncoder
from encoders.sentence.loading import load_model
from encoders.sentence.towers import embed_pixels, embed_tokens
from eval.bench.measures import Measure
from training.fit.batch import Batch, Collector
from training.fit.device import device_of, uses_bf16
from training.fit.losses import contrast_of
from training.fit.objective import Objective
from training.fit.optimizing import optimizer_of
from training.fit.stream import Batches, Part, Stream, workers_for
from training.fit.trainer import Fit, arguments
from training.fit.tuning import Tuning
from training.fit.watcher import Watcher
from training.pairs.build import build_sources, mixture_of
from training.pairs.images import ImageReader, PairReader
from training.pairs.skips import SkipLog
from training.recipe import Recipe

_PRELOADED = 4
"""Different batches that the bare loop turns through."""


@dataclass(frozen=True)
class Load:
    """What is trained: a model on the images and titles of a catalog, so many steps a round."""

    model: str
    source: Path
    batch: int
    steps: int
    rounds: int
    workers: int | None = None


def bench_train(load: Load, folder: Path, watcher: Watcher) -> list[Measure]:
    """Pairs per second of both, measured in turn, and the median of their ratios round by round.

    Both train all weights of the same towers with AdamW and the same loss over batches of the same
    size, in the same precision; the first step of each round is left out, as is starting up. The
    bare loop's images are decoded, preprocessed and on the device before its clock runs.
    """
    bench = _Bench(load, folder)
    rates: dict[str, list[float]] = {"bare": [], "trainer": []}
    for number in range(load.rounds):
        for name, run in (("bare", bench.bare), ("trainer", bench.trainer)):
            watcher.stage("Training", 2 * number + (name == "trainer"), 2 * load.rounds)
            rates[name].append(load.batch * load.steps / run())
    ratio = statistics.median(ours / bare for bare, ours in zip(*rates.values(), strict=True))
    basis = f"median of {load.rounds} rounds of {load.steps} steps of {load.batch} pairs"
    where = f"{bench.device}, {'bf16' if bench.bf16 else 'fp32'}"
    return [
        Measure("bare loop", statistics.median(rates["bare"]), "pairs/s", f"in memory, {where}"),
        Measure(
            "trainer",
            statistics.median(rates["trainer"]),
            "pairs/s",
            f"from files, {bench.workers} workers",
        ),
        Measure("trainer / bare loop", ratio, "x", basis, at_least=0.9),
    ]


class _Bench:
    """The towers, and both ways to train them."""

    def __init__(self, load: Load, folder: Path) -> None:
        self._load = load
        self._folder = folder
        self._recipe = recipe = _recipe(load)
        self.device = device_of(recipe)
        self.bf16 = uses_bf16(recipe, self.device)
        self.workers = workers_for(load.workers, gpu=self.device == "cuda")
        self._model: SentenceTransformer = load_model(load.model).to(self.device)
        self._dim = SentenceEncoder(self._model, load.model).dim
        built = build_sources(recipe.data, Path.cwd(), cache=folder)
        collector = Collector(self._model, negatives=0)
        reader = PairReader(mixture_of(built), ImageReader(collector.size))
        self._batches = Batches(reader, collector, Part(load.batch, load.batch))
        self._skips = SkipLog()
        stream = Stream(self._batches, 0, _PRELOADED, skips=self._skips, workers=0)
        self._preloaded = [_on(batch, self.device) for batch in stream]

    def bare(self) -> float:
        """Seconds of the steps after the first."""
        tuning, objective = self._objective()
        model = self._model.train()
        optimizer = optimizer_of(objective, tuning, self._recipe.optimizer)
        started = 0.0
        for step, batch in enumerate(islice(cycle(self._preloaded), self._load.steps + 1)):
            with torch.autocast(self.device, torch.bfloat16, enabled=self.bf16):
                images = embed_pixels(model, batch["inputs"]["pixels"])
                texts = embed_tokens(model, batch["inputs"]["tokens"])
            rows = torch.cat([images, texts]).float()
            logits = 20 * rows[batch["anchor"]] @ rows[batch["positive"]].T
            right = torch.arange(len(logits), device=logits.device)
            loss = (cross_entropy(logits, right) + cross_entropy(logits.T, right)) / 2
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            if step == 0:
                started = _now(self.device)
        return _now(self.device) - started

    def trainer(self) -> float:
        """The same, of Binocle's trainer, from files."""
        tuning, objective = self._objective()
        steps = self._load.steps + 1
        settings = arguments(
            self._recipe,
            self._folder / "checkpoints",
            steps=steps,
            share=self._load.batch,
            bf16=self.bf16,
            device=self.device,
        )
        settings.save_strategy = SaveStrategy.NO
        stream = Stream(
            self._batches,
            0,
            steps,
            skips=self._skips,
            workers=self.workers,
            pin=self.device == "cuda",
        )
        clock = _Clock(lambda: _now(self.device))
        Fit(objective, tuning, self._recipe, stream, settings, [clock]).train()
        return clock.seconds

    def _objective(self) -> tuple[Tuning, Objective]:
        tuning = Tuning(self._model, self._recipe.tune)
        return tuning, Objective(tuning, contrast_of(self._recipe, self._model, self._dim))


class _Clock(TrainerCallback):  # type: ignore[misc]  # the library is untyped to us
    """Runs from the end of the first step to the end of the last."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._started = 0.0
        self.seconds = 0.0

    def on_step_end(self, _args: Any, state: TrainerState, *_: Any, **__: Any) -> None:
        if state.global_step == 1:
            self._started = self._now()
        if state.global_step == state.max_steps:
            self.seconds = self._now() - self._started


def _recipe(load: Load) -> Recipe:
    source = {"kind": "captions", "path": str(load.source.absolute())}
    return Recipe.model_validate(
        {
            "model": load.model,
            "data": {"sources": [source]},
            "batch_size": load.batch,
            "steps": load.steps + 1,
            "checkpoints": {"every": 10**9},
            "optimizer": {"learning_rate": 1e-6},  # whatever the rounds, the towers stay healthy
        }
    )


def _now(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def _on(batch: Batch, device: str) -> Batch:
    """The batch with its tensors on `device`."""
    return _moved(batch, device)  # type: ignore[no-any-return]


def _moved(value: Any, device: str) -> Any:
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {name: _moved(one, device) for name, one in value.items()}
    return value
