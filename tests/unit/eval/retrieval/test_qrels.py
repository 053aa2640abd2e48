"""Judgments from files of every kind."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SourceError
from eval.retrieval.qrels import read_qrels

TRIPLES = [("q1", "a", 2.0), ("q1", "b", 0.0), ("q2", "a", 1.0)]
WANTED = {"q1": {"a": 2.0, "b": 0.0}, "q2": {"a": 1.0}}


def written(folder: Path, kind: str) -> Path:
    path = folder / f"judgments.{kind}"
    if kind == "qrels":
        path.write_text("".join(f"{q} 0 {i} {g:g}\n" for q, i, g in TRIPLES))
    elif kind == "tsv":
        rows = "".join(f"{q}\t{i}\t{g}\n" for q, i, g in TRIPLES)
        path.write_text(f"query-id\tcorpus-id\tscore\n{rows}")
    elif kind == "csv":
        path.write_text("query,item,grade\n" + "".join(f"{q},{i},{g}\n" for q, i, g in TRIPLES))
    elif kind == "jsonl":
        keys = ("query_id", "item_id", "grade")
        path.write_text(
            "".join(json.dumps(dict(zip(keys, row, strict=True))) + "\n" for row in TRIPLES)
        )
    else:
        columns = list(zip(*TRIPLES, strict=True))
        names = ("query_id", "doc_id", "relevance")
        pq.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), path)
    return path


@pytest.mark.parametrize("kind", ["qrels", "tsv", "csv", "jsonl", "parquet"])
def test_every_format_gives_the_same_judgments(tmp_path: Path, kind: str) -> None:
    assert read_qrels(written(tmp_path, kind)) == WANTED


def test_without_grades_every_pair_is_relevant(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("query_id\titem_id\nq\ta\n")
    assert read_qrels(path) == {"q": {"a": 1.0}}


def test_numbers_as_ids_are_read_as_words(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"query_id": 7, "item_id": 12}\n')
    assert read_qrels(path) == {"7": {"12": 1.0}}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.qrels", "q 0 a\n", "line 1: has 3 parts"),
        ("a.qrels", "q 0 a 1\n\nq 0 b good\n", "line 3: the grade 'good'"),
        ("a.qrels", "q 0 a nan\n", "no number"),
        ("a.qrels", "q 0 a 1\nq 0 a 2\n", "graded 1 before, and 2 here"),
        ("a.qrels", "\n", "no judgment"),
        ("a.tsv", "query_id\tthing\nq\ta\n", "no column 'item_id'"),
        ("a.tsv", "query_id\titem_id\n\ta\n", "an id is empty"),
        ("a.csv", "query_id,item_id\nq\n", "cells"),
        ("a.docx", "", "no table of a known kind"),
    ],
)
def test_what_can_not_be_read_is_told_with_its_place(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError, match=says):
        read_qrels(tmp_path / name)


@pytest.mark.parametrize("name", ["none.qrels", "none.tsv"])
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=name):
        read_qrels(tmp_path / name)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.qrels").write_bytes(b"q 0 \xff 1\n")
    with pytest.raises(SourceError, match="UTF-8"):
        read_qrels(tmp_path / "a.qrels")


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,4}", fullmatch=True),
        st.dictionaries(
            st.from_regex(r"[A-Z0-9]{1,4}", fullmatch=True), st.integers(0, 4), min_size=1
        ),
        min_size=1,
    )
)
def test_trec_judgments_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, judged: dict[str, dict[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("qrels") / "a.qrels"
    path.write_text(
        "".join(f"{q} 0 {i} {g}\n" for q, items in judged.items() for i, g in items.items())
    )
    assert read_qrels(path) == judged
