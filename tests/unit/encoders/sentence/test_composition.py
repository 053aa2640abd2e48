from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch

from core.errors import EncoderError
from encoders.sentence.composition import two_towers
from encoders.sentence.encoder import SentenceEncoder
from encoders.sentence.loading import load_model
from encoders.sentence.model import TwoTowers
from encoders.sentence.preprocessing import preprocessing_of
from encoders.sentence.timm_tower import timm_tower
from encoders.sentence.towers import embed_pixels, embed_texts
from tests.pictures import picture
from tests.small_models import TIMM, bert, hf_clip

Small = Callable[[str], TwoTowers]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(bert(tmp_path_factory.mktemp("bert")))


def test_both_towers_end_in_the_joint_space(text: str) -> None:
    model = two_towers(f"timm:{TIMM}", text, dim=20).eval()
    assert embed_texts(model, ["a"]).shape == (1, 20)
    assert embed_pixels(model, torch.rand(2, 3, 160, 160)).shape == (2, 20)
    assert model.get_embedding_dimension() == 20


def test_a_composed_model_saves_and_loads_as_it_is(text: str, tmp_path: Path) -> None:
    model = two_towers(f"timm:{TIMM}", text, dim=20)
    model.save(str(tmp_path), create_model_card=False)
    again = load_model(f"st:{tmp_path}", device="cpu")
    found = [SentenceEncoder(each, "it").fingerprint for each in (model, again)]
    assert found[0] == found[1]


def test_preprocessing_is_the_one_that_timm_names(text: str) -> None:
    found = preprocessing_of(two_towers(f"timm:{TIMM}", text))
    assert (found.size, found.resize, found.mean) == (160, "crop", (0.5, 0.5, 0.5))


def test_the_size_of_images_can_be_chosen_and_is_kept(small_model: Small) -> None:
    assert preprocessing_of(small_model("two towers")).size == 32


def test_sentence_transformers_routes_texts_and_images_by_itself(small_model: Small) -> None:
    model = small_model("two towers")
    assert model.encode(["red"]).shape == model.encode([picture("red")]).shape == (1, 24)


def test_the_seed_draws_the_projections(text: str) -> None:
    one, same, other = (
        embed_texts(two_towers(f"timm:{TIMM}", text, seed=seed).eval(), ["a"]) for seed in (1, 1, 2)
    )
    torch.testing.assert_close(one, same)
    assert not torch.allclose(one, other)


def test_a_checkpoint_with_a_classifier_gives_the_rest_of_its_weights(tmp_path: Path) -> None:
    whole = timm.create_model(TIMM, num_classes=7)
    torch.save(whole.state_dict(), tmp_path / "whole.pt")
    tower = timm_tower(TIMM, weights=tmp_path / "whole.pt")
    name = "patch_embed.proj.weight"
    torch.testing.assert_close(tower.trunk.state_dict()[name], whole.state_dict()[name])


def test_a_checkpoint_of_another_architecture_is_refused_by_its_tensors(tmp_path: Path) -> None:
    torch.save(timm.create_model("test_efficientnet").state_dict(), tmp_path / "other.pt")
    with pytest.raises(EncoderError, match="another architecture: it lacks"):
        timm_tower(TIMM, weights=tmp_path / "other.pt")


def test_an_image_model_of_transformers_can_be_a_tower(text: str, tmp_path: Path) -> None:
    from transformers import ViTConfig, ViTImageProcessor, ViTModel

    from tests.small_models import WIDTHS

    ViTModel(ViTConfig(**WIDTHS, image_size=32, patch_size=8)).save_pretrained(tmp_path)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    model = two_towers(str(tmp_path), text, dim=20).eval()
    assert embed_pixels(model, torch.rand(2, 3, 32, 32)).shape == (2, 20)
    assert preprocessing_of(model).resize == "squash"


def test_settings_of_timm_are_refused_for_an_image_model_of_another_kind(text: str) -> None:
    with pytest.raises(EncoderError, match="image_size are of 'timm:NAME'"):
        two_towers(timm_tower(TIMM), text, image_size=64)


def test_an_unknown_image_model_is_refused_with_its_neighbours(text: str) -> None:
    with pytest.raises(EncoderError, match=r"'resnet51'.*resnet5"):
        two_towers("timm:resnet51", text)


def test_towers_in_each_others_place_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="reads no images"):
        two_towers(text, text)
    with pytest.raises(EncoderError, match="0 dimensions"):
        two_towers(f"timm:{TIMM}", text, dim=0)


def test_a_model_with_both_towers_already_is_refused_as_a_part(text: str, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="has both towers"):
        two_towers(f"timm:{TIMM}", str(hf_clip(tmp_path)))
