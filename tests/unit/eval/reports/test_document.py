"""The JSON document: it reads back to what it was."""

from __future__ import annotations

import json
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SourceError
from eval.reports.document import VERSION, Document, Figure, document, from_json, to_json
from tests.unit.eval.reports.conftest import Measured

finite = st.floats(allow_nan=False, allow_infinity=False)
figures = st.builds(Figure, value=st.none() | finite, low=st.none() | finite, high=st.none())
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | finite | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def test_a_measured_run_reads_back_to_an_equal_document(measured: Measured) -> None:
    again = from_json(to_json(measured.document))
    assert again == measured.document
    assert again.robustness == measured.robustness


@settings(max_examples=40, deadline=None)
@given(
    title=st.text(),
    asked=st.dictionaries(st.text(), values, max_size=3),
    found=st.dictionaries(st.text(), figures, max_size=3),
    created=st.datetimes(timezones=st.just(UTC)),
)
def test_any_title_setting_and_figure_reads_back(
    measured: Measured, title: str, asked: dict, found: dict, created: object
) -> None:
    one = measured.document.evaluations[1].model_copy(update={"metrics": found})
    made = measured.document.model_copy(
        update={"title": title, "settings": asked, "evaluations": (one,), "created": created}
    )
    assert from_json(to_json(made)) == made


def test_the_figures_are_those_that_were_measured(measured: Measured) -> None:
    data = json.loads(to_json(measured.document))
    assert (data["format"], data["version"]) == ("binocle-evaluation", VERSION)
    first, evaluation = data["evaluations"][0], measured.evaluations[0]
    assert first["metrics"]["map"]["value"] == pytest.approx(evaluation.means["map"])
    assert first["per_query"][0]["query"] == evaluation.query_ids[0]
    assert first["left_out"]["unreadable_items"]["count"] == 1
    assert data["comparisons"][0]["differences"]["map"]["p"] <= 1
    assert data["robustness"][0]["conditions"][0]["corruption"] == "low-light"
    assert data["versions"]["numpy"]


def test_single_queries_can_be_left_out(measured: Measured) -> None:
    made = document(measured.evaluations, per_query=False)
    assert all(one.per_query == () for one in made.evaluations)
    assert from_json(to_json(made)) == made


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"version": 2}, "version"),
        ({"format": "other"}, "format"),
        ({"evaluations": [{"task": 1}]}, "evaluations.0"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_is_no_such_document_is_refused_with_the_place(
    measured: Measured, change: dict, where: str
) -> None:
    data = json.loads(to_json(measured.document)) | change
    with pytest.raises(SourceError, match=where):
        from_json(json.dumps(data))


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(SourceError, match="no evaluation that Binocle can read"):
        from_json("{")


def test_a_task_finds_its_baseline_comparison_and_study(measured: Measured) -> None:
    made: Document = measured.document
    name = made.evaluations[0].task
    assert made.baseline_of(name) is made.baselines[0]
    assert made.comparison_of(name) is made.comparisons[0]
    assert made.robustness_of(name) == measured.robustness
    assert (made.baseline_of("x"), made.comparison_of("x"), made.robustness_of("x")) == (
        None,
        None,
        (),
    )
