"""binocle export, as a person types it, and what comes after: a load and a search by the bundle."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli.main import main
from encoders.bundle import read_manifest
from encoders.images import read_image
from encoders.specs import load_encoder
from tests.pictures import picture
from tests.towers import COLOURS


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[[str], Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs `binocle ...` in a folder of the test's own."""
    monkeypatch.setenv("BINOCLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def typed(command: str) -> Ran:
        monkeypatch.setattr(sys, "argv", shlex.split(command))
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    return typed


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in COLOURS:
        picture(name, (60, 40)).save(folder / f"{name}.png")
    return {path.name: path for path in folder.iterdir()}


def test_a_model_is_exported_and_then_finds_images(
    run: Run, pictures: dict[str, Path], clip_folder: Path
) -> None:
    exported = run(f"binocle export {clip_folder} --to bundle --nested 8,16 --licence CC0-1.0")
    assert exported.code == 0, exported.err
    assert "Use it as encoder bundle:bundle" in exported.out
    manifest = read_manifest(Path("bundle"))
    assert (manifest.nested_dims, manifest.licence) == ((8, 16), "CC0-1.0")
    load = run("binocle ingest pictures --collection things --encoder bundle:bundle")
    assert load.code == 0, load.err
    answer = run(
        "binocle search things --image pictures/red.png --encoder bundle:bundle --limit 12 --json"
    ).json
    found = [hit["id"] for hit in answer["hits"]]
    assert found[0] == "red.png"
    assert found == _order_in_torch(clip_folder, pictures, "red.png")


def _order_in_torch(clip_folder: Path, pictures: dict[str, Path], like: str) -> list[str]:
    """The names of the pictures, nearest first, by the model that was exported."""
    encoder = load_encoder(f"st:{clip_folder}")
    names = list(pictures)
    rows = encoder.encode_images([read_image(pictures[name]) for name in names])
    cosines = rows @ rows[names.index(like)]
    return [names[place] for place in np.argsort(-cosines)]


def test_an_export_is_told_as_json(run: Run, pictures: dict[str, Path], clip_folder: Path) -> None:
    told = run(
        f"binocle export st:{clip_folder} --to small --precision int8 --name tiny --version 3 "
        "--calibration-images pictures --json"
    ).json
    assert (told["name"], told["version"], told["precision"]) == ("tiny", "3", "int8")
    assert told["bytes"] == sum(told["sizes"].values())
    assert 0.98 < told["drift"]["image"]["least"] <= told["drift"]["image"]["mean"]
    assert told["speed"]["text"]["bundle_ms"] > 0
    assert any("too few to calibrate on" in note for note in told["notes"])


def test_a_model_that_its_guard_refuses_needs_force(
    run: Run, tmp_path: Path, clip_folder: Path
) -> None:
    finished = tmp_path / "runs" / "shoes"
    _save_run(finished, clip_folder)
    refused = run("binocle export runs/shoes --to bundle")
    assert refused.code == 1
    assert "guard refuses this model. 'photos' went from 0.9 to 0.5." in refused.err
    assert not (tmp_path / "bundle").exists()
    assert run("binocle export runs/shoes/model --to bundle --force").code == 0
    manifest = read_manifest(tmp_path / "bundle")
    assert (manifest.name, manifest.nested_dims) == ("shoes", (12,))
    assert manifest.calibration["text"].slope == 9.0
    card = (tmp_path / "bundle" / "README.md").read_text()
    assert "Forced against the run's guard" in card
    assert "## The model that was exported" in card


def _save_run(finished: Path, clip_folder: Path) -> None:
    from encoders.sentence.loading import load_model

    model = load_model(f"st:{clip_folder}", device="cpu")
    model.save(str(finished / "model"), create_model_card=False)
    verdict = {"refused": True, "reason": "'photos' went from 0.9 to 0.5."}
    (finished / "guard.json").write_text(json.dumps(verdict))
    (finished / "calibration.json").write_text('{"text": {"slope": 9.0, "intercept": -3.0}}')
    (finished / "recipe.yaml").write_text("nested:\n  '12': 0.5\n")
    (finished / "README.md").write_text("# Shoes\n\nTrained on shoes.\n")


def test_a_bundle_is_not_replaced_by_mistake(run: Run, tmp_path: Path, clip_folder: Path) -> None:
    assert run(f"binocle export {clip_folder} --to bundle").code == 0
    again = run(f"binocle export {clip_folder} --to bundle --precision fp16")
    assert again.code == 1
    assert "holds a bundle already" in again.err
    assert run(f"binocle export {clip_folder} --to bundle --precision fp16 --force").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ("nowhere --to out", 1, "There is no model at nowhere"),
        ("compact --to out", 1, "compact is a bundle already"),
        ("CLIP --to out --nested many", 2, "--nested is 'many'"),
        ("CLIP --to out --nested 9999", 1, "9999 of them can't be nested"),
        ("CLIP --to out --calibration-images nowhere", 1, "no folder of calibration images"),
        ("CLIP --to out --precision int4", 2, "int4"),
        ("CLIP", 2, "--to"),
        ("CLIP --to .", 1, "not empty"),
    ],
)
def test_wrong_use_is_told_and_leaves_nothing(
    run: Run, tmp_path: Path, clip_folder: Path, arguments: str, code: int, told: str
) -> None:
    (tmp_path / "mine.txt").write_text("x")
    ran = run(f"binocle export {arguments.replace('CLIP', str(clip_folder))}")
    assert ran.code == code
    assert told in ran.err
    assert "Traceback" not in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_missing_package_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, clip_folder: Path
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)  # what `import` finds where it is not installed
    ran = run(f"binocle export {clip_folder} --to out")
    assert ran.code == 1
    assert "not installed (onnx)" in ran.err
    assert "binocle[train]" in ran.err
