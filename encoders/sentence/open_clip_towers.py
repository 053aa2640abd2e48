"""A model of open_clip as a module of sentence-transformers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from sentence_transformers.base.modules import InputModule
from tokenizers import Tokenizer
from torch import nn

from core.errors import EncoderError
from encoders.cleaning import CleanStep
from encoders.images import Interpolation, ResizeRule
from encoders.sentence.fast_tokenizers import FastTokenizer
from encoders.sentence.image_settings import ImageSettings
from encoders.sentence.open_clip_building import build
from encoders.sentence.reading import read_images, read_texts

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"
TOKENIZER = "tokenizer.json"
TEXT = "text_transformer"
"""Folder of the text transformer's configuration, where the text tower is one of transformers."""
_PAD_ID, _CLEAN = "pad_id", "clean"
_RESIZE: Mapping[str, ResizeRule] = {"shortest": "crop", "longest": "pad", "squash": "squash"}
_INTERPOLATIONS: tuple[Interpolation, ...] = ("bicubic", "bilinear", "lanczos")


class OpenClipTowers(InputModule):  # type: ignore[misc]  # the library is untyped to us
    """Both towers of an open_clip model.

    Saved as open_clip saves them (its configuration and its weights), beside the tokenizer in one
    file: open_clip loads the folder, too, as 'local-dir:FOLDER'.

    Args:
        clip: what `open_clip.create_model` gives.
        config: open_clip's: `model_cfg` and `preprocess_cfg`.
        reader: cleans, splits and cuts as the model's own tokenizer does; see `fast_tokenizer`.
    """

    config_file_name = CONFIG
    fixed_length = True

    def __init__(self, clip: nn.Module, config: Mapping[str, Any], reader: FastTokenizer) -> None:
        super().__init__()
        self.clip = clip
        self.settings = dict(config)
        self.reader = reader
        self.image_settings = _image_settings(config["preprocess_cfg"])

    @property
    def tokenizer(self) -> Tokenizer:
        return self.reader.tokenizer

    @property
    def pad_id(self) -> int:
        return self.reader.pad_id

    @property
    def clean(self) -> tuple[CleanStep, ...]:
        return self.reader.clean

    @property
    def modalities(self) -> list[str]:
        return ["text", "image"]

    @property
    def max_seq_length(self) -> int:
        return int(self.settings["model_cfg"]["text_cfg"].get("context_length", 77))

    def get_embedding_dimension(self) -> int:
        return int(self.settings["model_cfg"]["embed_dim"])

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **_: Any
    ) -> dict[str, Any]:
        """Tensors from texts or from PIL images."""
        if isinstance(inputs[0], str):
            texts = [(prompt or "") + text for text in inputs]
            return read_texts(texts, self.reader, self.max_seq_length)
        return read_images(inputs, self.image_settings)

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Adds `sentence_embedding` (n, dim) of `pixel_values` or of `input_ids`."""
        if features.get("modality", "text") == "image":
            rows = self.clip.encode_image(features["pixel_values"])  # type: ignore[operator]
        else:
            rows = self.clip.encode_text(features["input_ids"])  # type: ignore[operator]
        return features | {"sentence_embedding": rows}

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        folder = Path(output_path)
        settings = self.settings | {_PAD_ID: self.pad_id, _CLEAN: self.clean}
        (folder / CONFIG).write_text(json.dumps(settings, indent=2))
        # Copies: safetensors refuses tensors that share their memory, as tied weights do.
        weights = {key: value.clone() for key, value in self.clip.state_dict().items()}
        save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
        self.tokenizer.save(str(folder / TOKENIZER))
        text = getattr(getattr(self.clip, "text", None), "config", None)
        if text is not None:  # of transformers, which would ask the hub for it again
            text.save_pretrained(folder / TEXT)

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", **hub: Any) -> OpenClipTowers:
        """From a folder, or a hub id, where `save` has written."""
        known = ("token", "cache_folder", "revision", "local_files_only")
        where = {key: value for key, value in hub.items() if key in known} | {
            "subfolder": subfolder
        }
        files = {
            name: cls.load_file_path(model_name_or_path, name, **where)
            for name in (CONFIG, WEIGHTS, TOKENIZER)
        }
        lost = [name for name, path in files.items() if path is None]
        if lost:
            raise EncoderError(f"{model_name_or_path} lacks {' and '.join(lost)}.")
        settings = json.loads(Path(files[CONFIG]).read_text())
        pad_id, steps = int(settings.pop(_PAD_ID, 0)), tuple(settings.pop(_CLEAN, ()))
        config = cls.load_file_path(model_name_or_path, f"{TEXT}/config.json", **where)
        text = str(Path(config).parent) if config else None
        clip = build(settings["model_cfg"], files[WEIGHTS], text=text)
        reader = FastTokenizer(Tokenizer.from_file(files[TOKENIZER]), pad_id, steps)
        return cls(clip, settings, reader)


def _image_settings(config: Mapping[str, Any]) -> ImageSettings:
    size = config["size"]
    sides = {int(side) for side in (size if isinstance(size, list | tuple) else [size])}
    interpolation = config["interpolation"]
    if len(sides) != 1 or interpolation not in _INTERPOLATIONS:
        raise EncoderError(
            f"The architecture reads images of {size} px resampled by '{interpolation}'; "
            "Binocle prepares square ones, bicubic, bilinear or lanczos."
        )
    return ImageSettings(
        size=sides.pop(),
        resize=_RESIZE[config["resize_mode"]],
        interpolation=interpolation,
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
    )
