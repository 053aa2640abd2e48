"""binocle experiments ... on a data directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.command import Run


def write(tmp_path: Path, name: str = "words", **changes: Any) -> str:
    variants = [{"name": "control"}, {"name": "new", "aspects": {"joint": 1, "lexical": 3}}]
    document = {"name": name, "collection": "things", "variants": variants, **changes}
    (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(document))
    return f"{name}.yaml"


def test_an_experiment_from_its_file_to_its_end(loaded: Run, tmp_path: Path) -> None:
    assert "draft" in loaded(f"binocle experiments create {write(tmp_path)}").out
    assert loaded("binocle experiments results words").code == 1
    assert "running" in loaded("binocle experiments start words").out
    listed = json.loads(loaded("binocle experiments list --json").out)["experiments"]
    assert [(each["name"], each["state"]) for each in listed] == [("words", "running")]
    found = loaded("binocle experiments results words --html words.html")
    assert "not read yet" in found.out
    page = (tmp_path / "words.html").read_text()
    assert "Experiment words" in page
    assert "<script" not in page
    document = json.loads(loaded("binocle experiments results words --json").out)
    assert document["compared"][0]["verdict"] == "not read yet"
    assert "stopped" in loaded("binocle experiments stop words --reason enough").out
    shown = json.loads(loaded("binocle experiments show words").out)
    assert (shown["state"], shown["reason"]) == ("stopped", "enough")
    again = loaded("binocle experiments start words")
    assert again.code == 1
    assert "has stopped" in again.err


def test_problems_are_told_in_words(loaded: Run, tmp_path: Path) -> None:
    wrong = write(tmp_path, "wrong", traffic=2)
    refused = loaded(f"binocle experiments create {wrong}")
    assert refused.code == 2
    assert "traffic" in refused.err
    elsewhere = write(tmp_path, "elsewhere", collection="nothing")
    assert "no collection 'nothing'" in loaded(f"binocle experiments create {elsewhere}").err
    assert "no experiment 'x'" in loaded("binocle experiments show x").err
    assert "no experiments" in loaded("binocle experiments list").out
    for name in ("one", "two"):
        assert loaded(f"binocle experiments create {write(tmp_path, name)}").code == 0
    loaded("binocle experiments start one")
    clash = loaded("binocle experiments start two")
    assert "'one' changes aspects of 'things'" in clash.err


@pytest.mark.parametrize(("rate", "expected"), [(0.1, 3_532), (0.5, 9_812)])
def test_sizes_are_told_for_a_rate(run: Run, rate: float, expected: int) -> None:
    found = run(f"binocle experiments size --rate {rate} --effect 0.02 --json")
    sized = json.loads(found.out)
    assert sized["fixed"] == pytest.approx(expected, rel=0.001)
    assert sized["sequential"] > sized["fixed"]
    assert "in each variant" in run("binocle experiments size --rate 0.3 --effect 0.02").out
    assert run("binocle experiments size --effect 0.02").code == 2
    assert "tells too little" in run("binocle experiments size --effect 1 --collection x").err


def test_simulations_are_told_as_tables(run: Run) -> None:
    found = run("binocle experiments simulate --simulations 100 --effect 0.1")
    assert found.code == 0, found.err
    assert "How often a difference was found" in found.out
    assert "Interleaved" in found.out


def test_deciding_on_a_request_takes_microseconds(run: Run) -> None:
    found = run("binocle bench experiments --requests 200 --json")
    measures = json.loads(found.out)["measures"]
    assert [each["at_most"] for each in measures] == [None, 0.2, None, 0.2]
