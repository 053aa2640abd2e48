from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from transformers.utils import logging as transformers_logging

from core.errors import EncoderError
from encoders.sentence.loading import load_model
from encoders.sentence.towers import embed_texts
from tests.small_models import bert


@pytest.fixture
def folder(clip_folder: Path, tmp_path: Path) -> Path:
    """A copy of a CLIP's folder, to be spoilt."""
    return Path(shutil.copytree(clip_folder, tmp_path / "clip"))


def test_a_text_model_is_refused_for_want_of_an_image_tower(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no image tower"):
        load_model(f"st:{bert(tmp_path)}")


def test_a_hub_id_without_a_network_is_refused_at_once_and_says_what_to_do() -> None:
    begun = time.monotonic()
    with pytest.raises(EncoderError, match=r"'some/model' is no folder.*hf download some/model"):
        load_model("st:some/model")
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("name", ["/no/where", "./nowhere", "a/b/c", "~/no where"])
def test_a_path_that_is_not_there_is_not_looked_up_on_the_hub(name: str) -> None:
    with pytest.raises(EncoderError, match="no model folder"):
        load_model(f"st:{name}")


@pytest.mark.parametrize("spec", ["st:", "open_clip:", "clip", "hub:x"])
def test_what_is_no_spec_is_refused_with_the_kinds_there_are(spec: str) -> None:
    with pytest.raises(EncoderError, match=r"st:PATH_OR_HUB_ID.*open_clip:ARCH/PRETRAINED"):
        load_model(spec)


@pytest.mark.parametrize(
    ("file", "hint"),
    [
        ("bundle.json", "write 'bundle:"),
        ("open_clip_config.json", "write 'open_clip:"),
        ("model/modules.json", "/model'"),
        ("notes.txt", "save_pretrained"),
    ],
)
def test_a_folder_of_something_else_is_refused_by_what_it_is(
    tmp_path: Path, file: str, hint: str
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("{}")
    with pytest.raises(EncoderError, match=hint):
        load_model(f"st:{tmp_path}")


def test_a_checkpoint_that_lacks_weights_is_refused_instead_of_filled_with_noise(
    folder: Path,
) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["text_projection.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match=r"it lacks text_projection.weight"):
        load_model(f"st:{folder}")


def test_a_checkpoint_that_lacks_weights_is_refused_where_transformers_was_told_to_be_quiet(
    folder: Path,
) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["text_projection.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    try:
        with pytest.raises(EncoderError, match=r"it lacks text_projection.weight"):
            load_model(f"st:{folder}")
    finally:
        transformers_logging.set_verbosity(level)


def test_a_checkpoint_of_other_shapes_is_refused_by_its_tensors(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["vision_config"]["hidden_size"] = 64
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(EncoderError, match="of another shape are vision_model") as failure:
        load_model(f"st:{folder}")
    assert "\n" not in failure.value.message


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("config.json", b"{", "can't be loaded|no complete model"),
        ("model.safetensors", b"short", "can't be loaded|no complete model"),
        ("config.json", b'{"model_type": "from the future"}', "can't be loaded"),
    ],
)
def test_a_damaged_file_is_a_sentence(folder: Path, file: str, content: bytes, words: str) -> None:
    (folder / file).write_bytes(content)
    with pytest.raises(EncoderError, match=words) as failure:
        load_model(f"st:{folder}")
    assert "\n" not in failure.value.message


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_a_missing_file_is_a_sentence(folder: Path, file: str) -> None:
    for name in {file, *({"vocab.json", "merges.txt"} if "token" in file else ())}:
        (folder / name).unlink()
    with pytest.raises(EncoderError) as failure:
        load_model(f"st:{folder}")
    assert str(folder) in failure.value.message


def test_a_folder_that_names_foreign_code_is_refused(folder: Path) -> None:
    modules = [{"idx": 0, "name": "0", "path": "", "type": "tests.towers.Trap"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(EncoderError, match=r"tests.towers.Trap"):
        load_model(f"st:{folder}")


def test_a_folder_of_the_old_layout_loads(clip_folder: Path, tmp_path: Path) -> None:
    """As sentence-transformers/clip-ViT-B-32 is laid out."""
    shutil.copytree(clip_folder, tmp_path / "0_CLIPModel")
    kind = "sentence_transformers.models.CLIPModel"
    modules = [{"idx": 0, "name": "0", "path": "0_CLIPModel", "type": kind}]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    rows = embed_texts(load_model(f"st:{tmp_path}", device="cpu").eval(), ["a"])
    assert rows.shape == (1, 24)


def test_a_tokenizer_that_knows_no_limit_gets_the_models(folder: Path) -> None:
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["model_max_length"] = 10**30
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    model = load_model(f"st:{folder}", device="cpu").eval()
    assert embed_texts(model, ["word " * 40]).shape == (1, 24)
