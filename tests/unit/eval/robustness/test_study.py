"""A study of robustness over the tiny towers, which know colours and little else."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.errors import EncoderError, InvalidRequest, SourceError
from core.items import ImageSource
from encoders.bundle import BundleEncoder
from encoders.encoder import Vectors
from eval.retrieval.evaluate import evaluate
from eval.retrieval.measuring import Measuring
from eval.retrieval.resampling import Bootstrap
from eval.retrieval.tasks import RetrievalTask, ZeroShotTask
from eval.robustness.drops import estimate_drops
from eval.robustness.study import Study, robustness
from tests.pictures import encoded, picture
from tests.towers import COLOURS

BRIGHT = ["red", "green", "blue", "yellow", "orange", "purple", "pink", "cyan"]
EACH = 3


def image(colour: str, seed: int) -> ImageSource:
    return ImageSource(data=encoded(picture(colour, seed=seed)))


class AfraidOfTheDark:
    """The encoder it is given, which fails on dark pictures."""

    name = "afraid"

    def __init__(self, encoder: BundleEncoder) -> None:
        self._encoder = encoder
        self.dim = encoder.dim
        self.fingerprint = encoder.fingerprint
        self.image_size = encoder.image_size

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode_texts(texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        if any(np.asarray(image).max(axis=2).mean() < 125 for image in images):
            raise EncoderError("It is too dark.")
        return self._encoder.encode_images(images)

    def relevance(self, cosine: float, query: str) -> float | None:
        return None


@pytest.fixture(scope="module")
def by_colour() -> RetrievalTask:
    """image->image: another picture of the same colour, in a gallery of eight colours."""
    ids = [f"{colour}-{seed}" for colour in BRIGHT for seed in range(EACH)]
    same = {colour: {f"{colour}-{seed}": 1.0 for seed in range(EACH)} for colour in BRIGHT}
    images = [image(colour, seed) for colour in BRIGHT for seed in range(EACH)]
    return RetrievalTask(
        name="by colour",
        query_ids=ids,
        queries=images,
        item_ids=ids,
        items=images,
        qrels={name: same[name.split("-")[0]] for name in ids},
        attributes={"colour": [name.split("-")[0] for name in ids]},
        exclude_self=True,
    )


@pytest.fixture(scope="module")
def by_name(by_colour: RetrievalTask) -> RetrievalTask:
    """text->image: the pictures of a colour by its name."""
    return RetrievalTask(
        name="by name",
        query_ids=BRIGHT,
        queries=BRIGHT,
        item_ids=by_colour.item_ids,
        items=by_colour.items,
        qrels={colour: by_colour.qrels[f"{colour}-0"] for colour in BRIGHT},
    )


def test_what_destroys_colour_lowers_a_task_of_colours(
    tiny_encoder: BundleEncoder, by_colour: RetrievalTask
) -> None:
    study = Study(corruptions=("low-light", "background", "crop"), severities=(1, 5))
    outcome = robustness(tiny_encoder, by_colour, study)
    assert outcome.clean.value > 0.95
    dark = outcome.condition("low-light", 5)
    assert dark.drop.interval is not None
    assert dark.drop.interval.low > 0.1
    assert dark.drop.value > outcome.condition("low-light", 1).drop.value
    assert outcome.condition("background", 5).drop.value > 0.1
    assert outcome.condition("crop", 5).drop.value == pytest.approx(0, abs=0.02)


def test_the_clean_score_is_that_of_the_evaluation(
    tiny_encoder: BundleEncoder, by_colour: RetrievalTask
) -> None:
    outcome = robustness(tiny_encoder, by_colour, Study(corruptions=("blur",), severities=(1,)))
    evaluation = evaluate(tiny_encoder, by_colour)
    assert outcome.clean.value == pytest.approx(evaluation.means["ndcg@10"])
    assert (outcome.metric, outcome.queries, outcome.corrupted) == ("ndcg@10", 24, "queries")


def test_two_studies_of_the_same_seed_are_equal(
    tiny_encoder: BundleEncoder, by_colour: RetrievalTask
) -> None:
    study = Study(corruptions=("noise", "low-light"), severities=(5,), seed=3)
    assert robustness(tiny_encoder, by_colour, study) == robustness(tiny_encoder, by_colour, study)


def test_the_gallery_is_corrupted_where_the_queries_are_texts(
    tiny_encoder: BundleEncoder, by_name: RetrievalTask
) -> None:
    outcome = robustness(tiny_encoder, by_name, Study(corruptions=("low-light",), severities=(5,)))
    assert outcome.corrupted == "gallery"
    assert outcome.condition("low-light", 5).drop.value > 0.1


def test_zero_shot_classification_is_studied_by_its_accuracy(
    tiny_encoder: BundleEncoder, by_colour: RetrievalTask
) -> None:
    task = ZeroShotTask(
        name="colours",
        item_ids=by_colour.item_ids,
        items=by_colour.items,  # type: ignore[arg-type]
        labels=by_colour.attributes["colour"],  # type: ignore[arg-type]
        classes=list(COLOURS),
    )
    outcome = robustness(tiny_encoder, task, Study(corruptions=("low-light",), severities=(5,)))
    assert (outcome.metric, outcome.clean.value) == ("top1", 1.0)
    assert outcome.condition("low-light", 5).relative is not None
    assert outcome.condition("low-light", 5).drop.value > 0.5


def test_every_condition_is_measured_once_and_told(
    tiny_encoder: BundleEncoder, by_name: RetrievalTask
) -> None:
    told: list[tuple[int, int]] = []
    study = Study(corruptions=("blur", "crop", "blur"), severities=(3, 1, 3))
    outcome = robustness(
        tiny_encoder, by_name, study, progress=lambda done, total: told.append((done, total))
    )
    conditions = [(one.corruption, one.severity) for one in outcome.conditions]
    assert conditions == [("blur", 1), ("blur", 3), ("crop", 1), ("crop", 3)]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (outcome.corruptions, outcome.severities) == (("blur", "crop"), (1, 3))
    with pytest.raises(KeyError):
        outcome.condition("noise", 1)


@pytest.mark.parametrize("metric", ["recall@7", "median_rank"])
def test_a_metric_that_has_no_drop_is_refused(
    tiny_encoder: BundleEncoder, by_name: RetrievalTask, metric: str
) -> None:
    with pytest.raises(InvalidRequest, match=metric):
        robustness(tiny_encoder, by_name, Study(corruptions=("blur",), metric=metric))


def test_the_score_is_ndcg_at_the_cut_nearest_to_ten(
    tiny_encoder: BundleEncoder, by_name: RetrievalTask
) -> None:
    study = Study(corruptions=("blur",), severities=(1,))
    for ks, metric in [((1, 5, 20), "ndcg@5"), ((15, 20), "ndcg@15"), ((5, 10, 20), "ndcg@10")]:
        outcome = robustness(tiny_encoder, by_name, study, measuring=Measuring(ks=ks))
        assert outcome.metric == metric


def test_a_picture_that_is_lost_by_its_corruption_is_no_drop(
    tiny_encoder: BundleEncoder, by_colour: RetrievalTask
) -> None:
    with pytest.raises(EncoderError, match="under low-light at severity 1"):
        robustness(
            AfraidOfTheDark(tiny_encoder),
            by_colour,
            Study(corruptions=("low-light",), severities=(1,)),
        )


def test_a_study_needs_conditions() -> None:
    with pytest.raises(InvalidRequest, match="needs a corruption"):
        Study(corruptions=())


def test_judgments_of_unknown_items_are_refused_before_anything_is_encoded(
    by_name: RetrievalTask,
) -> None:
    broken = replace(by_name, qrels={"red": {"nobody": 1.0}})
    with pytest.raises(SourceError, match="nobody"):
        robustness(None, broken)  # type: ignore[arg-type]


def test_a_drop_is_the_difference_of_the_means_and_its_interval_is_paired() -> None:
    random = np.random.default_rng(0)
    clean = random.random(400)
    drops = estimate_drops(clean, [clean - 0.1, clean / 2], Bootstrap(resamples=500))
    assert drops.drops[0].value == pytest.approx(0.1)
    interval = drops.drops[0].interval
    assert interval is not None
    assert (interval.low, interval.high) == (pytest.approx(0.1), pytest.approx(0.1))
    assert drops.relatives[1] is not None
    assert drops.relatives[1].value == pytest.approx(0.5)
    assert drops.mean_drop.value == pytest.approx((0.1 + clean.mean() / 2) / 2)


def test_the_interval_of_a_drop_has_the_width_of_the_standard_error() -> None:
    random = np.random.default_rng(1)
    clean = random.normal(0.6, 0.2, 900)
    corrupted = clean - random.normal(0.1, 0.3, 900)
    interval = estimate_drops(clean, [corrupted], Bootstrap(resamples=2000)).drops[0].interval
    assert interval is not None
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * 0.3 / 30, rel=0.15)


def test_nothing_is_lost_of_nothing() -> None:
    drops = estimate_drops(np.zeros(5), [np.zeros(5)], Bootstrap(resamples=10))
    assert (drops.drops[0].value, drops.relatives, drops.mean_relative) == (0.0, (None,), None)


def test_one_query_has_no_interval() -> None:
    drops = estimate_drops(np.ones(1), [np.zeros(1)], Bootstrap(resamples=10))
    assert (drops.drops[0].value, drops.drops[0].interval) == (1.0, None)
