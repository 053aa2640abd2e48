from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import open_clip
import pytest
import torch
from transformers import BertConfig

from core.errors import EncoderError
from encoders.sentence.encoder import SentenceEncoder
from encoders.sentence.loading import load_model
from encoders.sentence.model import TwoTowers
from encoders.sentence.open_clip_towers import OpenClipTowers
from encoders.sentence.towers import embed_pixels, embed_texts
from tests.small_models import bert, open_clip_files

Small = Callable[[str], TwoTowers]


def test_what_was_trained_and_saved_loads_back(
    small_spec: Callable[[str], str], tmp_path: Path
) -> None:
    model = load_model(small_spec("open_clip"), device="cpu").train()
    before = SentenceEncoder(model, "before").fingerprint
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = -(embed_texts(model, ["a"]) * embed_pixels(model, torch.rand(1, 3, 32, 32))).sum()
    loss.backward()
    optimizer.step()
    model.save(str(tmp_path), create_model_card=False)
    again = load_model(f"st:{tmp_path}", device="cpu")
    assert isinstance(again[0], OpenClipTowers)
    found = SentenceEncoder(again, "again").fingerprint
    assert found == SentenceEncoder(model, "after").fingerprint != before


def test_open_clip_itself_reads_what_was_saved(small_model: Small, tmp_path: Path) -> None:
    small_model("open_clip").save(str(tmp_path), create_model_card=False)
    model = open_clip.create_model(f"local-dir:{tmp_path}").eval()
    tokenizer = open_clip.get_tokenizer(f"local-dir:{tmp_path}")
    theirs = model.encode_text(tokenizer(["A red flag"]), normalize=True)
    torch.testing.assert_close(embed_texts(small_model("open_clip"), ["A red flag"]), theirs)


def test_a_folder_of_open_clip_is_a_spec(small_model: Small, tmp_path: Path) -> None:
    small_model("open_clip").save(str(tmp_path), create_model_card=False)
    found = load_model(f"open_clip:{tmp_path}", device="cpu")
    theirs = embed_texts(small_model("open_clip"), ["a"])
    torch.testing.assert_close(embed_texts(found, ["a"]), theirs)


def test_an_architecture_without_weights_starts_the_same_every_time(tmp_path: Path) -> None:
    config, _ = open_clip_files(tmp_path)
    first, second = (load_model(f"open_clip:{config}", device="cpu") for _ in range(2))
    torch.testing.assert_close(embed_texts(first, ["a"]), embed_texts(second, ["a"]))


def test_a_text_tower_of_transformers_needs_no_hub_once_saved(tmp_path: Path) -> None:
    config, _ = open_clip_files(tmp_path)
    settings = json.loads(config.read_text())
    text = {"hf_model_name": str(bert(tmp_path / "bert")), "hf_pooler_type": "mean_pooler"}
    text |= {"hf_tokenizer_name": text["hf_model_name"], "hf_proj_type": "linear"}
    settings["text_cfg"] = text | {"context_length": 16}
    config.write_text(json.dumps(settings))
    model = load_model(f"open_clip:{config}", device="cpu").eval()
    rows = embed_texts(model, ["a red flag"])
    model.save(str(tmp_path / "saved"), create_model_card=False)
    (tmp_path / "bert").rename(tmp_path / "elsewhere")
    again = load_model(f"st:{tmp_path / 'saved'}", device="cpu").eval()
    torch.testing.assert_close(embed_texts(again, ["a red flag"]), rows)
    assert BertConfig.from_pretrained(tmp_path / "saved" / "text_transformer").hidden_size == 32


def test_an_unknown_architecture_is_refused_with_its_neighbours() -> None:
    with pytest.raises(EncoderError, match=r"'ViT-B-33'.*ViT-B-32"):
        load_model("open_clip:ViT-B-33/openai")


def test_an_unknown_tag_is_refused_with_its_neighbours() -> None:
    with pytest.raises(EncoderError, match=r"'open-ai'.*openai"):
        load_model("open_clip:ViT-B-32/open-ai")


def test_a_tag_whose_weights_are_not_here_says_how_to_bring_them() -> None:
    with pytest.raises(EncoderError, match=r"HF_HUB_OFFLINE is set.*--local-dir FOLDER"):
        load_model("open_clip:ViT-B-32/laion2b_s34b_b79k")


def test_a_checkpoint_of_another_width_is_refused_by_its_tensors(tmp_path: Path) -> None:
    config, _ = open_clip_files(tmp_path / "one")
    _, wide = open_clip_files(tmp_path / "two", width=64)
    with pytest.raises(EncoderError, match=r"of another shape are ln_final.bias") as failure:
        load_model(f"open_clip:{config}/{wide}")
    assert "\n" not in failure.value.message


def test_a_checkpoint_with_other_tensors_is_refused_by_their_names(tmp_path: Path) -> None:
    config, checkpoint = open_clip_files(tmp_path)
    torch.save({"conv.weight": torch.zeros(1)}, checkpoint)
    with pytest.raises(EncoderError, match=r"it lacks .* and .* more; it has besides conv.weight"):
        load_model(f"open_clip:{config}/{checkpoint}")


class Trap:
    """What a checkpoint must never be able to build."""


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path) -> None:
    config, checkpoint = open_clip_files(tmp_path)
    torch.save({"state_dict": Trap()}, checkpoint)
    with pytest.raises(EncoderError, match=r"no checkpoint of tensors.*\.safetensors"):
        load_model(f"open_clip:{config}/{checkpoint}")


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "is no JSON"), ('{"embed_dim": 8}', "lacks vision_cfg, text_cfg")],
)
def test_a_configuration_that_is_none_is_refused(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(EncoderError, match=words):
        load_model(f"open_clip:{tmp_path / 'x.json'}")


@pytest.mark.parametrize("rest", ["nowhere/x.json", "ViT-B-32/nowhere.pt", "ViT-B-32//no/where"])
def test_a_file_that_is_not_there_is_named(rest: str) -> None:
    with pytest.raises(EncoderError, match="where"):
        load_model(f"open_clip:{rest}")
