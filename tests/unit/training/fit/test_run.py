"""Whole runs of small models: stopped and resumed, interpolated, guarded, described."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer

from core.errors import EncoderError, SettingsError
from encoders.sentence.loading import load_model
from tests.towers import COLOURS
from tests.unit.training.fit.shop import CAPTIONS, MakeRecipe, document
from training.fit.losses import own_temperature
from training.fit.outcome import Finished, Stopped
from training.fit.run import train
from training.fit.watcher import Watcher
from training.recipe import read_recipe

DROPOUT = {"checkpoints": {"every": 4}, "steps": 8, "accumulate": 2}
SPLIT = CAPTIONS | {"split": {"by": "colour", "share": 0.4}}
HELD_OUT = {"sources": [SPLIT]}
GUARD = {"set": "general.yaml", "metric": "recall@5"}


def stopping_at(step: int) -> Watcher:
    """Presses Ctrl-C in the middle of a run: the step after `step` is the last."""

    def stage(what: str, done: int, total: int) -> None:
        if what == "Training" and done == step:
            signal.raise_signal(signal.SIGINT)

    return Watcher(stage=stage)


def weights(model: SentenceTransformer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_a_resumed_run_ends_with_exactly_the_weights_of_one_that_was_never_stopped(
    recipe: MakeRecipe, shop: Path, tmp_path: Path
) -> None:
    """With dropout, gradient accumulation and a learned temperature."""
    made = recipe("two towers", **DROPOUT)
    straight = train(made, shop, tmp_path / "straight")
    stopped = train(made, shop, tmp_path / "parts", watcher=stopping_at(2))
    assert isinstance(stopped, Stopped)
    assert stopped.step == 3
    resumed = train(made, shop, tmp_path / "parts", resume=True)
    assert isinstance(straight, Finished)
    assert isinstance(resumed, Finished)
    assert straight.history[-2]["loss"] == resumed.history[-2]["loss"]
    files = sorted((tmp_path / "straight" / "model").rglob("*.safetensors"))
    assert len(files) > 2
    for file in files:
        other = load_file(tmp_path / "parts" / file.relative_to(tmp_path / "straight"))
        for name, value in load_file(file).items():
            assert torch.equal(value, other[name]), name


def test_a_run_leaves_a_model_that_loads_and_says_what_was_done(
    recipe: MakeRecipe, shop: Path, tmp_path: Path
) -> None:
    made = recipe(data=HELD_OUT, guard=GUARD, validation={"metric": "recall@5", "every": 2})
    run = train(made, shop, tmp_path / "run")
    assert isinstance(run, Finished)
    assert load_model(f"st:{tmp_path / 'run' / 'model'}", device="cpu")
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert [trial["alpha"] for trial in metrics["trials"]] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert all(trial["general"] and trial["validation"] for trial in metrics["trials"])
    assert any("validation/" in name for step in metrics["history"] for name in step)
    guard = json.loads((tmp_path / "run" / "guard.json").read_text())
    assert set(guard) == {"allowed_drop", "before", "after", "refused", "reason"}
    card = (tmp_path / "run" / "README.md").read_text()
    for part in ("captions of catalog", "recall@5", "Forgetting guard", "seed: 7", "torch"):
        assert part in card
    assert list((tmp_path / "run" / "tensorboard").glob("events*"))


def test_skipped_images_are_counted_and_named(
    recipe: MakeRecipe, shop: Path, tmp_path: Path
) -> None:
    (shop / "broken.png").write_bytes(b"no image")
    (shop / "broken.csv").write_text(
        "id,image,title\n1,red-3.png,red\n2,broken.png,none\n3,blue-5.png,blue\n"
    )
    made = recipe(data={"sources": [CAPTIONS | {"path": "broken.csv"}]}, steps=1)
    run = train(made, shop, tmp_path / "run")
    assert isinstance(run, Finished)
    assert dict(run.skipped) == {"captions of broken": 1}
    assert "broken.png" in run.summary
    assert "broken.png" in (tmp_path / "run" / "skipped.jsonl").read_text()


def test_what_is_known_of_the_sources_is_told_at_the_start_and_in_the_card(
    recipe: MakeRecipe, shop: Path, tmp_path: Path
) -> None:
    """A row without a text, and one without an image."""
    (shop / "gaps.csv").write_text(
        "id,image,title\n1,red-3.png,red\n2,,lost\n3,blue-5.png,\n4,blue-17.png,blue\n"
    )
    made = recipe(data={"sources": [CAPTIONS | {"path": "gaps.csv"}]}, steps=1)
    told: list[str] = []
    began: list[int] = []
    watcher = Watcher(note=told.append, log=lambda *_: began.append(len(told)))
    run = train(made, shop, tmp_path / "run", watcher=watcher)
    assert isinstance(run, Finished)
    remarks = [sentence for sentence in told[: began[0]] if "captions of gaps" in sentence]
    assert len(remarks) == 2
    assert any("has no image" in sentence or "gaps.csv row 2" in sentence for sentence in remarks)
    assert dict(run.skipped) == {"captions of gaps": 1}
    (line,) = (tmp_path / "run" / "skipped.jsonl").read_text().splitlines()
    assert json.loads(line)["source"] == "captions of gaps"
    card = (tmp_path / "run" / "README.md").read_text()
    assert "1 rows of captions of gaps have no text." in card
    assert "gaps.csv row 2" in card


@pytest.fixture(scope="module")
def taught(
    shop: Path, small_spec: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Finished:
    """A run that is long enough to learn the shop's titles."""
    file = shop / "taught.yaml"
    settings = {"optimizer": {"learning_rate": 3e-3}, "steps": 40, "log_every": 10, "guard": GUARD}
    file.write_text(yaml.safe_dump(document(small_spec("clip")) | settings))
    run = train(read_recipe(file), shop, tmp_path_factory.mktemp("taught"))
    assert isinstance(run, Finished)
    return run


def test_training_teaches_something(taught: Finished) -> None:
    assert taught.verdict.after["titles"] > taught.verdict.before["titles"] + 0.2


def test_a_model_that_forgot_too_much_is_refused(
    recipe: MakeRecipe, shop: Path, tmp_path: Path, taught: Finished
) -> None:
    """A learning rate that destroys the model, and nothing else to choose from."""
    made = recipe(
        model=f"st:{taught.directory / 'model'}",
        optimizer={"learning_rate": 0.5},
        interpolation={"alphas": [1.0]},
        guard=GUARD | {"allowed_drop": 0.1},
    )
    run = train(made, shop, tmp_path / "run")
    assert isinstance(run, Finished)
    assert run.verdict.refused
    assert json.loads((tmp_path / "run" / "guard.json").read_text())["refused"]


def test_a_checkpoint_of_another_architecture_is_refused(
    recipe: MakeRecipe, shop: Path, tmp_path: Path
) -> None:
    made = recipe(steps=8)
    assert isinstance(train(made, shop, tmp_path, watcher=stopping_at(1)), Stopped)
    (learned,) = tmp_path.glob("checkpoints/*/learned.pt")
    found = torch.load(learned, weights_only=True)
    torch.save({f"other.{name}": value for name, value in found.items()}, learned)
    with pytest.raises(EncoderError, match="another architecture"):
        train(made, shop, tmp_path, resume=True)


def test_another_recipe_is_not_gone_on_with(recipe: MakeRecipe, shop: Path, tmp_path: Path) -> None:
    assert isinstance(train(recipe(), shop, tmp_path, watcher=stopping_at(1)), Stopped)
    with pytest.raises(SettingsError, match="'seed'"):
        train(recipe(seed=8), shop, tmp_path, resume=True)


def test_a_folder_with_a_run_in_it_is_not_written_over(
    recipe: MakeRecipe, shop: Path, tmp_path: Path
) -> None:
    train(recipe(steps=1), shop, tmp_path)
    with pytest.raises(SettingsError, match="holds a run"):
        train(recipe(steps=1), shop, tmp_path)
    with pytest.raises(SettingsError, match="finished"):
        train(recipe(steps=1), shop, tmp_path, resume=True)


def test_a_run_that_was_cut_off_while_its_end_was_scored_is_finished_by_resuming(
    recipe: MakeRecipe, shop: Path, tmp_path: Path
) -> None:
    train(recipe(), shop, tmp_path)
    first = load_file(tmp_path / "model" / "model.safetensors")
    (tmp_path / "metrics.json").unlink()
    assert isinstance(train(recipe(), shop, tmp_path, resume=True), Finished)
    again = load_file(tmp_path / "model" / "model.safetensors")
    assert all(torch.equal(value, again[name]) for name, value in first.items())


def test_a_run_without_a_checkpoint_is_begun_anew(
    recipe: MakeRecipe, shop: Path, tmp_path: Path
) -> None:
    (tmp_path / "recipe.yaml").write_text("model: st:other\n")
    (tmp_path / "before.json").write_text('{"validation": {"old": 1.0}, "general": {}}')
    run = train(recipe(steps=1), shop, tmp_path)
    assert isinstance(run, Finished)
    assert not run.before.validation


def test_the_learned_temperature_is_kept_in_the_model(
    recipe: MakeRecipe, shop: Path, tmp_path: Path
) -> None:
    made = recipe(steps=2, loss={"kind": "infonce", "temperature": 0.5, "learn_temperature": False})
    train(made, shop, tmp_path)
    assert own_temperature(load_model(f"st:{tmp_path / 'model'}", device="cpu")) == pytest.approx(
        0.5
    )


def test_nothing_to_go_on_from_is_told(recipe: MakeRecipe, shop: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no run"):
        train(recipe(), shop, tmp_path, resume=True)


def test_workers_prepare_the_same_batches(recipe: MakeRecipe, shop: Path, tmp_path: Path) -> None:
    losses = []
    for workers in (0, 2):
        run = train(recipe(workers=workers), shop, tmp_path / str(workers))
        assert isinstance(run, Finished)
        losses.append([step["loss"] for step in run.history if "loss" in step])
    assert losses[0] == losses[1]


def test_a_run_that_diverges_says_so(recipe: MakeRecipe, shop: Path, tmp_path: Path) -> None:
    made = recipe(optimizer={"learning_rate": 1e30, "warm_up": 0.0, "weight_decay": 1e9}, steps=6)
    with pytest.raises(SettingsError, match="learning_rate"):
        train(made, shop, tmp_path)


def test_photos_that_people_searched_by_train_with_what_they_clicked_and_passed_over(
    recipe: MakeRecipe, shop: Path, tmp_path: Path
) -> None:
    """A log as it is exported, of searches by image: query image, clicked image, skipped ones."""
    rows = [
        {"query_id": f"p{page}", "query": "", "query_image": str(shop / f"{colour}-{page}.png"),
         "item": str(item), "position": place, "action": action}
        for page, colour in enumerate(list(COLOURS)[:8])
        for place, item in enumerate((page + 1, page + 2, page + 12), start=1)
        for action in ("impression", *(["click"] if item == page + 12 else []))
    ]  # fmt: skip
    log = tmp_path / "events" / "collection=shop" / "day=2026-01-05"
    log.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), log / "events.parquet")
    clicks = {
        "kind": "clicks",
        "path": "catalog.csv",
        "log": str(tmp_path / "events"),
        "propensities": {"estimator": "given", "values": [1.0, 0.5]},
        "negatives": 2,
    }
    made = recipe("two towers", data={"sources": [clicks]}, steps=2)
    assert made.negatives == 2
    done = train(made, shop, tmp_path / "run")
    assert isinstance(done, Finished)
    assert done.pairs == 16
    assert not done.skipped
    assert all(line["loss"] > 0 for line in done.history if "loss" in line)
