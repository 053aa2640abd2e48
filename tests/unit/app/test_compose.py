from random import Random

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from app.search.compose import Composer, combined
from app.search.query import IdPart, ImagePart, Part, SearchRequest, TextPart, UrlPart, VectorPart
from app.search.rerank.ranking import Ranking
from app.search.templates import encoded_by
from core.errors import ImageUnreadable, InvalidQuery, InvalidRequest, ItemNotFound
from core.fields import Schema
from encoders.bundle import BundleEncoder
from encoders.encoder import Vectors
from tests.pictures import encoded, picture


def unit(rows: NDArray[np.float64]) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@st.composite
def mixes(draw: st.DrawFn) -> tuple[Vectors, list[float]]:
    count = draw(st.integers(1, 6))
    numbers = st.floats(-1, 1, width=32)
    rows = draw(arrays(np.float64, (count, 8), elements=numbers))
    assume((np.linalg.norm(rows, axis=1) > 0.1).all())
    weights = draw(st.lists(st.floats(-3, 3, width=32), min_size=count, max_size=count))
    assume(np.linalg.norm(unit(rows).T @ np.array(weights)) > 0.01)
    return unit(rows), weights


@given(mixes(), st.randoms())
def test_a_mix_does_not_depend_on_the_order_of_its_parts(
    mix: tuple[Vectors, list[float]], random: Random
) -> None:
    vectors, weights = mix
    order = list(range(len(weights)))
    random.shuffle(order)
    shuffled = combined(vectors[order], [weights[place] for place in order])
    assert (shuffled == combined(vectors, weights)).all()


@given(mixes())
def test_a_mix_lies_on_the_sphere_where_the_weighted_sum_points(
    mix: tuple[Vectors, list[float]],
) -> None:
    vectors, weights = mix
    naive = vectors.T.astype(np.float64) @ np.array(weights)
    np.testing.assert_allclose(combined(vectors, weights), naive / np.linalg.norm(naive), atol=1e-5)


@given(mixes(), st.floats(0.01, 100))
def test_only_the_proportions_of_weights_count(
    mix: tuple[Vectors, list[float]], factor: float
) -> None:
    vectors, weights = mix
    scaled = [factor * weight for weight in weights]
    np.testing.assert_allclose(combined(vectors, scaled), combined(vectors, weights), atol=1e-4)


@given(mixes(), st.floats(0.01, 100))
def test_one_part_is_its_own_vector(mix: tuple[Vectors, list[float]], weight: float) -> None:
    vectors, _ = mix
    assert (combined(vectors[:1], [weight]) == vectors[0]).all()


@given(mixes())
def test_parts_that_cancel_out_are_refused(mix: tuple[Vectors, list[float]]) -> None:
    vectors, _ = mix
    with pytest.raises(InvalidQuery, match="cancel"):
        combined(np.stack([vectors[0], vectors[0]]), [1.0, -1.0])


@pytest.fixture
def composer(tiny_encoder: BundleEncoder) -> Composer:
    stored = tiny_encoder.encode_texts(["green"])[0]
    return Composer(
        encoder=lambda: tiny_encoder,
        stored=lambda ids: {"leaf": stored} if "leaf" in ids else {},
        fetch=lambda url: encoded(picture("blue")),
        dim=tiny_encoder.dim,
    )


def test_each_kind_of_part_becomes_its_vector(
    composer: Composer, tiny_encoder: BundleEncoder
) -> None:
    image = ImagePart(encoded(picture("red")))
    assert (composer.compose([image]).vector == tiny_encoder.encode_images([picture("red")])).all()
    link = composer.compose([UrlPart("http://x/y.png")]).vector
    assert (link == tiny_encoder.encode_images([picture("blue")])).all()
    text = composer.compose([TextPart("green")]).vector
    assert (text == composer.compose([IdPart("leaf")]).vector).all()
    doubled = VectorPart(tuple(2.0 * float(number) for number in text))
    np.testing.assert_allclose(composer.compose([doubled]).vector, text, atol=1e-6)


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ([TextPart("red")], "text"),
        ([IdPart("leaf")], "image"),
        ([TextPart("red"), TextPart("blue")], None),
        ([TextPart("red", -1.0)], None),
        ([VectorPart((1.0,) * 16)], None),
    ],
)
def test_relevance_is_calibrated_for_plain_queries_only(
    composer: Composer, parts: list[Part], kind: str | None
) -> None:
    assert composer.compose(parts).kind == kind


def test_an_encoder_is_not_asked_for_where_nothing_is_to_be_encoded() -> None:
    def no_encoder() -> BundleEncoder:
        raise AssertionError("asked for the encoder")

    composer = Composer(no_encoder, lambda ids: {}, lambda url: b"", dim=2)
    assert composer.compose([VectorPart((3.0, 4.0))]).vector.tolist() == pytest.approx([0.6, 0.8])


def test_what_can_not_be_had_is_named(composer: Composer) -> None:
    with pytest.raises(ItemNotFound, match="stone"):
        composer.compose([IdPart("stone")])
    with pytest.raises(ImageUnreadable) as raised:
        composer.compose([TextPart("red"), ImagePart(b"nothing")])
    assert raised.value.field == "query.1.image"


def test_a_question_is_the_same_in_any_order_and_on_any_page() -> None:
    red, blue = TextPart("red"), TextPart("blue", 0.5)
    asked = SearchRequest((red, blue), limit=5).digest("c")
    assert SearchRequest((blue, red), limit=9, cursor="x").digest("c") == asked
    assert SearchRequest((red,)).digest("c") != asked
    assert SearchRequest((red, blue)).digest("d") != asked
    assert SearchRequest((red, blue), filter={"a": 1}).digest("c") != asked
    assert SearchRequest((TextPart("red", 0.5), TextPart("blue"))).digest("c") != asked


def test_images_of_other_bytes_are_other_questions() -> None:
    one, other = (SearchRequest((ImagePart(data),)).digest("c") for data in (b"a", b"b"))
    assert one != other


def test_short_texts_take_the_mean_of_the_templates_and_long_ones_none(
    tiny_encoder: BundleEncoder,
) -> None:
    templates = ["{}", "blue {}"]
    short, long = encoded_by(tiny_encoder, ["red", "a very red and tall one"], templates)
    both = tiny_encoder.encode_texts(["red", "blue red"]).mean(axis=0)
    np.testing.assert_allclose(short, both / np.linalg.norm(both), atol=1e-6)
    plain = tiny_encoder.encode_texts(["a very red and tall one"])[0]
    np.testing.assert_allclose(long, plain, atol=1e-6)
    assert (encoded_by(tiny_encoder, ["red"], ()) == tiny_encoder.encode_texts(["red"])).all()


@pytest.mark.parametrize("template", ["a photo", "{} and {}", "{}" + "x" * 300])
def test_what_is_no_template_is_refused(template: str) -> None:
    with pytest.raises(InvalidRequest, match="template"):
        Ranking(templates=[template]).check(Schema({}))
