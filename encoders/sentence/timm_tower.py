"""An image model of timm as a module of sentence-transformers."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import timm
import torch
from sentence_transformers.base.modules import InputModule
from timm.data import resolve_model_data_config
from timm.models import load_state_dict

from core.errors import EncoderError
from encoders.images import Interpolation, ResizeRule
from encoders.sentence.hub import check_reachable
from encoders.sentence.image_settings import ImageSettings
from encoders.sentence.reading import read_images
from encoders.sentence.reports import other_architecture

_RESIZE: dict[str, ResizeRule] = {"center": "crop", "border": "pad", "squash": "squash"}
_INTERPOLATIONS: dict[str, Interpolation] = {
    "bicubic": "bicubic",
    "bilinear": "bilinear",
    "lanczos": "lanczos",
    "random": "bicubic",
}


class TimmTower(InputModule):  # type: ignore[misc]  # the library is untyped to us
    """The features before the classifier, pooled, of an image model of timm.

    Args:
        name: timm's name of the architecture; `create_model` knows it.
        image: how images are prepared; None asks timm.

    Raises EncoderError for a name that timm does not know.
    """

    config_keys = ("name", "image")

    def __init__(self, name: str, image: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.name = name
        self.trunk = _create(name, None if image is None else int(image["size"]))
        if image is None:
            self.image_settings = _settings(resolve_model_data_config(self.trunk))
        else:
            triples = {key: tuple(image[key]) for key in ("mean", "std")}  # JSON has lists
            self.image_settings = ImageSettings(**(dict(image) | triples))

    @property
    def image(self) -> dict[str, Any]:
        return asdict(self.image_settings)

    @property
    def modalities(self) -> list[str]:
        return ["image"]

    def get_embedding_dimension(self) -> int:
        return int(getattr(self.trunk, "head_hidden_size", 0) or self.trunk.num_features)

    def preprocess(
        self,
        inputs: Sequence[Any],
        prompt: str | None = None,  # noqa: ARG002  # the library passes it to every module
        **_: Any,
    ) -> dict[str, Any]:
        """Tensors from PIL images."""
        return read_images(inputs, self.image_settings)

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Adds `sentence_embedding` (n, features) of `pixel_values`."""
        return features | {"sentence_embedding": self.trunk(features["pixel_values"])}

    def load_weights(self, path: Path) -> None:
        """Takes the weights of a checkpoint that timm or its users saved; a classifier is left out.

        Raises EncoderError if there is no such file, or it is of another architecture.
        """
        if not path.is_file():
            raise EncoderError(f"There is no checkpoint at {path}.")
        try:
            found = load_state_dict(str(path), weights_only=True)
        except Exception as error:  # torch, pickle, zip and safetensors have no common base
            raise EncoderError(
                f"{path} is no checkpoint of tensors: {str(error).splitlines()[0]}"
            ) from None
        wanted = self.trunk.state_dict()
        both = wanted.keys() & found.keys()
        missing = wanted.keys() - found.keys()
        shapes = [key for key in both if wanted[key].shape != found[key].shape]
        if missing or shapes:
            raise other_architecture(str(path), missing=sorted(missing), shapes=shapes)
        self.trunk.load_state_dict({key: found[key] for key in both})

    def save(self, output_path: str, *_: Any, safe_serialization: bool = True, **__: Any) -> None:
        self.save_config(output_path)
        self.save_torch_weights(output_path, safe_serialization=safe_serialization)

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", **hub: Any) -> TimmTower:
        """From a folder, or a hub id, where `save` has written."""
        known = ("token", "cache_folder", "revision", "local_files_only")
        where = {key: value for key, value in hub.items() if key in known}
        config = cls.load_config(model_name_or_path, subfolder, **where)
        tower = cls(**config)
        cls.load_torch_weights(model_name_or_path, subfolder, model=tower, **where)
        return tower


def timm_tower(
    name: str, *, weights: Path | None = None, pretrained: bool = False, size: int | None = None
) -> TimmTower:
    """The tower of timm's `name`; `size` changes the side of its square input, in pixels.

    Its weights are those of the checkpoint `weights`, the hub's if `pretrained`, or random.
    Raises EncoderError as `TimmTower` does, and where the hub is out of reach.
    """
    tower = TimmTower(name)
    if size is not None:
        tower = TimmTower(name, tower.image | {"size": size})
    if weights is not None:
        tower.load_weights(weights)
    elif pretrained:
        tower.trunk.load_state_dict(_of_hub(name, size).state_dict())
    return tower


def _of_hub(name: str, size: int | None) -> Any:
    hub_id = timm.get_pretrained_cfg(name).hf_hub_id
    if not hub_id:
        raise EncoderError(
            f"timm has no pretrained weights of '{name}'.", hint="Give a checkpoint."
        )
    check_reachable(str(hub_id))
    return _create(name, size, pretrained=True)


def _create(name: str, size: int | None, *, pretrained: bool = False) -> Any:
    if not timm.is_model(name):
        near = difflib.get_close_matches(name.partition(".")[0], timm.list_models(), 5, 0.5)
        raise EncoderError(
            f"timm knows no image model '{name}'.",
            hint=f"Near are: {', '.join(near)}." if near else "`timm.list_models()` lists them.",
        )
    options: dict[str, Any] = {"pretrained": pretrained, "num_classes": 0}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        if size is not None:
            try:
                return timm.create_model(name, img_size=size, **options).eval()
            except TypeError:  # convolutions take any size and know no such argument
                pass
        return timm.create_model(name, **options).eval()


def _settings(config: dict[str, Any]) -> ImageSettings:
    _, height, width = config["input_size"]
    if height != width:
        raise EncoderError(
            f"The image model reads {height} x {width} px; Binocle prepares squares."
        )
    return ImageSettings(
        size=int(height),
        resize=_RESIZE[config["crop_mode"]],
        interpolation=_INTERPOLATIONS[config["interpolation"]],
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
    )
