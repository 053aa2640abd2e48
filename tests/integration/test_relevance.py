"""Relevance fitted to judgments, and cut-offs by it, by the command line."""

import json
from pathlib import Path

import pytest

from tests.integration.command import Run
from tests.towers import COLOURS


@pytest.fixture
def judged(loaded: Run, tmp_path: Path) -> Run:
    """For each colour a dozen queries, and the one picture of that colour."""
    queries, qrels = ["id\ttext"], []
    for name in COLOURS:
        for number in range(12):
            queries.append(f"{name}{number}\t{name} no{'o' * number}")
            qrels.append(f"{name}{number} 0 {name[0]}/{name}_thing.png 1")
    (tmp_path / "queries.tsv").write_text("\n".join(queries) + "\n")
    (tmp_path / "judged.qrels").write_text("\n".join(qrels) + "\n")
    return loaded


CALIBRATE = "binocle eval calibrate things --queries queries.tsv --qrels judged.qrels"


def test_curves_are_fitted_measured_kept_and_bound_to_their_encoder(
    judged: Run, tmp_path: Path
) -> None:
    ran = judged(f"{CALIBRATE} --json")
    assert ran.code == 0, ran.err
    (fit,) = ran.json["fits"]
    assert fit["kind"] == "text"
    assert fit["after"]["brier"] <= fit["before"]["brier"]
    assert judged("binocle collections ranking things").json["calibration"] == {}
    shown = judged(f"{CALIBRATE} --method isotonic --save")
    assert "held out" in shown.out
    kept = judged("binocle collections ranking things").json
    assert kept["calibration"]["text"]["fingerprint"] == fit["curve"]["fingerprint"]
    best, second = judged("binocle search things red --json").json["hits"][:2]
    assert best["relevance"] > 0.9 > second["relevance"]

    kept["calibration"]["text"]["fingerprint"] = "0" * 64
    (tmp_path / "ranking.json").write_text(json.dumps(kept))
    refused = judged("binocle collections ranking things --file ranking.json")
    assert (refused.code, "another encoder" in refused.err) == (2, True)
    (tmp_path / "data" / "rankings" / "things.json").write_text(json.dumps(kept))
    told = judged("binocle search things red --explain --json").json
    assert told["hits"][0]["relevance"] is not None  # by the encoder's own curve
    assert told["explanation"]["shape"]["fallbacks"][0]["stage"] == "calibration"


def test_what_is_found_by_all_its_words_is_not_cut_off(loaded: Run) -> None:
    asked = "binocle search things 'red thing' --min-relevance 1 --json"
    answer = loaded(asked).json
    assert [hit["id"] for hit in answer["hits"]] == ["r/red_thing.png"]
    nothing = loaded("binocle search things 'red elephant' --min-relevance 1 --json").json
    assert (nothing["hits"], nothing["no_match"]) == ([], True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--queries nothing.tsv --qrels judged.qrels", "no file nothing.tsv"),
        ("--queries judged.qrels --qrels judged.qrels", "no table"),
        ("--queries queries.tsv --qrels judged.qrels --depth 5 --judged-only", "too few"),
    ],
)
def test_what_can_not_be_fitted_is_told(judged: Run, options: str, told: str) -> None:
    ran = judged(f"binocle eval calibrate things {options}")
    assert ran.code != 0
    assert told in " ".join(ran.err.split()).lower()
