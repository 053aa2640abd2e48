"""What learns, and what stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from sentence_transformers import SentenceTransformer

from core.errors import EncoderError
from encoders.sentence.loading import load_model
from encoders.sentence.towers import embed_pixels, embed_texts
from tests.unit.training.fit.shop import MakeRecipe
from training.fit.objective import Objective
from training.fit.optimizing import optimizer_of
from training.fit.run import train
from training.fit.tuning import Tuning, towers_of
from training.losses.infonce import InfoNce
from training.losses.scale import LogitScale
from training.settings import Lora, Optimizer, Tune

KINDS = ("clip", "siglip", "open_clip", "two towers")
every_kind = pytest.mark.parametrize("kind", KINDS)


def changed(before: SentenceTransformer, after: SentenceTransformer) -> set[str]:
    """Names of the weights that differ."""
    there = after.state_dict()
    return {
        name for name, value in before.state_dict().items() if not torch.equal(value, there[name])
    }


@every_kind
def test_each_towers_weights_are_found(small_spec: Callable[[str], str], kind: str) -> None:
    model = load_model(small_spec(kind), device="cpu")
    towers = towers_of(model)
    assert towers.image
    assert towers.text
    assert not towers.image & towers.text
    assert towers.heads & towers.image
    assert towers.heads & towers.text
    assert len(towers.heads) < len(towers.image | towers.text) / 2
    assert all(one.grad is None for one in model.parameters())


@every_kind
def test_a_locked_tower_stays_as_it_is(
    recipe: MakeRecipe,
    shop: Path,
    tmp_path: Path,
    small_spec: Callable[[str], str],
    kind: str,
) -> None:
    spec = small_spec(kind)
    train(recipe(kind, steps=2, tune={"lock": ["image"]}), shop, tmp_path)
    start = load_model(spec, device="cpu")
    moved = changed(start, load_model(f"st:{tmp_path / 'model'}", device="cpu"))
    towers = towers_of(start)
    assert not moved & towers.image
    assert moved & towers.text


def test_projections_alone_learn(
    recipe: MakeRecipe, shop: Path, tmp_path: Path, small_spec: Callable[[str], str]
) -> None:
    train(recipe(steps=2, tune={"heads_only": True}), shop, tmp_path)
    start = load_model(small_spec("clip"), device="cpu")
    moved = changed(start, load_model(f"st:{tmp_path / 'model'}", device="cpu"))
    assert moved
    assert moved - {"0.model.logit_scale"} <= towers_of(start).heads


@every_kind
def test_low_rank_additions_are_merged_into_the_model(
    small_spec: Callable[[str], str], kind: str
) -> None:
    model = load_model(small_spec(kind), device="cpu").eval()
    names = set(model.state_dict())
    tuning = Tuning(model, Tune(lora=Lora(rank=2)))
    learning = [name for name, one in model.named_parameters() if one.requires_grad]
    assert learning
    assert all(".lora_" in name for name in learning)
    assert tuning.learns("image")
    assert tuning.learns("text")
    with torch.no_grad():
        for one in model.parameters():
            if one.requires_grad:
                one.normal_(std=0.1, generator=torch.Generator().manual_seed(0))
    side = 64 if kind == "two towers" else 32
    pixels = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(1))
    if kind == "two towers":
        pixels = pixels[:, :, :32, :32]
    adapted = embed_pixels(model, pixels), embed_texts(model, ["a", "red"])
    tuning.finish()
    assert set(model.state_dict()) == names
    for before, after in zip(
        adapted, (embed_pixels(model, pixels), embed_texts(model, ["a", "red"])), strict=True
    ):
        assert torch.allclose(before, after, atol=1e-5)


def test_low_rank_additions_spare_a_locked_tower(small_spec: Callable[[str], str]) -> None:
    model = load_model(small_spec("clip"), device="cpu")
    tuning = Tuning(model, Tune(lora=Lora(), lock=("text",)))
    assert tuning.learns("image")
    assert not tuning.learns("text")


def test_a_run_with_low_rank_additions_leaves_a_plain_model(
    recipe: MakeRecipe, shop: Path, tmp_path: Path, small_spec: Callable[[str], str]
) -> None:
    made = recipe(steps=2, tune={"lora": {"rank": 2}}, optimizer={"learning_rate": 0.01})
    train(made, shop, tmp_path)
    start = load_model(small_spec("clip"), device="cpu")
    tuned = load_model(f"st:{tmp_path / 'model'}", device="cpu")
    assert start.state_dict().keys() == tuned.state_dict().keys()
    assert changed(start, tuned)


def test_a_model_without_known_projections_can_not_tune_them_alone(
    small_spec: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(small_spec("clip"), device="cpu")
    inner = model[0].model
    inner.joined = inner.text_projection
    del inner.text_projection
    inner.__class__ = type("Odd", (inner.__class__,), {"text_projection": property(_joined)})
    with pytest.raises(EncoderError, match="text tower has no projection"):
        Tuning(model, Tune(heads_only=True))


def _joined(model: torch.nn.Module) -> object:
    return model.joined


def test_rates_and_decay_go_by_what_a_weight_is(small_spec: Callable[[str], str]) -> None:
    tuning = Tuning(load_model(small_spec("clip"), device="cpu"), Tune())
    objective = Objective(tuning, (1.0, InfoNce(LogitScale(0.1))))
    settings = Optimizer(learning_rate=1e-5, heads=1e-3, temperature=1e-2, weight_decay=0.1)
    groups = optimizer_of(objective, tuning, settings).param_groups
    found = {(group["lr"], group["weight_decay"]): len(group["params"]) for group in groups}
    assert found.keys() == {(1e-5, 0.1), (1e-5, 0.0), (1e-3, 0.1), (1e-2, 0.0)}
    assert found[1e-3, 0.1] == 2
    assert found[1e-2, 0.0] == 1
