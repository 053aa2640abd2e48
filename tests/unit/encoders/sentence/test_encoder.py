from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from encoders.bundle import Calibration
from encoders.sentence.encoder import SentenceEncoder
from encoders.sentence.loading import load_model
from encoders.sentence.model import TwoTowers
from encoders.sentence.opening import open_encoder
from encoders.specs import describe_encoder
from tests.small_models import DIM, SIZE

Small = Callable[[str], TwoTowers]


def test_it_knows_its_dimensions_by_measuring(small_model: Small) -> None:
    encoder = SentenceEncoder(small_model("clip"), "clip")
    assert (encoder.name, encoder.dim, encoder.image_size) == ("clip", DIM, SIZE)


def test_a_model_in_training_goes_on_where_it_was(small_spec: Callable[[str], str]) -> None:
    model = load_model(small_spec("two towers"), device="cpu").train()
    frozen = next(part for part in model.modules() if isinstance(part, torch.nn.LayerNorm))
    frozen.eval()
    encoder = SentenceEncoder(model, "it")
    rows = [encoder.encode_texts(["a red flag"]) for _ in range(2)]
    np.testing.assert_array_equal(*rows)
    assert model.training
    assert not frozen.training


def test_a_changed_weight_changes_the_fingerprint(small_spec: Callable[[str], str]) -> None:
    model = load_model(small_spec("clip"), device="cpu")
    before = SentenceEncoder(model, "it").fingerprint
    next(model.parameters()).data += 1e-3
    assert SentenceEncoder(model, "it").fingerprint != before


def test_another_resize_rule_changes_the_fingerprint(small_spec: Callable[[str], str]) -> None:
    model = load_model(small_spec("clip"), device="cpu")
    before = SentenceEncoder(model, "it").fingerprint
    model[0].processor.image_processor.do_center_crop = False
    model[0].processor.image_processor.size = {"height": SIZE, "width": SIZE}
    assert SentenceEncoder(model, "it").fingerprint != before


def test_saving_keeps_the_fingerprint(small_spec: Callable[[str], str]) -> None:
    found = {open_encoder(small_spec(kind)).fingerprint for kind in ("clip", "saved clip")}
    assert len(found) == 1


def test_relevance_is_known_where_it_was_calibrated(small_model: Small) -> None:
    fit = {"text": Calibration(slope=10, intercept=0)}
    encoder = SentenceEncoder(small_model("clip"), "it", calibration=fit)
    assert encoder.relevance(0.0, "text") == pytest.approx(0.5)
    assert encoder.relevance(0.0, "image") is None


def test_an_encoder_is_named_after_its_folder(clip_folder: Path) -> None:
    assert open_encoder(f"st:{clip_folder}/").name == clip_folder.name


def test_a_description_counts_the_weights_and_reads_the_model_card(
    clip_folder: Path, tmp_path: Path
) -> None:
    load_model(f"st:{clip_folder}", device="cpu").save(str(tmp_path), create_model_card=False)
    (tmp_path / "README.md").write_text("---\nlicense: cc0-1.0\n---\n# A model\n")
    found = describe_encoder(f"st:{tmp_path}")
    assert (found.dim, found.image_size, found.resize, found.max_tokens) == (24, 32, "crop", 16)
    assert (found.parameters, found.licence, found.directory) == (49217, "cc0-1.0", tmp_path)
