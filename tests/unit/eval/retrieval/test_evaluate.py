"""Evaluations of real (tiny) towers, and of vectors made by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidQuery, SourceError
from core.items import ImageSource
from encoders.bundle import BundleEncoder
from eval.retrieval.encoding import Encoded, Encoding
from eval.retrieval.evaluate import evaluate
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.judging import Side, judge
from eval.retrieval.measuring import Measuring
from eval.retrieval.resampling import Bootstrap
from eval.retrieval.tasks import RetrievalTask
from tests.towers import COLOURS

Shown = Callable[..., ImageSource]
SOME = ("red", "green", "blue", "yellow")
BROKEN = ImageSource(data=b"no picture")
QUICK = Measuring((1, 3), bootstrap=Bootstrap(resamples=20))


def by_text(shown: Shown, **changes: object) -> RetrievalTask:
    """Each colour's word asks for its picture."""
    task = RetrievalTask(
        "colours",
        SOME,
        SOME,
        [f"{name}-picture" for name in SOME],
        [shown(name) for name in SOME],
        {name: {f"{name}-picture": 1.0} for name in SOME},
        attributes={"length": [str(len(name)) for name in SOME]},
    )
    return replace(task, **changes)  # type: ignore[arg-type]


def test_words_find_their_pictures(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    found = evaluate(tiny_encoder, by_text(shown), measuring=QUICK)
    assert found.means["recall@1"] == 1.0
    assert found.top(0, 1) == ["red-picture"]
    assert found.encoder == "tiny"
    assert found.fingerprint == tiny_encoder.fingerprint


def test_pictures_find_their_words(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    task = RetrievalTask(
        "captions",
        [f"p-{name}" for name in SOME],
        [shown(name) for name in SOME],
        SOME,
        SOME,
        {f"p-{name}": {name: 1.0} for name in SOME},
    )
    assert task.direction == "image->text"
    assert evaluate(tiny_encoder, task, measuring=QUICK).means["recall@1"] == 1.0


def test_a_picture_finds_its_kind_and_never_itself(
    tiny_encoder: BundleEncoder, shown: Shown
) -> None:
    names = [f"{name}-{seed}" for name in SOME for seed in (1, 2)]
    images = [shown(name, seed) for name in SOME for seed in (1, 2)]
    kinds = {name: {f"{name}-1": 1.0, f"{name}-2": 1.0} for name in SOME}
    qrels = {name: kinds[name.rpartition("-")[0]] for name in names}
    task = RetrievalTask("kind", names, images, names, images, qrels, exclude_self=True)
    found = evaluate(tiny_encoder, task, measuring=QUICK)
    assert found.means["recall@1"] == 1.0
    assert found.gallery == len(names) - 1
    assert all(name not in found.top(place, 99) for place, name in enumerate(found.query_ids))


def test_slices_count_every_query_once(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    found = evaluate(tiny_encoder, by_text(shown), measuring=QUICK).slices["length"]
    assert {(one.value, one.count) for one in found} == {("3", 1), ("4", 1), ("5", 1), ("6", 1)}


def test_items_slice_by_what_is_relevant(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    task = by_text(shown, item_attributes={"warm": ["yes", "no", "no", None]})
    found = evaluate(tiny_encoder, task, measuring=QUICK).slices["item warm"]
    assert {(one.value, one.count) for one in found} == {("no", 2), ("yes", 1), ("(none)", 1)}


def test_an_unreadable_item_is_named_and_its_query_lost(
    tiny_encoder: BundleEncoder, shown: Shown
) -> None:
    task = by_text(shown, items=[BROKEN, *(shown(name) for name in SOME[1:])])
    found = evaluate(tiny_encoder, task, measuring=QUICK)
    assert [one.id for one in found.left_out.unreadable_items] == ["red-picture"]
    assert found.left_out.lost == ("red",)
    assert found.query_ids == list(SOME[1:])
    assert "red-picture" in " ".join(found.left_out.sentences())


def test_an_unreadable_query_is_named(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    task = by_text(shown, queries=[BROKEN, *(shown(name, 5) for name in SOME[1:])])
    found = evaluate(tiny_encoder, task, measuring=QUICK)
    assert [one.id for one in found.left_out.unreadable_queries] == ["red"]
    assert len(found.rows) == 3


def test_a_query_without_relevant_items_is_named_and_left_out(
    tiny_encoder: BundleEncoder, shown: Shown
) -> None:
    task = by_text(shown, qrels={"red": {"red-picture": 1.0}, "blue": {"blue-picture": 0.0}})
    found = evaluate(tiny_encoder, task, measuring=QUICK)
    assert found.query_ids == ["red"]
    assert found.left_out.unjudged == ("green", "blue", "yellow")


def test_unknown_ids_in_judgments_are_refused_and_named(
    tiny_encoder: BundleEncoder, shown: Shown
) -> None:
    task = by_text(shown, qrels={"red": {"nowhere": 1.0}})
    with pytest.raises(SourceError, match="'nowhere'"):
        evaluate(tiny_encoder, task, measuring=QUICK)


def test_unknown_ids_are_dropped_and_counted_where_that_is_asked(
    tiny_encoder: BundleEncoder, shown: Shown
) -> None:
    qrels = {
        "red": {"red-picture": 1.0, "nowhere": 1.0},
        "green": {"nowhere": 1.0},
        "nobody": {"red-picture": 1.0},
    }
    task = by_text(shown, qrels=qrels, drop_unknown=True)
    found = evaluate(tiny_encoder, task, measuring=QUICK)
    assert found.left_out.unknown_items == ("nowhere",)
    assert found.left_out.unknown_queries == ("nobody",)
    assert found.left_out.lost == ("green",)
    assert found.means["recall@1"] == 1.0


def test_nothing_to_measure_is_told(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    with pytest.raises(SourceError, match="no query left"):
        evaluate(tiny_encoder, by_text(shown, qrels={}), measuring=QUICK)


def test_a_gallery_that_can_not_be_read_is_told(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    with pytest.raises(SourceError, match="No item"):
        evaluate(tiny_encoder, by_text(shown, items=[BROKEN] * 4), measuring=QUICK)


def test_cuts_beyond_the_gallery_are_left_out_with_a_note(
    tiny_encoder: BundleEncoder, shown: Shown
) -> None:
    found = evaluate(tiny_encoder, by_text(shown), ks=(1, 50))
    assert found.ks == (1,)
    assert "k = 50 is left out" in found.notes[0]


def test_a_cut_that_nothing_fits_is_refused(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    with pytest.raises(InvalidQuery, match="larger than the gallery"):
        evaluate(tiny_encoder, by_text(shown), ks=(50,))


def test_pictures_can_be_changed_before_they_are_encoded(
    tiny_encoder: BundleEncoder, shown: Shown
) -> None:
    how = Encoding(transform=lambda image, row: shown_again(image))
    found = evaluate(tiny_encoder, by_text(shown), measuring=QUICK, encoding=how)
    assert found.means["recall@1"] < 1.0


def shown_again(image: object) -> object:
    from tests.pictures import picture

    return picture("grey")


def test_progress_counts_every_member(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    told: list[tuple[int, int]] = []
    how = Encoding(progress=lambda done, total: told.append((done, total)))
    evaluate(tiny_encoder, by_text(shown), measuring=QUICK, encoding=how)
    assert told == [(4, 4), (4, 4)]


def test_the_json_is_json_and_has_every_query(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    found = evaluate(tiny_encoder, by_text(shown), measuring=QUICK)
    told = json.loads(json.dumps(found.to_json(per_query=True, depth=2), allow_nan=False))
    assert told["queries"] == 4
    assert told["per_query"][0]["top"][0] == "red-picture"
    assert told["metrics"]["recall@1"]["value"] == 1.0


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"query_ids": (), "queries": ()}, "no query"),
        ({"item_ids": ("a", "a", "b", "c")}, "more than once"),
        ({"query_ids": ("a",)}, "1 query ids for 4"),
        ({"queries": ("a", "b", "c", BROKEN)}, "mixes"),
        ({"attributes": {"length": ["1"]}}, "1 values for 4"),
    ],
)
def test_a_task_that_can_not_be_is_refused(
    shown: Shown, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(SourceError, match=says):
        by_text(shown, **changes)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1_000), st.booleans())
def test_the_figures_do_not_depend_on_the_order_of_queries_and_items(
    seed: int, exclude: bool
) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(3, 12))
    names = [f"n{number}" for number in range(count)]
    vectors = random.integers(-2, 3, (count, 4)).astype(np.float32)
    qrels = {
        name: {other: float(random.integers(1, 4)) for other in names if random.random() < 0.5}
        for name in names
    }
    qrels[names[0]] = {names[1]: 1.0}

    def figures(order: np.ndarray) -> dict[str, float]:
        ids = [names[row] for row in order]
        task = RetrievalTask("t", ids, ids, ids, ids, qrels, exclude_self=exclude)
        part = Encoded(vectors[order], np.arange(count))
        found: Evaluation = judge(task, Side("made"), part, part, measuring=QUICK)
        return {
            f"{name}/{metric}": float(values[place])
            for place, name in enumerate(found.query_ids)
            for metric, values in found.per_query.items()
        }

    first, second = figures(np.arange(count)), figures(random.permutation(count))
    assert first.keys() == second.keys()
    assert all(math.isclose(first[key], second[key]) for key in first)


def test_queries_that_share_their_judgments_are_resolved_once() -> None:
    from eval.retrieval.judgments import Judgments

    names = [f"n{number}" for number in range(50)]
    shared = dict.fromkeys(names, 1.0)
    task = RetrievalTask("t", names, names, names, names, dict.fromkeys(names, shared))
    judgments = Judgments(task)
    assert judgments.of(0) is judgments.of(49)


def test_all_colours_are_known_to_the_tiny_towers(
    tiny_encoder: BundleEncoder, shown: Shown
) -> None:
    names = list(COLOURS)
    task = RetrievalTask(
        "all", names, names, names, [shown(name) for name in names], {n: {n: 1.0} for n in names}
    )
    assert evaluate(tiny_encoder, task, measuring=QUICK).means["mrr"] == 1.0
