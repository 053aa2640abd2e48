from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import EncoderError
from tests.towers import write_bundle
from training.export.origin import allowed, origin_of


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """What a finished training run leaves, as far as an export looks at it."""
    folder = tmp_path / "runs" / "shoes 2"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "modules.json").write_text("[]")
    (folder / "recipe.yaml").write_text("nested: [64, 128]\n")
    guard(folder, refused=False)
    return folder


def guard(run: Path, *, refused: bool) -> None:
    verdict = {"refused": refused, "reason": "'photos' went from 0.9 to 0.5."}
    (run / "guard.json").write_text(json.dumps(verdict))


def test_a_run_its_model_and_its_spec_are_the_same(run: Path) -> None:
    names = [str(run), str(run / "model"), f"st:{run}/model", f"st:{run}"]
    origins = [origin_of(name) for name in names]
    assert origins[1:] == origins[:-1]
    assert origins[0].spec == f"st:{run}/model"
    assert origins[0].name == "shoes-2"
    assert origins[0].nested_dims == (64, 128)


def test_a_run_may_bring_its_calibration_and_its_card(run: Path) -> None:
    fits = {"text": {"slope": 7.0, "intercept": -4.0}}
    (run / "calibration.json").write_text(json.dumps(fits))
    (run / "README.md").write_text("---\nlicense: mit\n---\n# Shoes\n")
    origin = origin_of(str(run))
    assert origin.calibration["text"].slope == 7.0
    assert origin.card == "# Shoes\n"


def test_what_the_guard_refuses_needs_force(run: Path) -> None:
    assert allowed(origin_of(str(run)), force=False) == ()
    guard(run, refused=True)
    with pytest.raises(EncoderError, match=r"guard refuses.*'photos' went"):
        allowed(origin_of(str(run)), force=False)
    assert "Forced" in allowed(origin_of(str(run)), force=True)[0]


def test_a_run_without_a_verdict_is_not_finished(run: Path) -> None:
    (run / "guard.json").unlink()
    with pytest.raises(EncoderError, match="not finished"):
        allowed(origin_of(str(run / "model")), force=False)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("guard.json", "{"),
        ("guard.json", "[]"),
        ("guard.json", '{"refused": "no"}'),
        ("calibration.json", '{"text": {"slope": "steep"}}'),
        ("recipe.yaml", "nested: ["),
        ("recipe.yaml", "nested: 64"),
    ],
)
def test_a_malformed_file_of_a_run_is_named(run: Path, file: str, content: str) -> None:
    (run / file).write_text(content)
    with pytest.raises(EncoderError, match=file):
        origin_of(str(run))


@pytest.mark.parametrize(
    ("model", "spec", "name"),
    [
        (
            "st:openai/clip-vit-base-patch32",
            "st:openai/clip-vit-base-patch32",
            "clip-vit-base-patch32",
        ),
        ("open_clip:ViT-B-32/openai", "open_clip:ViT-B-32/openai", "ViT-B-32-openai"),
        ("open_clip:RN50", "open_clip:RN50", "RN50"),
        ("open_clip:tiny.json/some/tiny.pt", "open_clip:tiny.json/some/tiny.pt", "tiny"),
    ],
)
def test_other_models_are_named_after_their_specs(model: str, spec: str, name: str) -> None:
    origin = origin_of(model)
    assert (origin.spec, origin.name, origin.refusal) == (spec, name, "")


def test_folders_of_both_libraries_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert origin_of(str(tmp_path)).spec == f"st:{tmp_path}"
    (tmp_path / "open_clip_config.json").write_text("{}")
    assert origin_of(str(tmp_path)).spec == f"open_clip:{tmp_path}"


def test_a_bundle_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="bundle already"):
        origin_of(str(write_bundle(tmp_path / "b")))
    with pytest.raises(EncoderError, match="no model at"):
        origin_of(str(tmp_path / "nowhere"))
