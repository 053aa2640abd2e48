"""open_clip's models from their configuration and a checkpoint."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip import factory
from torch import nn

from core.errors import EncoderError
from encoders.sentence.hub import config_folder
from encoders.sentence.reports import other_architecture


def build(model_cfg: dict[str, Any], weights: str | Path | None, *, text: str | None = None) -> Any:
    """open_clip's model of this configuration; `text` is a folder that stands for hf_model_name.

    Raises EncoderError if the weights are of another architecture, or the text transformer's
    configuration is out of reach.
    """
    settings = deepcopy(model_cfg)
    settings["vision_cfg"]["timm_model_pretrained"] = False
    settings["text_cfg"]["hf_model_pretrained"] = False
    inner = settings["text_cfg"].get("hf_model_name")
    if inner:
        settings["text_cfg"]["hf_model_name"] = text or config_folder(inner)
    custom = settings.pop("custom_text", False) or bool(inner)
    cls = _class(custom, settings)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model: nn.Module = cls(**settings)
    if weights is not None:
        _load(model, Path(weights))
    return model.eval()


def _class(custom: bool, settings: dict[str, Any]) -> type[nn.Module]:
    cls: type[nn.Module] = open_clip.CLIP
    if custom:
        cls = open_clip.CoCa if "multimodal_cfg" in settings else open_clip.CustomTextCLIP
    return cls


def _load(model: nn.Module, path: Path) -> None:
    try:
        factory.load_checkpoint(model, str(path), strict=True, weights_only=True)
    except Exception as error:  # torch, pickle, zip and safetensors have no common base
        try:
            found = factory.load_state_dict(str(path), weights_only=True)
            shapes = {key: tuple(value.shape) for key, value in found.items()}
        except Exception:  # the first error says it
            raise EncoderError(
                f"{path} is no checkpoint of tensors: {str(error).splitlines()[0]}",
                hint="Checkpoints are .safetensors files, or .pt files with nothing but tensors.",
            ) from None
        wanted = {key: tuple(value.shape) for key, value in model.state_dict().items()}
        raise other_architecture(
            str(path),
            missing=sorted(wanted.keys() - shapes.keys()),
            unexpected=sorted(shapes.keys() - wanted.keys()),
            shapes=sorted(k for k in wanted.keys() & shapes.keys() if wanted[k] != shapes[k]),
        ) from None
