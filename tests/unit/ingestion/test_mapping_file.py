"""Mapping files: what they say, and how their mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SourceError
from core.fields import FieldType
from ingestion.mapping import ColumnMapping
from ingestion.mapping_file import mapping_as_yaml, parse_mapping, read_mapping
from ingestion.replaying import Origin, origin_path, read_origin
from ingestion.sources.catalog import CatalogSource
from ingestion.sources.opening import open_source

_WHOLE = """
id: SKU
image: [front, back]
title: Name
tags: words
tag_separator: ";"
product_id: group
fields:
  year: integer
  price: {column: Cost (EUR), type: float}
ignore: [internal]
other_columns: ignore
encoding: cp1252
"""


def test_a_mapping_says_what_each_column_is() -> None:
    found = parse_mapping(_WHOLE, "m.yaml")
    assert (found.id, found.title, found.product_id) == ("SKU", "Name", "group")
    assert (found.image, found.images) == ("front", ("front", "back"))
    assert found.fields == {"year": FieldType.INTEGER, "price": FieldType.FLOAT}
    assert found.columns == {"Cost (EUR)": "price"}
    assert (found.others, found.encoding) == (False, "cp1252")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("titel: Name", "Did you mean 'title'"),
        ("wrong: x", "Keys: id, image"),
        ("fields: {year: money}", "'fields.year' is no type"),
        ("fields: {1bad: text}", "can't name a field"),
        ("- a list", "holds no mapping"),
        ("id: [unclosed", "is no YAML"),
        ("html: maybe", "'html' is wrong"),
        ("fields: {price: {column: p, typ: float}}", "Did you mean 'type'"),
        ("image_separator: ''", "separator of images or tags is empty"),
        ("tag_separator: ''", "separator of images or tags is empty"),
        ("datetime_format: '%Q'", "datetime_format '%Q' is wrong"),
    ],
)
def test_a_mistake_in_a_mapping_is_told(text: str, told: str) -> None:
    with pytest.raises(SourceError, match=r"m\.yaml") as caught:
        parse_mapping(text, "m.yaml")
    assert told in str(caught.value)


def test_a_mapping_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Can't read the mapping"):
        read_mapping(tmp_path / "m.yaml")


def test_what_is_inferred_reads_the_same_again_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("SKU,Image URL,In Stock,Jahr\n1,https://a.example/1.jpg,yes,2020\n")
    first = open_source(path)
    assert isinstance(first, CatalogSource)
    text = mapping_as_yaml(first.rows)
    assert "column: In Stock" not in text  # its name says it
    again = open_source(path, parse_mapping(text, "m.yaml"))
    assert list(again.entries()) == list(first.entries())
    assert again.attributes == first.attributes


def test_what_is_said_wins_over_what_was_said_before() -> None:
    file = ColumnMapping(id="a", title="b", fields={"x": FieldType.TEXT}, images=("i", "j"))
    options = ColumnMapping(id="c", image="k", fields={"y": FieldType.BOOL})
    found = options.over(file)
    assert (found.id, found.title, found.image, found.images) == ("c", "b", "k", ())
    assert found.fields == {"x": FieldType.TEXT, "y": FieldType.BOOL}


def test_the_origin_of_rejects_is_read_as_it_was_written(tmp_path: Path) -> None:
    rejects = tmp_path / "shop-1.jsonl"
    assert read_origin(rejects) is None
    origin = Origin("shop", parse_mapping(_WHOLE, "m.yaml"))
    origin_path(rejects).write_text(origin.as_json())
    assert read_origin(rejects) == origin
    origin_path(rejects).write_text("{}")
    assert read_origin(rejects) is None
