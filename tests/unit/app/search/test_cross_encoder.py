"""Cross-encoders re-rank what they read, in the time there is."""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.search.candidates import Candidate
from app.search.rerank.cross import CrossSettings, CrossStage, text_of_item
from app.search.rerank.cross_shelf import CrossShelf
from app.search.rerank.stage import Asked, OutOfTime, Stages
from core.errors import EncoderError
from core.fields import FieldType, Schema
from encoders.cross import CrossEncoder, Document, load_cross_encoder
from tests.pictures import encoded, picture

SCHEMA = Schema({"colour": FieldType.KEYWORD, "price": FieldType.FLOAT})
ASKED = Asked(np.array([1.0], dtype=np.float32), "red shoe", "text")


@dataclass
class Overlap:
    """Scores by the share of the query's words that a document has, and by its redness."""

    takes_images: bool = False
    seconds: float = 0.0
    read: list[Document] = field(default_factory=list)

    def score(self, query: str, documents: Sequence[Document]) -> NDArray[np.float64]:
        self.read += documents
        until = time.perf_counter() + self.seconds
        while time.perf_counter() < until:
            pass
        words = set(query.split())
        return np.array([len(words & set(d.text.split())) + _redness(d.image) for d in documents])


def _redness(image: Image.Image | None) -> float:
    return 0.0 if image is None else float(np.asarray(image)[..., 0].mean()) / 255


def candidates(*titles: str) -> list[Candidate]:
    return [
        Candidate(f"i{at}", {"id": f"i{at}", "title": title}, 1.0 - at / 10)
        for at, title in enumerate(titles)
    ]


def stage(model: CrossEncoder, depth: int = 30) -> CrossStage:
    red = encoded(picture("red"), "PNG")
    return CrossStage(model, CrossSettings(model="st:x", depth=depth), SCHEMA, lambda payload: red)


def untimed(_: str) -> AbstractContextManager[None]:
    return nullcontext()


def ranked(one: CrossStage, found: list[Candidate], budget_ms: float = 10_000) -> list[str]:
    return [each.id for each in Stages([one], ASKED, budget_ms, untimed).run(found, first=1)]


def test_what_fits_better_comes_first_and_what_was_not_read_keeps_its_order() -> None:
    found = candidates("blue hat", "red hat", "red shoe", "red shoe", "blue shoe")
    assert ranked(stage(Overlap(), depth=3), found) == ["i2", "i1", "i0", "i3", "i4"]


def test_a_model_that_takes_images_is_shown_thumbnails() -> None:
    seeing, blind = Overlap(takes_images=True), Overlap()
    for model in (seeing, blind):
        ranked(stage(model), candidates("red hat"))
    assert seeing.read[0].image is not None
    assert blind.read[0].image is None


def test_a_slow_model_leaves_the_order_as_it_was() -> None:
    found = candidates(*(["blue"] * 20), "red shoe")
    stages = Stages([stage(Overlap(seconds=0.02))], ASKED, 5, untimed)
    assert stages.run(found, first=1) == found
    assert stages.fallbacks[0]["stage"] == "cross_encoder"
    with pytest.raises(OutOfTime):
        stage(Overlap()).score(found, ASKED, time.perf_counter())


def test_a_query_without_a_text_is_not_read() -> None:
    with pytest.raises(EncoderError, match="none"):
        stage(Overlap()).score(candidates("a"), Asked(ASKED.vector, None, "image"), float("inf"))


def test_of_an_item_all_that_is_written_is_read() -> None:
    payload = {"title": "Shoe", "tags": ["new", "sale"], "colour": "red", "price": 3.0, "_x": "y"}
    assert text_of_item(payload, SCHEMA) == "Shoe. new, sale. colour: red"
    assert len(text_of_item({"title": "long " * 1000}, SCHEMA)) == 2_000


def test_a_real_model_is_loaded_and_reads(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    from tests.small_models import cross_encoder

    spec = f"st:{cross_encoder(tmp_path / 'one')}"
    model = CrossShelf().of(spec, wait=True)
    documents = [Document("a red shoe"), Document("a blue hat"), Document("")]
    together = model.score("red shoe", documents)
    alone = [model.score("red shoe", [each])[0] for each in documents]
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert not model.takes_images
    with pytest.raises(EncoderError, match="gives 3 scores"):
        load_cross_encoder(f"st:{cross_encoder(tmp_path / 'three', labels=3)}")


@pytest.mark.parametrize("spec", ["compact", "st:", "st:/no/such/folder"])
def test_what_is_no_cross_encoder_is_refused(spec: str) -> None:
    with pytest.raises(EncoderError):
        CrossShelf().of(spec, wait=True)


def test_nobody_waits_for_a_model_who_does_not_want_to(tmp_path: Path) -> None:
    shelf = CrossShelf()
    with pytest.raises(EncoderError):
        shelf.of(f"st:{tmp_path}", wait=False)  # loading, or found to be none
    with pytest.raises(EncoderError, match="no model"):
        shelf.of(f"st:{tmp_path}", wait=True)
