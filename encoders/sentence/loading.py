"""Models by their specs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from core.errors import EncoderError
from encoders.sentence.folders import check_folder, looks_like_path
from encoders.sentence.hub import from_hub
from encoders.sentence.model import TwoTowers
from encoders.sentence.open_clip_loading import open_clip_towers
from encoders.sentence.reports import whole_weights
from encoders.sentence.routes import input_module

SENTENCE = "st:"
OPEN_CLIP = "open_clip:"
_KINDS = f"'{SENTENCE}PATH_OR_HUB_ID' or '{OPEN_CLIP}ARCH/PRETRAINED'"


def load_model(spec: str, *, device: str | None = None) -> TwoTowers:
    """The model that `spec` names, ready to train or to encode.

    Args:
        spec: 'st:PATH_OR_HUB_ID' or 'open_clip:ARCH/PRETRAINED'; see `open_clip_towers`.
        device: as torch names it; None takes the best there is.

    Raises EncoderError if there is no such model, if it can't be read, if its checkpoint is of
    another architecture, if it lacks a tower, or if the hub is needed and out of reach.
    """
    head, colon, rest = spec.partition(":")
    if head + colon == SENTENCE and rest:
        model = _sentence(rest, device)
    elif head + colon == OPEN_CLIP and rest:
        model = TwoTowers(modules=[open_clip_towers(rest)], device=device)
    else:
        raise EncoderError(f"'{spec}' names no model.", hint=f"Write {_KINDS}.")
    for kind in ("text", "image"):
        input_module(model, kind)
    return model


def sentence_modules(name: str) -> list[nn.Module]:
    """The modules of the model at the folder or hub id `name`, which may have one tower only."""
    return list(_sentence(name, "cpu").children())


def _sentence(name: str, device: str | None) -> TwoTowers:
    folder = Path(name).expanduser()
    if folder.is_dir():
        check_folder(folder)
        return _read(str(folder), device, local=True)
    if looks_like_path(name):
        raise EncoderError(f"There is no model folder at {name}.")
    return from_hub(name, lambda local: _read(name, device, local=local))


def _read(name: str, device: str | None, *, local: bool) -> TwoTowers:
    try:
        with whole_weights(name):
            model = TwoTowers(name, device=device, local_files_only=local)
    except EncoderError:
        raise
    except OSError:
        if not Path(name).is_dir():
            raise  # of the hub: its cache may be incomplete
        raise EncoderError(
            f"{name} holds no complete model: a file is missing or cut off."
        ) from None
    except Exception as error:  # transformers, safetensors, JSON and torch have no common base
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise EncoderError(f"{name} can't be loaded as a model: {reason}") from error
    settle(model)
    return model


def settle(model: TwoTowers) -> None:
    """Gives a model the habits of its family that its folder need not say.

    SigLIP was trained on texts padded at the end to their full length, without a mask (Zhai et al.
    2023), and sentence-transformers pads to the longest text of a batch. CLIP's position table has
    an end, and a tokenizer that does not know it runs over.
    """
    for module in model.modules():
        config = getattr(getattr(module, "model", None), "config", None)
        tokenizer: Any = getattr(module, "tokenizer", None)
        if config is None or not hasattr(tokenizer, "model_max_length"):
            continue
        _check_words(tokenizer, config)
        limit = _positions(config)
        if limit:
            tokenizer.model_max_length = min(tokenizer.model_max_length, limit)
        if config.model_type in ("siglip", "siglip2"):
            tokenizer.padding_side = "right"
            habits: dict[str, Any] = module.processing_kwargs.setdefault("text", {})
            habits.update(
                padding="max_length",
                max_length=tokenizer.model_max_length,
                return_attention_mask=False,
            )


def _check_words(tokenizer: Any, config: Any) -> None:
    """Where a tokenizer's files are missing, transformers makes one of no words, silently."""
    text = getattr(config, "text_config", None) or config
    rows = getattr(text, "vocab_size", None)
    if rows and len(tokenizer) < rows / 2:
        raise EncoderError(
            f"The tokenizer of {config.name_or_path} has {len(tokenizer):,} tokens, and its text "
            f"tower reads {int(rows):,}.",
            hint="Is tokenizer.json missing in the folder?",
        )


def _positions(config: Any) -> int | None:
    text = getattr(config, "text_config", None) or config
    limit = getattr(text, "max_position_embeddings", None)
    return int(limit) if limit else None
