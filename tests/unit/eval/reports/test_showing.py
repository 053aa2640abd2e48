"""Which queries are shown, and as what."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.items import ImageSource
from eval.reports.plots import rank_plot
from eval.reports.showing import Looking, galleries
from eval.reports.thumbnails import Thumbnails
from eval.retrieval.evaluation import Evaluation
from tests.pictures import encoded, picture
from tests.unit.eval.reports.conftest import Measured


def titles(found: tuple) -> list[str]:
    return [one.title for one in found]


def test_best_and_worst_queries_are_those_by_average_precision(measured: Measured) -> None:
    evaluation = measured.evaluations[1]
    found = {one.title: one for one in galleries(evaluation, None, Looking(queries=1))}
    quality = evaluation.per_query["map"]
    ids = evaluation.query_ids
    assert quality[ids.index(found["Best queries"].examples[0].query.id)] == quality.max()
    assert quality[ids.index(found["Worst queries"].examples[0].query.id)] == quality.min()


def test_changed_queries_are_shown_against_a_baseline_alone(measured: Measured) -> None:
    evaluation, baseline = measured.evaluations[1], measured.baselines[1]
    assert titles(galleries(evaluation, None, Looking())) == ["Best queries", "Worst queries"]
    better = galleries(evaluation, baseline, Looking())[0]
    assert better.title == "Better than before"
    for example in better.examples:
        assert example.rank is not None
        assert example.rank_before is not None
        assert example.rank < example.rank_before
        assert example.before


def test_without_a_change_there_is_nothing_to_show_of_it(measured: Measured) -> None:
    evaluation = measured.evaluations[0]
    shown = titles(galleries(evaluation, evaluation, Looking()))
    assert shown == ["Best queries", "Worst queries"]


def test_a_label_is_shown_once_while_there_are_others(measured: Measured) -> None:
    best = galleries(measured.evaluations[0], None, Looking(queries=4))[0]
    colours = [example.query.id.split("-")[0] for example in best.examples]
    assert len(set(colours)) == len(colours)


def test_hits_are_the_relevant_ones_and_the_query_is_not_its_own(measured: Measured) -> None:
    for example in galleries(measured.evaluations[0], None, Looking(results=5))[0].examples:
        colour = example.query.id.split("-")[0]
        assert len(example.found) == 5
        assert example.query.id not in [one.id for one in (*example.found, *example.relevant)]
        for one in example.found:
            assert (one.grade > 0) == (one.id.split("-")[0] == colour)


def test_a_class_is_the_relevant_answer_of_a_classified_picture(measured: Measured) -> None:
    example = galleries(measured.evaluations[2], None, Looking())[0].examples[0]
    assert [one.id for one in example.relevant] == [example.query.id.split("-")[0]]
    assert isinstance(example.query.member, ImageSource)
    assert isinstance(example.found[0].member, str)


def test_one_query_is_among_the_worst(measured: Measured) -> None:
    full = measured.evaluations[1]
    one = Evaluation(
        **{
            **vars(full),
            "rows": full.rows[:1],
            "per_query": {name: values[:1] for name, values in full.per_query.items()},
            "rankings": full.rankings[:1],
        }
    )
    assert titles(galleries(one, None, Looking())) == ["Worst queries"]


def test_thumbnails_keep_proportions_and_are_small() -> None:
    made = Thumbnails(10_000, side=64).of(
        ImageSource(data=encoded(picture("red", size=(800, 400))))
    )
    assert (made.width, made.height) == (64, 32)
    assert made.uri.startswith("data:image/webp;base64,")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (ImageSource(data=b"x"), "can't be read"),
        (ImageSource(url="https://example.org/a.jpg"), "not fetched"),
    ],
)
def test_a_picture_that_can_not_be_shown_says_why(source: ImageSource, reason: str) -> None:
    assert Thumbnails(10_000).of(source).missing == reason


def test_a_picture_of_one_pixel_height_has_a_thumbnail() -> None:
    wide = ImageSource(data=encoded(Image.new("RGB", (900, 1))))
    assert Thumbnails(10_000, side=90).of(wide).height == 1


def test_items_that_were_never_found_have_a_bin_of_their_own() -> None:
    svg = rank_plot({"m": np.array([1.0, 3.0, np.inf, np.inf])}, "r")
    assert "50% at rank never" in svg
    assert "25% at rank 3-4" in svg


def test_a_plot_has_no_colours_but_those_of_the_page() -> None:
    svg = rank_plot({"m": np.ones(3), "b": np.ones(3)}, "r")
    assert "var(--model)" in svg
    assert "#0" not in svg.replace("url(#", "").replace('href="#', "")
