"""Zero-shot classification by the tiny towers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.errors import SourceError
from core.items import ImageSource
from encoders.bundle import BundleEncoder
from eval.retrieval.evaluate import evaluate
from eval.retrieval.tasks import ZeroShotTask
from eval.retrieval.zeroshot import class_vectors
from tests.towers import COLOURS

Shown = Callable[..., ImageSource]
NAMES = tuple(COLOURS)


def task_of(shown: Shown, *seen: str, **how: object) -> ZeroShotTask:
    """Pictures of the colours in `seen`, labelled by them, or 'lie:truth' for a wrong label."""
    parts = [name.split(":") for name in seen]
    return ZeroShotTask(
        "colours",
        [f"{place}" for place in range(len(seen))],
        [shown(part[-1], place) for place, part in enumerate(parts)],
        [part[0] for part in parts],
        NAMES,
        **how,  # type: ignore[arg-type]
    )


def test_pictures_are_put_into_their_class(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    found = evaluate(tiny_encoder, task_of(shown, "red", "blue", "green"))
    assert found.means == {"top1": 1.0, "top5": 1.0}
    assert found.top(1, 1) == ["blue"]


def test_accuracy_is_told_by_class(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    found = evaluate(tiny_encoder, task_of(shown, "red", "red", "red:blue", "green"))
    by_class = {one.value: (one.count, one.means["top1"]) for one in found.slices["class"]}
    assert by_class["red"] == (3, pytest.approx(2 / 3))
    assert by_class["green"] == (1, 1.0)


def test_a_class_is_the_mean_of_its_templates(tiny_encoder: BundleEncoder) -> None:
    both = class_vectors(tiny_encoder, ["red"], ["{}", "a {} green thing"])[0]
    parts = tiny_encoder.encode_texts(["red", "a red green thing"]).sum(axis=0)
    assert np.allclose(both, parts / np.linalg.norm(parts), atol=1e-6)


def test_few_classes_have_no_top_five(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    task = ZeroShotTask("two", ["a"], [shown("red")], ["red"], ["red", "blue"])
    assert set(evaluate(tiny_encoder, task).means) == {"top1"}


def test_unreadable_pictures_are_named(tiny_encoder: BundleEncoder, shown: Shown) -> None:
    broken = ImageSource(data=b"nothing")
    task = ZeroShotTask("t", ["a", "b"], [shown("red"), broken], ["red", "red"], NAMES)
    found = evaluate(tiny_encoder, task)
    assert [one.id for one in found.left_out.unreadable_queries] == ["b"]
    assert len(found.rows) == 1


def test_a_label_that_is_no_class_is_refused(shown: Shown) -> None:
    with pytest.raises(SourceError, match="mauve"):
        task_of(shown, "mauve:red")


@pytest.mark.parametrize("templates", [(), ("a photo",), ("{} and {}",)])
def test_templates_have_one_place_for_the_class(shown: Shown, templates: tuple[str, ...]) -> None:
    with pytest.raises(SourceError, match="template"):
        task_of(shown, "red", templates=templates)
