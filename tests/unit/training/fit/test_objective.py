"""One batch through towers and losses: gradient caching, teachers, several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from encoders.sentence.loading import load_model
from tests.unit.training.fit.shop import CAPTIONS, VIEWS, MakeRecipe
from tests.unit.training.losses.batches import PLAIN, rows
from training.fit.batch import Batch, Collector
from training.fit.losses import contrast_of, own_temperature, teaching_of
from training.fit.objective import Objective
from training.fit.tuning import Tuning
from training.losses.gathering import gathered
from training.losses.infonce import InfoNce
from training.losses.rows import PairRows
from training.losses.scale import LogitScale
from training.pairs.build import build_sources, mixture_of
from training.pairs.images import ImageReader, PairReader
from training.recipe import Recipe
from training.settings import Tune


def batch_of(made: Recipe, shop: Path, collector: Collector, size: int = 8) -> Batch:
    """The first pairs of a recipe's mixture."""
    mixture = mixture_of(build_sources(made.data, shop), made.seed)
    reader = PairReader(mixture, ImageReader(collector.size))
    return collector.batch([reader.read(position) for position in range(size)])


def gradients(made: Recipe, shop: Path, spec: str, mini_batch: int | None) -> dict[str, Tensor]:
    model = load_model(spec, device="cpu")
    objective = Objective(
        Tuning(model, Tune()), contrast_of(made, model, 24), mini_batch=mini_batch
    )
    objective.train()
    torch.manual_seed(0)
    objective(batch_of(made, shop, Collector(model, negatives=0))).backward()
    return {name: one.grad for name, one in objective.named_parameters() if one.grad is not None}


@pytest.mark.parametrize("mini_batch", [1, 3])
def test_gradient_caching_leaves_the_gradient_as_it_is(
    recipe: MakeRecipe, shop: Path, small_spec: Callable[[str], str], mini_batch: int
) -> None:
    made = recipe(nested={8: 0.5})
    whole = gradients(made, shop, small_spec("clip"), None)
    cached = gradients(made, shop, small_spec("clip"), mini_batch)
    assert whole.keys() == cached.keys()
    for name, gradient in whole.items():
        assert torch.allclose(gradient, cached[name], atol=1e-5), name


def test_gradient_caching_keeps_fewer_activations(
    recipe: MakeRecipe, shop: Path, small_spec: Callable[[str], str]
) -> None:
    made = recipe()
    model = load_model(small_spec("clip"), device="cpu")
    batch = batch_of(made, shop, Collector(model, negatives=0))
    kept = {}
    for mini_batch in (None, 2):
        objective = Objective(
            Tuning(model, Tune()), contrast_of(made, model, 24), mini_batch=mini_batch
        )
        sizes: list[int] = []

        def pack(tensor: Tensor, sizes: list[int] = sizes) -> Tensor:
            sizes.append(tensor.numel())
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            objective(batch)
        kept[mini_batch] = sum(sizes)
    assert kept[2] < kept[None] / 5


def test_a_text_that_comes_twice_is_encoded_once(
    recipe: MakeRecipe, shop: Path, small_spec: Callable[[str], str]
) -> None:
    made = recipe(data={"sources": [CAPTIONS | {"texts": ["colour"]}]})
    model = load_model(small_spec("clip"), device="cpu")
    batch = batch_of(made, shop, Collector(model, negatives=0), size=24)
    assert len(batch["inputs"]["tokens"]["input_ids"]) == 12
    assert len(batch["inputs"]["pixels"]) == 24
    assert batch["masks"]["true"].sum() == 48


def test_batch_norms_keep_their_statistics(
    recipe: MakeRecipe, small_spec: Callable[[str], str]
) -> None:
    model = load_model(small_spec("clip"), device="cpu")
    model.add_module("norm", torch.nn.BatchNorm1d(4))
    objective = Objective(
        Tuning(load_model(small_spec("clip"), device="cpu"), Tune()), (1.0, model)
    )
    objective.train()
    assert objective.training
    assert not model.norm.training


def test_a_teacher_of_another_size_and_dimension_is_learned_from(
    recipe: MakeRecipe, shop: Path, small_spec: Callable[[str], str]
) -> None:
    made = recipe(distil={"teacher": small_spec("siglip")}, contrast=0.0)
    model, teacher = (load_model(small_spec(kind), device="cpu") for kind in ("clip", "siglip"))
    objective = Objective(
        Tuning(model, Tune()),
        contrast_of(made, model, 24),
        teaching=teaching_of(made, teacher.requires_grad_(False), 24),
    )
    batch = batch_of(made, shop, Collector(model, negatives=0, teacher=teacher))
    optimizer = torch.optim.Adam([p for p in objective.parameters() if p.requires_grad], lr=3e-3)
    first = objective(batch)
    assert set(objective.parts) == {"embeddings", "similarities"}
    for _ in range(10):
        optimizer.zero_grad()
        objective(batch).backward()
        optimizer.step()
    assert objective(batch).item() < 0.8 * first.item()
    assert not any(name.startswith("_teaching") for name, _ in objective.named_parameters())


def test_a_teacher_that_is_the_model_itself_has_nothing_to_teach(
    recipe: MakeRecipe, shop: Path, small_spec: Callable[[str], str]
) -> None:
    made = recipe(distil={"teacher": small_spec("clip")}, contrast=0.0)
    model, teacher = (load_model(small_spec("clip"), device="cpu") for _ in range(2))
    objective = Objective(
        Tuning(model, Tune()), contrast_of(made, model, 24), teaching=teaching_of(made, teacher, 24)
    ).eval()
    batch = batch_of(made, shop, Collector(model, negatives=0, teacher=teacher))
    assert abs(objective(batch).item()) < 1e-5


def test_the_temperature_starts_at_the_models_own(small_spec: Callable[[str], str]) -> None:
    temperature = own_temperature(load_model(small_spec("clip"), device="cpu"))
    assert temperature == pytest.approx(0.0700, abs=1e-3)
    assert own_temperature(load_model(small_spec("two towers"), device="cpu")) is None


def _part(rank: int, store: Path, answer: Any) -> None:
    """One of two processes: half of the pairs, and the average of both processes' gradients."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{store}", rank=rank, world_size=2
    )
    whole = rows(PLAIN, seed=2)
    weight = torch.eye(whole.anchors.shape[1], dtype=torch.float64).requires_grad_()
    own = slice(2 * rank, 2 * rank + 2)
    both = [gathered(part[own] @ weight) for part in (whole.anchors, whole.positives)]
    loss = InfoNce(LogitScale(0.2).double())
    loss(PairRows(*both, whole.negatives, whole.weights, whole.masks)).backward()
    torch.distributed.all_reduce(weight.grad)
    answer.put((rank, (weight.grad / 2).tolist()))
    torch.distributed.destroy_process_group()


def test_two_processes_find_the_gradient_of_the_whole_batch(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    answer = context.Queue()
    parts = [context.Process(target=_part, args=(r, tmp_path / "store", answer)) for r in (0, 1)]
    for part in parts:
        part.start()
    found = dict(answer.get(timeout=60) for _ in parts)
    for part in parts:
        part.join(timeout=60)
    whole = rows(PLAIN, seed=2)
    weight = torch.eye(whole.anchors.shape[1], dtype=torch.float64).requires_grad_()
    loss = InfoNce(LogitScale(0.2).double())
    sides = (whole.anchors @ weight, whole.positives @ weight)
    loss(PairRows(*sides, whole.negatives, whole.weights, whole.masks)).backward()
    assert weight.grad is not None
    for rank in (0, 1):
        assert torch.allclose(torch.tensor(found[rank], dtype=torch.float64), weight.grad)


def test_views_and_captions_share_a_batch(
    recipe: MakeRecipe, shop: Path, small_spec: Callable[[str], str]
) -> None:
    made = recipe(data={"sources": [CAPTIONS, VIEWS]})
    model = load_model(small_spec("clip"), device="cpu")
    batch = batch_of(made, shop, Collector(model, negatives=0))
    assert batch["masks"]["anchor_image"].tolist().count(True) == 4
    objective = Objective(Tuning(model, Tune()), contrast_of(made, model, 24))
    assert torch.isfinite(objective(batch))
