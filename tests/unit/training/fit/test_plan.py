"""What is checked before anything is loaded, and what a run is judged by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from core.errors import SettingsError
from encoders.sentence.loading import load_model
from tests.unit.training.fit.shop import CAPTIONS, VIEWS, MakeRecipe
from training.fit.device import device_of, per_process, uses_bf16
from training.fit.memory import memory_errors
from training.fit.plan import plan_of
from training.fit.scoring import Scorer
from training.fit.starting import starting_model
from training.fit.watcher import QUIET

SHARED = {"kind": "shared", "path": "catalog.csv", "by": "colour"}
SPLIT = {"split": {"by": "colour", "share": 0.4}}


@pytest.mark.skipif(torch.cuda.is_available(), reason="says what happens without a GPU")
@pytest.mark.parametrize("settings", [{"device": "cuda"}, {"precision": "bf16"}])
def test_what_the_machine_has_not_is_refused(
    recipe: MakeRecipe, shop: Path, settings: dict[str, str]
) -> None:
    with pytest.raises(SettingsError, match=r"'(device|precision)"):
        plan_of(recipe(**settings), shop, QUIET)


def test_left_open_a_processor_computes_in_full_precision(recipe: MakeRecipe) -> None:
    made = recipe(device="cpu")
    assert device_of(made) == "cpu"
    assert not uses_bf16(made, "cpu")


def test_a_batch_has_to_be_shared_evenly(recipe: MakeRecipe) -> None:
    assert per_process(recipe(), 4) == 2
    with pytest.raises(SettingsError, match="multiple of 3"):
        per_process(recipe(), 3)


def test_a_missing_evaluation_set_is_told_by_its_key(recipe: MakeRecipe, shop: Path) -> None:
    with pytest.raises(SettingsError, match=r"guard\.set"):
        plan_of(recipe(guard={"set": "none.yaml"}), shop, QUIET)


def test_a_prefix_longer_than_the_models_vectors_is_refused(recipe: MakeRecipe, shop: Path) -> None:
    with pytest.raises(SettingsError, match="only 24 dimensions"):
        starting_model(recipe(nested={32: 1}), shop, "cpu")


def test_epochs_are_counted_in_batches(recipe: MakeRecipe, shop: Path) -> None:
    data = {"sources": [CAPTIONS]}
    plan = plan_of(recipe(data=data, steps=None, epochs=2), shop, QUIET)
    assert plan.steps == 6  # 24 pairs twice, 8 at a time


def test_pairs_that_are_held_out_become_tasks_by_their_kinds(
    recipe: MakeRecipe, shop: Path
) -> None:
    sources = [one | SPLIT for one in (CAPTIONS, SHARED, VIEWS)]
    plan = plan_of(recipe(data={"sources": sources}), shop, QUIET)
    assert plan.validation is not None
    titles, looks = plan.validation.tasks  # two views of one image ask for nothing
    assert (titles.direction, looks.direction) == ("text->image", "image->image")
    assert all(len(relevant) == 1 for relevant in titles.qrels.values())
    for query, relevant in looks.qrels.items():
        assert query not in relevant
        assert len(relevant) == 1


def test_equal_titles_are_one_query_with_several_answers(recipe: MakeRecipe, shop: Path) -> None:
    colours = CAPTIONS | SPLIT | {"texts": ["colour"]}
    plan = plan_of(recipe(data={"sources": [colours]}), shop, QUIET)
    assert plan.validation is not None
    (task,) = plan.validation.tasks
    assert all(len(relevant) == 2 for relevant in task.qrels.values())
    assert 2 * len(task.query_ids) == len(task.item_ids)


def test_a_metric_that_no_task_has_is_told_with_those_there_are(
    recipe: MakeRecipe, shop: Path, small_spec: Callable[[str], str]
) -> None:
    plan = plan_of(recipe(guard={"set": "general.yaml", "metric": "recal@5"}), shop, QUIET)
    assert isinstance(plan.guard, Scorer)
    with pytest.raises(SettingsError, match="recall@5"):
        plan.guard.scores(load_model(small_spec("clip"), device="cpu"))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate ..."),
    ],
)
def test_out_of_memory_names_what_to_lower(recipe: MakeRecipe, error: Exception) -> None:
    with pytest.raises(SettingsError) as told, memory_errors(recipe(batch_size=64), 64):
        raise error
    assert "'batch_size' is 64" in told.value.message
    assert "'mini_batch: 32'" in told.value.hint


@pytest.mark.parametrize("how", ["is killed by signal: Killed.", "exited unexpectedly"])
def test_a_worker_that_was_ended_is_told_by_its_setting(recipe: MakeRecipe, how: str) -> None:
    with pytest.raises(SettingsError, match="'workers'"), memory_errors(recipe(), 8):
        raise RuntimeError(f"DataLoader worker (pid 7) {how}")


def test_other_errors_pass_as_they_are(recipe: MakeRecipe) -> None:
    with pytest.raises(RuntimeError, match="shapes"), memory_errors(recipe(), 8):
        raise RuntimeError("shapes differ")
