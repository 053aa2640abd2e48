"""binocle eval, as a person types it."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.cli.main import main
from app.running import made_known
from tests.integration.conftest import Serving
from tests.pictures import picture
from tests.towers import COLOURS, write_bundle


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Run = Callable[[str], Ran]

TASKS: tuple[dict[str, Any], ...] = (
    {"name": "shades", "kind": "label", "field": "shade", "slices": ["size"]},
    {"name": "alike", "kind": "label", "field": "shade", "direction": "image->image"},
    {"name": "captions", "kind": "field", "direction": "image->text"},
    {"name": "classes", "kind": "zero-shot", "field": "shade"},
)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    tiny_bundle: Path,
) -> Run:
    """Runs `binocle ...` in a folder with the evaluation set 'set.yaml' over a small catalog."""
    monkeypatch.setenv("BINOCLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("BINOCLE_ENCODER", f"bundle:{tiny_bundle}")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    _write_set(tmp_path)

    def typed(command: str) -> Ran:
        monkeypatch.setattr(sys, "argv", shlex.split(command))
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    return typed


def _write_set(folder: Path) -> None:
    (folder / "images").mkdir()
    lines = ["id,image,title,shade,size"]
    for place, colour in enumerate(COLOURS):
        for size in ("small", "large"):
            name = f"{colour}-{size}"
            picture(colour, seed=10 * place + len(size)).save(folder / "images" / f"{name}.png")
            lines.append(f"{name},images/{name}.png,{colour} {size},{colour},{size}")
    (folder / "catalog.csv").write_text("\n".join(lines) + "\n")
    document = {
        "name": "colours",
        "items": {"source": "catalog.csv"},
        "tasks": list(TASKS),
        "ks": [1, 2, 10],
    }
    (folder / "set.yaml").write_text(yaml.safe_dump(document))


def figures(path: str = "figures.json") -> dict[str, Any]:
    return dict(json.loads(Path(path).read_text()))


def value(document: dict[str, Any], task: str, metric: str) -> Any:
    (found,) = (one for one in document["evaluations"] if one["task"] == task)
    return found["metrics"][metric]["value"]


def test_all_tasks_of_a_set_are_measured(run: Run) -> None:
    ran = run("binocle eval set.yaml --json figures.json")
    assert ran.code == 0, ran.err
    document = figures()
    assert [one["task"] for one in document["evaluations"]] == [task["name"] for task in TASKS]
    assert value(document, "shades", "recall@2") == 1.0
    assert value(document, "alike", "map") == 1.0
    assert value(document, "classes", "top1") == 1.0
    assert "shades" in ran.out


def test_figures_can_be_printed_as_json(run: Run) -> None:
    ran = run("binocle eval set.yaml --task shades --json -")
    assert json.loads(ran.out)["title"] == "colours"


def test_slices_are_told_with_counts(run: Run) -> None:
    run("binocle eval set.yaml --task shades --json figures.json")
    (found,) = figures()["evaluations"]
    counts = {one["value"]: one["queries"] for one in found["slices"]["item size"]}
    assert counts == {"small": len(COLOURS), "large": len(COLOURS)}


def test_cuts_can_be_chosen(run: Run) -> None:
    run("binocle eval set.yaml --task shades --k 3 --json figures.json")
    assert figures()["evaluations"][0]["ks"] == [3]


def test_a_report_is_one_page(run: Run) -> None:
    ran = run("binocle eval set.yaml --task alike --html report.html")
    assert ran.code == 0, ran.err
    page = Path("report.html").read_text()
    assert page.startswith(("<!doctype html>", "<!DOCTYPE html>"))
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_a_baseline_is_compared_query_by_query(run: Run, tmp_path: Path) -> None:
    other = write_bundle(tmp_path / "other", version="2")
    ran = run(f"binocle eval set.yaml --task shades --baseline bundle:{other} --json figures.json")
    assert ran.code == 0, ran.err
    (found,) = figures()["comparisons"]
    assert found["differences"]["map"]["difference"] == 0.0
    assert "Holm" in found["adjustment"]


def test_a_cache_keeps_vectors_between_runs(run: Run) -> None:
    for _ in range(2):
        assert run("binocle eval set.yaml --task alike --cache vectors").code == 0
    assert len(list(Path("vectors").iterdir())) == 1


def test_a_limit_is_told(run: Run) -> None:
    ran = run("binocle eval set.yaml --task captions --limit 6 --k 1")
    assert "Only 6 of 24 items" in ran.err


def test_unreadable_pictures_are_named_and_change_the_exit_code(run: Run) -> None:
    Path("images/red-small.png").write_bytes(b"no picture")
    ran = run("binocle eval set.yaml --task captions")
    assert ran.code == 3
    assert "red-small" in ran.out


def test_corruptions_cost_something(run: Run) -> None:
    ran = run(
        "binocle eval set.yaml --task alike --robustness --corruption noise --severity 5 "
        "--json figures.json"
    )
    assert ran.code == 0, ran.err
    (found,) = figures()["robustness"]
    assert found["conditions"][0]["corruption"] == "noise"


def test_a_live_collection_is_measured_beside_exact_search(run: Run) -> None:
    assert run("binocle ingest catalog.csv --collection colours").code == 0
    ran = run("binocle eval set.yaml --collection colours --json figures.json")
    assert ran.code == 0, ran.err
    document = figures()
    assert [one["task"] for one in document["evaluations"]] == ["shades", "alike"]
    assert "Not asked of a collection: captions, classes" in ran.err
    assert value(document, "shades", "index_recall@2") == 1.0
    assert value(document, "shades", "pipeline_recall@2") == 1.0
    assert value(document, "alike", "recall@1") == 1.0
    assert document["comparisons"][0]["differences"]["recall@2"]["difference"] == 0.0


def test_items_that_the_collection_lacks_are_named(run: Run) -> None:
    lines = Path("catalog.csv").read_text().splitlines()
    Path("part.csv").write_text("\n".join(lines[:-1]) + "\n")
    run("binocle ingest part.csv --collection part")
    ran = run("binocle eval set.yaml --collection part --task shades")
    assert ran.code == 3
    assert "not in the collection" in ran.out


def test_a_collection_in_a_running_service_is_asked_over_http(
    run: Run, start: Serving, tmp_path: Path
) -> None:
    assert run("binocle ingest catalog.csv --collection colours").code == 0
    data = tmp_path / "data"
    with (
        start(data) as running,
        made_known(data, str(running.client.base_url).rstrip("/"), "no-keys"),
    ):
        ran = run("binocle eval set.yaml --collection colours --task alike --json figures.json")
    assert ran.code == 0, ran.err
    assert value(figures(), "alike", "pipeline_recall@1") == 1.0
    assert "running service" in " ".join(figures()["evaluations"][0]["notes"])


def test_another_encoder_than_the_collections_is_refused(run: Run, tmp_path: Path) -> None:
    run("binocle ingest catalog.csv --collection colours")
    other = write_bundle(tmp_path / "other", version="2")
    ran = run(f"binocle eval set.yaml --collection colours --encoder bundle:{other}")
    assert ran.code == 1
    assert "was built with" in ran.err


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("binocle eval none.yaml", "none.yaml"),
        ("binocle eval set.yaml --task shade", "Did you mean 'shades'"),
        ("binocle eval set.yaml --k 500", "larger than the gallery"),
        ("binocle eval set.yaml --gain cubic", "linear or exponential"),
        ("binocle eval set.yaml --encoder clip", "clip"),
        ("binocle eval set.yaml --collection nowhere", "nowhere"),
        ("binocle eval set.yaml --collection x --baseline compact", "neither"),
        ("binocle eval set.yaml --collection x --task classes", "none of these tasks"),
        ("binocle eval set.yaml --corruption earthquake", "earthquake"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(run: Run, command: str, says: str) -> None:
    ran = run(command)
    assert ran.code in (1, 2)
    assert says in ran.err.replace("\n", " ")
    assert "Traceback" not in ran.err


def test_the_benchmark_of_judging_tells_time_and_memory(run: Run) -> None:
    ran = run("binocle bench eval --items 2000 --queries 50 --dim 16 --json")
    names = [one["name"] for one in json.loads(ran.out)["measures"]]
    assert names[0] == "evaluation from vectors"
    assert "peak memory" in names
