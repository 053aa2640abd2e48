"""Two processes train as one: each its part of every batch, together the same weights."""

from __future__ import annotations

import multiprocessing
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState
from safetensors.torch import load_file

from encoders.sentence.loading import load_model
from tests.unit.training.fit.shop import CAPTIONS, VIEWS, MakeRecipe
from training.fit.batch import Collector
from training.fit.run import train
from training.fit.stream import Batches, Part
from training.pairs.build import build_sources, mixture_of
from training.pairs.images import ImageReader, PairReader
from training.pairs.pair import Pair
from training.recipe import Recipe


def test_the_parts_of_two_processes_are_the_whole_batch_each_pair_once(
    recipe: MakeRecipe, shop: Path, small_spec: Callable[[str], str]
) -> None:
    """Over several batches, so that the parts of the next one begin where the last one ended."""
    made = recipe(data={"sources": [CAPTIONS, VIEWS | {"share": 0.5}]})
    collector = Collector(load_model(small_spec("clip"), device="cpu"), negatives=0)
    mixture = mixture_of(build_sources(made.data, shop), made.seed)
    reader = PairReader(mixture, ImageReader(collector.size))

    def pairs(number: int, part: Part) -> list[Pair]:
        batch = Batches(reader, collector, part)[number]
        assert isinstance(batch, dict)
        return batch["pairs"]

    for number in range(3):
        parts = [pair for rank in (0, 1) for pair in pairs(number, Part(8, 4, rank))]
        assert parts == pairs(number, Part(8, 8))


def _process(rank: int, port: int, made: Recipe, shop: Path, out: Path, answer: Any) -> None:
    """One of two processes, as torchrun starts them."""
    torch.set_num_threads(1)
    for state in (GradientState, AcceleratorState, PartialState):
        state._reset_state()  # the process that was forked had found itself alone
    with pytest.MonkeyPatch.context() as patched:
        told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2}
        told["OMP_NUM_THREADS"] = 1
        for name, value in (told | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}).items():
            patched.setenv(name, str(value))
        run = train(made, shop, out)
    answer.put((rank, run is not None))


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_two_processes_end_with_the_weights_of_one(
    recipe: MakeRecipe, shop: Path, tmp_path: Path
) -> None:
    """Captions and views in one batch, gathered with their gradients and masks over gloo."""
    made = recipe(steps=3)
    context = multiprocessing.get_context("fork")
    answer = context.Queue()
    port, out = _free_port(), tmp_path / "two"
    processes = [
        context.Process(target=_process, args=(rank, port, made, shop, out, answer))
        for rank in (0, 1)
    ]
    for process in processes:
        process.start()
    assert dict(answer.get(timeout=120) for _ in processes) == {0: True, 1: False}
    for process in processes:
        process.join(timeout=60)
    train(made, shop, tmp_path / "one")
    alone = load_file(tmp_path / "one" / "model" / "model.safetensors")
    together = load_file(out / "model" / "model.safetensors")
    assert alone.keys() == together.keys()
    for name, value in alone.items():
        if name.endswith("k_proj.bias"):
            continue  # its gradient is nothing but rounding, as a softmax cancels it: Adam's noise
        assert torch.allclose(value, together[name], atol=1e-5), name
