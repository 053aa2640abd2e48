"""`binocle train`, as a person types it."""

from __future__ import annotations

import io
import json
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
import yaml

from app.cli.main import main
from tests.unit.training.fit.shop import document, write_shop


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Run = Callable[[str], Ran]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    small_spec: Callable[[str], str],
) -> Iterator[Run]:
    """Runs `binocle ...` in a folder with `recipe.yaml`, a recipe of four steps."""
    write_shop(tmp_path)
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(document(small_spec("clip"))))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)

    def typed(command: str) -> Ran:
        monkeypatch.setattr(sys, "argv", shlex.split(command))
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    yield typed
    torch.set_num_threads(threads)


def test_a_recipe_becomes_a_model(run: Run) -> None:
    ran = run("binocle train recipe.yaml --set guard.set=general.yaml")
    assert ran.code == 0, ran.err
    assert "titles" in ran.out
    assert "st:runs/recipe/model" in ran.out
    assert "loss" in ran.err
    assert json.loads(Path("runs/recipe/guard.json").read_text())["after"]


def test_a_dry_run_tells_the_plan_and_leaves_nothing(run: Run) -> None:
    ran = run("binocle train recipe.yaml --dry-run")
    assert ran.code == 0, ran.err
    assert "captions of catalog" in ran.out
    assert "4 steps of 8 pairs" in ran.out
    assert not Path("runs").exists()


class _Pressing(io.StringIO):
    """A terminal at which someone presses Ctrl-C as soon as the first step is told."""

    def write(self, text: str) -> int:
        if "step 1:" in text:
            signal.raise_signal(signal.SIGINT)
        return super().write(text)


def test_a_stopped_run_says_how_to_go_on_and_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", _Pressing())
        ran = run("binocle train recipe.yaml --out here")
    assert ran.code == 130
    assert "Stopped after step 2 of 4" in ran.out
    command = ran.out.splitlines()[-1].strip()
    assert command == "binocle train recipe.yaml --out here --resume"
    assert run(command).code == 0


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("binocle train none.yaml", "none.yaml"),
        ("binocle train recipe.yaml --set lss.kind=x", "'loss'"),
        ("binocle train recipe.yaml --set data.sources=[]", "data.sources"),
        ("binocle train recipe.yaml --set model=st:nowhere", "nowhere"),
        ("binocle train recipe.yaml --resume", "no run"),
        ("binocle train recipe.yaml --set guard.set=none.yaml", "none.yaml"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(run: Run, command: str, says: str) -> None:
    ran = run(command)
    assert ran.code in (1, 2)
    assert says in ran.err.replace("\n", " ")
    assert "Traceback" not in ran.err


def test_an_empty_source_is_told_before_a_model_is_loaded(run: Run) -> None:
    Path("catalog.csv").write_text("id,image,title\n")
    ran = run("binocle train recipe.yaml --set model=st:nowhere")
    assert ran.code == 1
    assert "catalog.csv" in ran.err
