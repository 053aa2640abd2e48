"""Models by their specs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sentence_transformers import SentenceTransformer

from core.errors import EncoderError
from encoders.sentence.routes import input_module

SENTENCE = "st:"
OPEN_CLIP = "open_clip:"
_KINDS = f"'{SENTENCE}PATH_OR_HUB_ID' or '{OPEN_CLIP}ARCH/PRETRAINED'"


def load_model(spec: str) -> SentenceTransformer:
    """The model that `spec` names, on the best device there is, ready to train or to encode.

    Raises EncoderError if there is none, if it can't be read or if it has not both towers.
    """
    kind, rest = spec.partition(":")[0] + ":", spec.partition(":")[2]
    if kind == SENTENCE and rest:
        return _sentence(rest)
    raise EncoderError(f"'{spec}' names no model.", hint=f"Write {_KINDS}.")


def _sentence(name: str) -> SentenceTransformer:
    path = Path(name).expanduser()
    return settled(SentenceTransformer(str(path)))


def settled(model: SentenceTransformer) -> SentenceTransformer:
    """The model, with the habits of its family that its folder need not say.

    SigLIP was trained on texts padded to their full length without a mask (arXiv 2303.15343), and
    sentence-transformers pads to the longest text of a batch. CLIP's position table has an end, and
    a tokenizer that does not know it runs over.
    """
    for kind in ("text", "image"):
        input_module(model, kind)
    text = input_module(model, "text")
    config = getattr(getattr(text, "model", None), "config", None)
    if config is None:
        return model
    tokenizer, limit = text.tokenizer, _positions(config)
    if limit:
        tokenizer.model_max_length = min(tokenizer.model_max_length, limit)
    if config.model_type in ("siglip", "siglip2"):
        given: dict[str, Any] = text.processing_kwargs.setdefault("text", {})
        given.update(
            padding="max_length",
            max_length=tokenizer.model_max_length,
            return_attention_mask=False,
        )
    return model


def _positions(config: Any) -> int | None:
    text = getattr(config, "text_config", None) or config
    limit = getattr(text, "max_position_embeddings", None)
    return int(limit) if limit else None
