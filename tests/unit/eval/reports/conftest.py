"""A measured run of the tiny towers, whose names and texts are as awkward as names can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from PIL import Image

from core.items import ImageSource
from encoders.bundle import BundleEncoder
from encoders.encoder import Vectors
from eval.reports.document import Document, document
from eval.retrieval.evaluate import evaluate
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.measuring import Measuring
from eval.retrieval.resampling import Bootstrap
from eval.retrieval.significance import Comparison, compare
from eval.retrieval.tasks import RetrievalTask, ZeroShotTask
from eval.robustness.drops import Robustness
from eval.robustness.study import Study, robustness
from tests.pictures import encoded, picture
from tests.towers import COLOURS

ATTACK = '<script>alert("x")</script>&amp; </title><img src=x onerror=alert(1)>'
RTL = "أحمر \u202e قميص"
COLOURED = ["red", "green", "blue", "yellow", "orange", "purple", "pink", "cyan"]
QUICK = Measuring(ks=(1, 5, 10), bootstrap=Bootstrap(resamples=50))


class ColourBlind:
    """The encoder it is given, which gets grey pictures."""

    name = "colour-blind $x_1$ <b>"

    def __init__(self, encoder: BundleEncoder) -> None:
        self._encoder = encoder
        self.dim = encoder.dim
        self.fingerprint = f"{encoder.fingerprint}-grey"
        self.image_size = encoder.image_size

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode_texts(texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self._encoder.encode_images([one.convert("L").convert("RGB") for one in images])

    def relevance(self, cosine: float, query: str) -> float | None:
        return None


@dataclass(frozen=True)
class Measured:
    """All that a report is made from."""

    evaluations: tuple[Evaluation, ...]
    baselines: tuple[Evaluation, ...]
    comparisons: tuple[Comparison, ...]
    robustness: tuple[Robustness, ...]
    document: Document


@pytest.fixture(scope="session")
def measured(tiny_encoder: BundleEncoder) -> Measured:
    tasks = [by_colour(), by_name(), classes()]
    evaluations = tuple(evaluate(tiny_encoder, task, measuring=QUICK) for task in tasks)
    baselines = tuple(evaluate(ColourBlind(tiny_encoder), task, measuring=QUICK) for task in tasks)
    comparisons = tuple(
        compare(before, after, permutations=200)
        for before, after in zip(baselines, evaluations, strict=True)
    )
    study = Study(corruptions=("low-light", "crop"), severities=(1, 5))
    robust = (robustness(tiny_encoder, tasks[0], study, measuring=QUICK),)
    return Measured(
        evaluations,
        baselines,
        comparisons,
        robust,
        document(
            evaluations,
            baselines=baselines,
            comparisons=comparisons,
            robustness=robust,
            title=ATTACK,
            settings={"set": ATTACK, "k": [1, 5, 10]},
        ),
    )


def by_colour() -> RetrievalTask:
    """image->image by colour; one picture is broken."""
    ids = [f"{colour}-{seed}" for colour in COLOURED for seed in range(3)]
    images = [
        ImageSource(data=encoded(picture(colour, seed=seed)))
        for colour in COLOURED
        for seed in range(3)
    ]
    images[-1] = ImageSource(data=b"no picture")
    same = {colour: {f"{colour}-{seed}": 1.0 for seed in range(3)} for colour in COLOURED}
    return RetrievalTask(
        name=f"by colour {ATTACK}",
        query_ids=ids,
        queries=images,
        item_ids=ids,
        items=images,
        qrels={name: same[name.split("-")[0]] for name in ids},
        attributes={ATTACK: [name.split("-")[0] for name in ids], "shop": [RTL] * len(ids)},
        exclude_self=True,
    )


def by_name() -> RetrievalTask:
    """text->image; texts that attack, that are empty, very long, and right to left."""
    task = by_colour()
    texts = ["red", ATTACK, "", "blue " * 400, RTL, "green"]
    wanted = ["red", "yellow", "orange", "blue", "red", "green"]
    names = [f"q{place}" for place in range(len(texts))]
    return replace(
        task,
        name="by name",
        query_ids=names,
        queries=texts,
        qrels={name: task.qrels[f"{colour}-0"] for name, colour in zip(names, wanted, strict=True)},
        attributes={},
        exclude_self=False,
    )


def classes() -> ZeroShotTask:
    """Colours as classes."""
    task = by_colour()
    return ZeroShotTask(
        name="colours",
        item_ids=task.item_ids,
        items=[one for one in task.items if isinstance(one, ImageSource)],
        labels=[name.split("-")[0] for name in task.item_ids],
        classes=[*COLOURS, ATTACK],
    )
