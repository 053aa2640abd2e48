"""Evaluation sets on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from core.errors import BinocleError, SettingsError, SourceError
from core.items import ImageSource
from encoders.bundle import BundleEncoder
from eval.retrieval.evaluate import evaluate
from eval.retrieval.sets import EvaluationSet, load_set, read_settings
from eval.retrieval.tasks import RetrievalTask, ZeroShotTask
from tests.towers import COLOURS

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "examples" / "evaluation.yaml"


def loaded(folder: Path, *tasks: dict[str, Any], **top: Any) -> EvaluationSet:
    """A set over the catalog in `folder`."""
    document = {"name": "colours", "items": {"source": "catalog.csv"}, "tasks": list(tasks), **top}
    limit = document.pop("limit", None)
    (folder / "set.yaml").write_text(yaml.safe_dump(document))
    return load_set(folder / "set.yaml", limit=limit)


def task_of(folder: Path, **settings: Any) -> Any:
    return loaded(folder, {"name": "t", **settings}).tasks[0]


def test_titles_ask_for_their_items(catalog: Path) -> None:
    task = task_of(catalog, kind="field", field="title", slices=["size"])
    assert task.direction == "text->image"
    assert task.qrels["red small"] == {"red-1": 1.0}
    assert len(task.item_attributes["size"]) == 2 * len(COLOURS)


def test_items_ask_for_their_titles(catalog: Path) -> None:
    task = task_of(catalog, kind="field", direction="image->text", slices=["size"])
    assert task.direction == "image->text"
    assert task.qrels["red-2"] == {"red large": 1.0}
    assert task.attributes["size"][:2] == ["small", "large"]


def test_equal_texts_are_one_query_that_all_their_items_answer(catalog: Path) -> None:
    task = task_of(catalog, kind="field", field="shade", template="a {} thing")
    assert len(task.queries) == len(COLOURS)
    assert task.qrels["red"] == {"red-1": 1.0, "red-2": 1.0}
    assert "a red thing" in task.queries


def test_a_label_asks_for_all_its_items_by_each_template(catalog: Path) -> None:
    task = task_of(catalog, kind="label", field="size", templates=["{}", "a {} thing"])
    assert len(task.queries) == 4
    assert len(task.qrels["a large thing"]) == len(COLOURS)
    assert task.attributes["template"] == ["{}", "{}", "a {} thing", "a {} thing"]


def test_items_ask_for_others_of_their_label(catalog: Path) -> None:
    task = task_of(catalog, kind="label", field="shade", direction="image->image")
    assert task.exclude_self
    assert task.qrels["red-1"] is task.qrels["red-2"]
    assert task.attributes["shade"][0] == next(iter(COLOURS))


def test_an_item_of_several_labels_counts_in_each(catalog: Path) -> None:
    task = task_of(catalog, kind="label", field="tags", direction="image->image")
    assert task.qrels["red-1"].keys() >= {"red-2", "blue-1"}


def test_items_are_put_into_named_classes(catalog: Path) -> None:
    task = task_of(
        catalog, kind="zero-shot", field="shade", classes={"red": "ruby", "blue": "sapphire"}
    )
    assert isinstance(task, ZeroShotTask)
    assert set(task.labels) == {"ruby", "sapphire"}
    assert task.item_ids == ["red-1", "red-2", "blue-1", "blue-2"]


def test_judged_texts_come_with_attributes(catalog: Path) -> None:
    (catalog / "queries.tsv").write_text("id\ttext\tkind\n1\tred\tcolour\n2\tblue\t\n")
    (catalog / "judged.qrels").write_text("1 0 red-1 2\n2 0 blue-2 1\n")
    task = task_of(
        catalog, kind="judged", queries="queries.tsv", qrels="judged.qrels", slices=["kind"]
    )
    assert task.queries == ["red", "blue"]
    assert task.attributes == {"kind": ["colour", None]}
    assert task.qrels["1"] == {"red-1": 2.0}


def test_judged_images_are_below_their_tables_folder(catalog: Path) -> None:
    (catalog / "queries.csv").write_text("id,file\n1,images/red-1.png\n")
    (catalog / "judged.qrels").write_text("1 0 red-2 1\n")
    task = task_of(catalog, kind="judged", queries="queries.csv", qrels="judged.qrels")
    assert task.direction == "image->image"
    assert task.queries == [ImageSource(path=catalog / "images" / "red-1.png")]
    assert not task.exclude_self


def test_judgments_without_queries_are_between_items(catalog: Path) -> None:
    (catalog / "judged.qrels").write_text("red-1 0 red-2 1\n")
    task = task_of(catalog, kind="judged", qrels="judged.qrels")
    assert task.query_ids == ["red-1"]
    assert task.exclude_self


def test_only_items_of_a_value_are_taken(catalog: Path) -> None:
    items = {"source": "catalog.csv", "where": {"size": "large", "shade": ["red", "blue"]}}
    found = loaded(catalog, {"name": "t", "kind": "field"}, items=items)
    assert list(found.tasks[0].item_ids) == ["red-2", "blue-2"]


def test_columns_can_be_named(catalog: Path) -> None:
    items = {"source": "catalog.csv", "mapping": {"title": "shade"}}
    task = loaded(catalog, {"name": "t", "kind": "field", "field": "title"}, items=items).tasks[0]
    assert isinstance(task, RetrievalTask)
    assert "red" in task.queries


def test_a_folder_of_images_is_a_gallery(catalog: Path) -> None:
    found = loaded(catalog, {"name": "t", "kind": "field"}, items={"source": "images"})
    assert "red-1.png" in found.tasks[0].item_ids


def test_a_limit_draws_items_and_says_so(catalog: Path) -> None:
    found = loaded(catalog, {"name": "t", "kind": "field"}, limit=5)
    assert len(found.tasks[0].item_ids) == 5
    assert "Only 5 of 24 items" in found.notes[0]


def test_rows_that_can_not_be_used_are_counted_and_named(catalog: Path) -> None:
    with (catalog / "catalog.csv").open("a") as file:
        file.write("odd,,no picture,red,small,\n")
    found = loaded(catalog, {"name": "t", "kind": "field"})
    assert "1 row(s)" in found.notes[0]
    assert "row 26" in found.notes[0]


def test_a_set_runs_from_end_to_end(catalog: Path, tiny_encoder: BundleEncoder) -> None:
    found = loaded(
        catalog,
        {"name": "titles", "kind": "label", "field": "shade"},
        {"name": "alike", "kind": "label", "field": "shade", "direction": "image->image"},
        {"name": "kinds", "kind": "zero-shot", "field": "shade"},
    )
    for task in found.tasks:
        means = evaluate(tiny_encoder, task, ks=(1, 2)).means
        assert means.get("recall@2", means.get("top1")) == 1.0


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ({"kind": "field", "feild": "title"}, "did you mean 'field'"),
        ({"kind": "labels", "field": "shade"}, "label"),
        ({"kind": "field", "field": "shad"}, "Did you mean 'shade'"),
        ({"kind": "field", "template": "no place"}, "no place for the value"),
        ({"kind": "label", "field": "shade", "templates": []}, "at least 1"),
        ({"kind": "zero-shot", "field": "shade", "classes": {"mauve": "x"}}, "No item has a class"),
        ({"kind": "field", "field": "description"}, "No item has a value"),
        ({"kind": "judged", "qrels": "none.qrels"}, "none.qrels"),
        ({"kind": "field", "slices": ["weight"]}, "no field 'weight'"),
    ],
)
def test_a_task_that_can_not_be_is_told(catalog: Path, task: dict[str, Any], says: str) -> None:
    with pytest.raises(BinocleError, match=says):
        task_of(catalog, **task)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no evaluation set"),
        ("name: [", "no YAML"),
        ("name: x\nitems: {source: nowhere.csv}\ntasks: [{kind: field, name: t}]", "nowhere.csv"),
        ("name: x\nitem: {}\ntasks: []", "did you mean 'items'"),
        ("name: x\nitems: {source: catalog.csv}\ntasks: []", "tasks"),
        (
            (
                "name: x\nitems: {source: catalog.csv, where: {size: huge}}\n"
                "tasks: [{kind: field, name: t}]"
            ),
            "No item",
        ),
        (
            (
                "name: x\nitems: {source: catalog.csv}\n"
                "tasks: [{kind: field, name: t}, {kind: field, name: t}]"
            ),
            "two tasks are named 't'",
        ),
    ],
)
def test_a_file_that_can_not_be_is_told(catalog: Path, text: str, says: str) -> None:
    (catalog / "set.yaml").write_text(text)
    with pytest.raises((SettingsError, SourceError), match=says):
        load_set(catalog / "set.yaml")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml"):
        load_set(tmp_path / "none.yaml")


def test_the_example_over_the_sample_catalog_is_whole() -> None:
    found = load_set(EXAMPLE)
    assert [task.direction for task in found.tasks] == [
        "text->image",
        "image->text",
        "text->image",
        "image->image",
        "text->image",
        "zero-shot",
    ]
    assert found.notes == ()


def test_the_set_in_the_guide_says_only_what_a_set_may_say(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "evaluation.md").read_text()
    (tmp_path / "set.yaml").write_text(guide.partition("```yaml")[2].partition("```")[0])
    assert len(read_settings(tmp_path / "set.yaml").tasks) == 6
