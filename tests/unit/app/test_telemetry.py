import logging

import numpy as np
import pytest

from app.telemetry import MeasuredGeneration, Telemetry, configure_logging, measured
from core.errors import ItemNotFound
from encoders.bundle import BundleEncoder
from encoders.encoder import PixelEncoder
from qdrant.exact import ExactStore
from qdrant.store import JOINT, CollectionConfig, Generation, Point, VectorQuery
from tests.logs import logging_restored
from tests.pictures import picture

VECTOR = np.array([1, 0], dtype=np.float32)


def value(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    return telemetry.registry.get_sample_value(f"binocle_{name}", labels)


def test_a_measured_encoder_answers_the_same_and_is_counted(tiny_encoder: BundleEncoder) -> None:
    telemetry = Telemetry()
    encoder = measured(tiny_encoder, telemetry)
    assert isinstance(encoder, PixelEncoder)
    assert (encoder.name, encoder.dim, encoder.image_size, encoder.fingerprint) == (
        *(tiny_encoder.name, tiny_encoder.dim, tiny_encoder.image_size),
        tiny_encoder.fingerprint,
    )
    assert encoder.relevance(0.5, "text") == tiny_encoder.relevance(0.5, "text")
    texts = ["red", "blue"]
    assert (encoder.encode_texts(texts) == tiny_encoder.encode_texts(texts)).all()
    images = encoder.encode_images([picture()])
    assert (encoder.encode_pixels([encoder.pixels(picture())]) == images).all()
    assert value(telemetry, "encoded_total", tower="text") == 2
    assert value(telemetry, "encode_seconds_count", tower="text") == 1
    assert value(telemetry, "encoded_total", tower="image") == 2


def test_a_measured_generation_answers_the_same_and_is_counted() -> None:
    telemetry = Telemetry()
    real = ExactStore().create("c", CollectionConfig("e", "f", {JOINT: 2}, quantization="none"))
    generation: Generation = MeasuredGeneration(real, telemetry)
    assert (generation.name, generation.collection, generation.config) == (
        *(real.name, real.collection),
        real.config,
    )
    generation.upsert([Point("a", {JOINT: VECTOR}, {"id": "a"})])
    generation.set_payload("a", {"id": "a", "tags": ["x"]})
    assert [found.id for found in generation.query(VectorQuery(VECTOR, 1))] == ["a"]
    assert [found.id for found in generation.retrieve(["a"])] == ["a"]
    assert [found.id for found in generation.scroll()[0]] == list(generation.ids()) == ["a"]
    assert generation.facet("tags") == [("x", 1)]
    generation.compact()
    generation.flush()
    generation.delete(["a"])
    assert generation.count() == 0
    with pytest.raises(ItemNotFound):
        generation.set_payload("a", {})
    generation.close()
    assert value(telemetry, "store_seconds_count", operation="set_payload") == 2
    assert value(telemetry, "store_failures_total", operation="set_payload") == 1
    assert value(telemetry, "store_seconds_count", operation="query") == 1


def test_logging_is_configured_by_level(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_restored():
        configure_logging("WARNING")
        logging.getLogger("app.test").info("not this")
        logging.getLogger("app.test").warning("but this")
        assert "but this" in capsys.readouterr().err
