"""The command line, run in this process as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.command import Run
from tests.towers import COLOURS


def test_a_folder_is_found_by_text(loaded: Run) -> None:
    answer = loaded("binocle search things red --json").json
    assert answer["hits"][0]["id"] == "r/red_thing.png"


def test_a_folder_is_found_by_image(loaded: Run) -> None:
    answer = loaded("binocle search things --image pictures/b/blue_thing.png --json").json
    assert answer["hits"][0]["id"] == "b/blue_thing.png"


def test_an_item_is_found_by_its_like_but_is_not_its_own_answer(loaded: Run) -> None:
    answer = loaded("binocle search things --like b/blue_thing.png --json").json
    assert "b/blue_thing.png" not in [hit["id"] for hit in answer["hits"]]


def test_text_and_image_are_one_query(loaded: Run) -> None:
    command = "binocle search things yellow --image pictures/b/blue_thing.png --limit 2 --json"
    found = {hit["id"] for hit in loaded(command).json["hits"]}
    assert found == {"b/blue_thing.png", "y/yellow_thing.png"}


def test_a_filter_limits_the_hits(loaded: Run) -> None:
    answer = loaded("""binocle search things red --filter '{"tags": "g"}' --json""").json
    assert {hit["id"][0] for hit in answer["hits"]} == {"g"}


def test_hits_are_shown_as_a_table(loaded: Run) -> None:
    assert "red thing" in loaded("binocle search things red").out


def test_an_explanation_names_the_parts(loaded: Run) -> None:
    shown = loaded("binocle search things red --explain --limit 2").out
    for part in ("'red', weight 1", "1. red thing", "title: red", "joint", "retrieve", "total"):
        assert part in shown, part


def test_a_browse_is_sorted(loaded: Run) -> None:
    there = [hit["id"] for hit in loaded("binocle search things --sort aspect --json").json["hits"]]
    assert there
    refused = loaded("binocle search things --sort shade")
    assert refused.code == 2
    assert "aspect" in refused.err


def test_a_second_load_of_the_same_folder_indexes_nothing(loaded: Run) -> None:
    assert "Unchanged" in loaded("binocle ingest pictures --collection things").out


def test_an_unchanged_load_still_builds_the_index_that_a_cut_off_one_left_out(
    loaded: Run,
) -> None:
    assert "Building the index" in loaded("binocle ingest pictures --collection things").err


def test_rejects_have_an_exit_code_of_their_own_and_a_file(run: Run, pictures: Path) -> None:
    (pictures / "broken.png").write_bytes(b"no picture")
    ran = run("binocle ingest pictures --collection things")
    assert ran.code == 3
    (file,) = Path("data/rejects").glob("*.jsonl")
    assert json.loads(file.read_text())["id"] == "broken.png"


def test_replacing_leaves_only_the_new_source(loaded: Run, pictures: Path) -> None:
    (pictures / "r" / "red_thing.png").unlink()
    loaded("binocle ingest pictures --collection things --replace")
    shown = loaded("binocle collections describe things --json").json
    assert shown["count"] == len(COLOURS) - 1
    assert shown["generation"] == "g000002"


def test_an_empty_source_never_takes_the_place_of_a_collection(loaded: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert loaded("binocle ingest empty --collection things --replace").code == 1
    assert loaded("binocle collections describe things --json").json["count"] == len(COLOURS)


def test_a_replaced_collection_can_be_rolled_back(loaded: Run) -> None:
    loaded("binocle ingest pictures --collection things --replace")
    assert loaded("binocle collections rollback things").code == 0
    assert loaded("binocle collections describe things --json").json["generation"] == "g000001"


def test_an_index_is_built_anew(loaded: Run) -> None:
    ran = loaded("binocle collections compact things")
    assert (ran.code, "12 items indexed" in ran.out) == (0, True)
    assert loaded("binocle collections compact nothing").code == 2


def test_columns_become_fields_with_types(run: Run, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "catalog.csv").write_text(
        "sku,picture,name,price,Launch Year\n"
        "a,pictures/r/red_thing.png,Red,9.5,2024\n"
        "b,pictures/b/blue_thing.png,Blue,20,2025\n"
    )
    assert run("binocle ingest catalog.csv --collection shop --image picture").code == 0
    fields = run("binocle collections describe shop --json").json["fields"]
    assert (fields["price"], fields["launch_year"]) == ("float", "integer")


def test_a_missing_column_is_named_with_those_there_are(run: Run, tmp_path: Path) -> None:
    (tmp_path / "catalog.csv").write_text("sku,picture\na,a.png\n")
    ran = run("binocle ingest catalog.csv --collection shop --image photo")
    assert ran.code == 1
    assert "photo" in ran.err
    assert "'picture'" in ran.err


def test_another_encoder_is_refused(loaded: Run, tmp_path: Path) -> None:
    from tests.towers import write_bundle

    other = write_bundle(tmp_path / "other", version="2")
    ran = loaded(f"binocle search things red --encoder bundle:{other}")
    assert ran.code == 1
    assert "was built with" in ran.err


def test_an_empty_folder_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = run("binocle demo empty --no-serve")
    assert ran.code != 0
    assert "empty" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("binocle search nowhere red", "no collection 'nowhere'"),
        ("binocle search things --limit 0 red", "limit"),
        ("""binocle search things red --filter '{"size": 3}'""", "no field 'size'"),
        ("binocle search things --image nothing.png", "nothing.png"),
        ("binocle search things --like nobody", "nobody"),
        ("binocle ingest nowhere --collection things", "nowhere"),
        ("binocle ingest pictures --collection 'No Good'", "No Good"),
        ("binocle ingest pictures --collection things --field year=number", "year=number"),
        ("binocle search things red --encoder clip", "clip"),
        ("binocle collections delete nowhere --yes", "nowhere"),
        ("binocle frobnicate", "frobnicate"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(loaded: Run, command: str, says: str) -> None:
    ran = loaded(command)
    assert ran.code in (1, 2)
    assert says in ran.err.replace("\n", " ")
    assert "Traceback" not in ran.err


def test_a_deleted_collection_is_gone_with_its_thumbnails(loaded: Run) -> None:
    assert loaded("binocle collections delete things --yes").code == 0
    assert loaded("binocle collections list --json").json == {"collections": []}
    assert not Path("data/thumbnails/things").exists()


def test_the_demo_indexes_a_folder_and_shows_three_searches(run: Run, pictures: Path) -> None:
    ran = run("binocle demo pictures --no-serve")
    assert ran.code == 0
    assert ran.out.count("By ") == 3


def test_keys_are_made_listed_and_revoked(run: Run) -> None:
    made = run("binocle keys create 'shop page' --role write --expires 90d --collection shop")
    assert made.code == 0
    assert made.out.startswith("bnc_")
    assert "not shown again" in made.err
    (listed,) = run("binocle keys list --json").json["keys"]
    assert (listed["name"], listed["role"], listed["state"]) == ("shop page", "write", "active")
    assert listed["collections"] == ["shop"]
    assert made.out.strip().rsplit("_", 1)[1] not in str(listed)
    assert run(f"binocle keys revoke {listed['id']}").code == 0
    assert "revoked" in run("binocle keys list").out
    assert run("binocle keys revoke nothing").code == 2


@pytest.mark.parametrize("span", ["90", "d", "-1d", "90 years", "0d"])
def test_a_span_that_is_none_is_refused(run: Run, span: str) -> None:
    assert run(f"binocle keys create k --expires '{span}'").code == 2
    assert "no keys" in run("binocle keys list").out


def test_the_database_shows_and_upgrades_itself(run: Run, tmp_path: Path) -> None:
    assert "no tables yet" in run("binocle database show").out
    assert not any((tmp_path / "data").iterdir())
    assert run("binocle database upgrade").code == 0
    assert run("binocle database show --json").json["current"] is True


def test_a_database_that_can_not_be_is_refused_without_its_password(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BINOCLE_DATABASE", "mysql://u:s3cret@h/n")
    refused = run("binocle keys list")
    assert refused.code == 2
    assert "mysql" in refused.err
    assert "s3cret" not in refused.out + refused.err
