"""binocle ingest as catalog teams use it: mapping, dry run, in step, rejects and replay."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from app.running import made_known
from ingestion.single_load import single_load
from tests.integration.command import Run
from tests.integration.conftest import Serving
from tests.loads import reject_lines, write_pictures

_ROWS = [
    ("1", "a.png", "A red lamp", "9.5"),
    ("2", "b.png", "A blue lamp", "12"),
    ("3", "c.png", "A green lamp", "3.25"),
    ("4", "d.png", "A pink lamp", "4"),
    ("5", "e.png", "A grey lamp", "5"),
]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A CSV of five lamps."""
    write_pictures(tmp_path, a="red", b="blue", c="green", d="pink", e="grey")
    return _write(tmp_path / "shop.csv", _ROWS)


def _write(path: Path, rows: list[tuple[str, ...]]) -> Path:
    lines = [",".join(row) for row in [("sku", "photo", "Name", "cost"), *rows]]
    path.write_text("\n".join(lines) + "\n")
    return path


def _count(run: Run, name: str = "shop") -> int:
    return int(run(f"binocle collections describe {name} --json").json["count"])


def _rejects() -> Path:
    return max(Path("data/rejects").glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)


def test_a_dry_run_prints_a_mapping_that_loads_the_same(run: Run, shop: Path) -> None:
    ran = run("binocle ingest shop.csv --dry-run")
    assert ran.code == 0
    assert "A red lamp" in ran.err
    assert "No problem" in ran.err
    Path("mapping.yaml").write_text(ran.out)
    assert "image: photo" in ran.out
    assert run("binocle ingest shop.csv --mapping mapping.yaml --collection shop").code == 0
    assert run("binocle search shop red --json").json["hits"][0]["payload"]["cost"] == 9.5


def test_a_dry_run_tells_what_is_wrong_and_loads_nothing(run: Run, shop: Path) -> None:
    _write(shop, [*_ROWS, ("6", "gone.png", "Gone", "1"), ("1", "a.png", "Twice", "1")])
    ran = run("binocle ingest shop.csv --dry-run --collection shop")
    assert ran.code == 3
    assert "2 entries can't be loaded of the 7 rows" in ran.err
    assert "There is no file" in ran.err
    assert "The id is that of row 2" in ran.err
    assert run("binocle collections describe shop").code == 2


def test_a_dry_run_tells_fields_that_the_collection_lacks(run: Run, shop: Path) -> None:
    assert run("binocle ingest shop.csv --collection shop --ignore cost").code == 0
    ran = run("binocle ingest shop.csv --collection shop --dry-run")
    assert ran.code == 1
    assert "The field 'cost' (float) of shop.csv is not in the collection" in ran.err


def test_a_few_values_that_hide_a_columns_type_are_told(run: Run, shop: Path) -> None:
    _write(shop, [(str(n), "a.png", "x", "free" if n == 7 else str(n)) for n in range(40)])
    told = " ".join(run("binocle ingest shop.csv --dry-run").err.split())
    assert "keyword because of 1 of 40 values such as 'free'; as cost=integer" in told


def test_options_win_over_the_mapping_file(run: Run, shop: Path) -> None:
    Path("m.yaml").write_text("title: Name\nfields: {cost: keyword}\n")
    run("binocle ingest shop.csv --mapping m.yaml --field cost=float --title sku --collection shop")
    fields = run("binocle collections describe shop --json").json["fields"]
    assert fields["cost"] == "float"
    assert run("binocle search shop --json").json["hits"][0]["title"] in "12345"


def test_sync_deletes_what_is_gone_and_refuses_too_much(run: Run, shop: Path) -> None:
    load = "binocle ingest shop.csv --collection shop"
    run(load)
    _write(shop, _ROWS[:4])
    assert run(f"{load} --sync").code == 0
    assert _count(run) == 4
    _write(shop, _ROWS[:2])
    ran = run(f"{load} --sync --max-deletes 25%")
    assert ran.code == 1
    assert "lacks 2 of the 4 items" in ran.err
    assert _count(run) == 4
    assert run(f"{load} --sync --force").code == 0
    assert _count(run) == 2


def test_a_load_fails_over_its_share_of_rejects_and_deletes_nothing(run: Run, shop: Path) -> None:
    load = "binocle ingest shop.csv --collection shop"
    run(load)
    _write(shop, [*_ROWS[:4], ("6", "gone.png", "Gone", "1")])
    assert run(f"{load} --sync --max-deletes 50% --fail-over 20%").code == 3
    assert _count(run) == 4
    _write(shop, [*_ROWS[:3], ("6", "gone.png", "Gone", "1")])
    ran = run(f"{load} --sync --max-deletes 50% --fail-over 20%")
    assert ran.code == 1
    assert "1 of 4 entries were rejected (25.0%)" in ran.err
    assert _count(run) == 4


def test_a_replacement_with_too_many_rejects_is_not_published(run: Run, shop: Path) -> None:
    run("binocle ingest shop.csv --collection shop")
    _write(shop, [*_ROWS[:2], ("6", "gone.png", "Gone", "1")])
    ran = run("binocle ingest shop.csv --collection shop --replace --fail-over 5%")
    assert ran.code == 1
    assert "still answers from its former generation" in ran.out
    assert _count(run) == 5


def test_mended_rejects_are_replayed_by_the_file_alone(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(shop, [*_ROWS[:4], ("5", "e.png", "A grey lamp", "dear")])
    options = "--title Name --field cost=float --collection shop"
    assert run(f"binocle ingest shop.csv {options}").code == 3
    file = _rejects().absolute()
    (line,) = reject_lines(file)
    assert line["record"]["cost"] == "dear"
    line["record"]["cost"] = "5"
    file.write_text(json.dumps(line) + "\n")
    monkeypatch.setenv("BINOCLE_DATA", str(Path("data").absolute()))
    (elsewhere := Path("elsewhere")).mkdir()
    monkeypatch.chdir(elsewhere)
    assert run(f"binocle ingest --replay {file}").code == 0
    assert _count(run) == 5
    assert run(f"binocle ingest --replay {file} --sync").code == 2


def test_what_is_no_rejects_file_is_not_replayed(run: Run, shop: Path) -> None:
    ran = run("binocle ingest --replay shop.csv --collection shop")
    assert ran.code == 1
    assert "no rejects file" in ran.err
    assert run("binocle ingest --replay gone.jsonl").code == 1


def test_a_catalog_may_come_on_standard_input(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = io.TextIOWrapper(io.BytesIO(shop.read_bytes()))
    monkeypatch.setattr(sys, "stdin", given)
    assert run("binocle ingest - --format csv --collection shop").code == 0
    assert _count(run) == 5
    ran = run("binocle ingest - --collection shop")
    assert ran.code == 1
    assert "--format csv" in ran.err


def test_another_collection_is_a_source(run: Run, shop: Path) -> None:
    run("binocle ingest shop.csv --collection shop")
    assert run("binocle ingest binocle:shop --collection copy").code == 0
    hits = run("binocle search copy red --json").json["hits"]
    assert (hits[0]["id"], hits[0]["payload"]["cost"]) == ("1", 9.5)
    assert "Unchanged" in run("binocle ingest binocle:data/shop --collection copy").out
    assert "into itself" in run("binocle ingest binocle:shop --collection shop").err
    for file in Path().glob("*.png"):  # then thumbnails stand in
        file.unlink()
    assert run("binocle ingest binocle:shop --collection third").code == 0
    assert _count(run, "third") == 5


def test_the_summary_can_be_had_as_json(run: Run, shop: Path) -> None:
    _write(shop, [*_ROWS, ("6", "gone.png", "Gone", "1")])
    ran = run("binocle ingest shop.csv --collection shop --json")
    told = ran.json
    assert (told["indexed"], told["rejected"], told["exit_code"], ran.code) == (5, 1, 3, 3)
    assert told["rejects_by_kind"] == {"image-unreadable": 1}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("", "--collection"),
        ("--collection shop --sync --max-deletes lots", "--max-deletes lots"),
        ("--collection shop --fail-over 120%", "--fail-over 120%"),
        ("--collection shop --field cost=money", "Types: keyword"),
        ("--collection shop --look-again --engine ray", "local engine only"),
    ],
)
def test_wrong_use_is_told(run: Run, shop: Path, options: str, told: str) -> None:
    ran = run(f"binocle ingest shop.csv {options}")
    assert ran.code == 2
    assert told in ran.err


def test_a_second_load_at_once_is_refused_and_told_who_has_it(run: Run, shop: Path) -> None:
    with single_load(Path("data/loads"), "shop"):
        ran = run("binocle ingest shop.csv --collection shop")
    assert ran.code == 1
    assert "of 'shop' runs already (process" in ran.err


def test_a_collection_that_a_service_has_open_is_a_source_all_the_same(
    run: Run, shop: Path, start: Serving
) -> None:
    run("binocle ingest shop.csv --collection shop")
    data = Path("data").resolve()
    with (
        start(data) as live,
        made_known(data, str(live.client.base_url).rstrip("/"), live.wiring.watch.local_token),
    ):
        ran = run("binocle ingest binocle:shop --collection copy")
        assert ran.code == 0, ran.err
        ran = run("binocle ingest binocle:shop --collection copy --dry-run")
        assert "A red lamp" in ran.err
    assert _count(run, "copy") == 5


def test_a_load_that_is_ended_at_once_says_what_stays(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pressed(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": Pressed()}))
    ran = run("binocle ingest - --format csv --collection shop")
    assert ran.code == 130
    assert "the same command goes on from here" in ran.err


def test_a_narrow_terminal_cuts_nothing_of_a_dry_run(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(shop, [*_ROWS, ("6", "none.png", "A lamp " * 20, "6")])
    wide = run("binocle ingest shop.csv --dry-run")
    monkeypatch.setenv("COLUMNS", "30")
    narrow = run("binocle ingest shop.csv --dry-run")
    assert (narrow.code, narrow.out) == (wide.code, wide.out)
    assert narrow.err != wide.err
    assert "".join(narrow.err.split()) == "".join(wide.err.split())
