"""What a model's two towers read, as Binocle's own preprocessing gives it.

Training, evaluation and the exported bundle all prepare images by `encoders.images.to_pixels`,
never by a model's own processor, so that no two of them can differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from core.errors import EncoderError
from encoders.cleaning import CleanStep
from encoders.images import Interpolation, ResizeRule, to_pixels
from encoders.sentence.image_settings import image_settings
from encoders.sentence.routes import input_module

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Preprocessing:
    """What the towers read.

    Attributes:
        size: side of the square image, in pixels.
        resize: how an image becomes square.
        interpolation: how its pixels are resampled.
        mean: per channel, of pixels scaled to 0-1.
        std: per channel, of pixels scaled to 0-1.
        max_tokens: longer texts are cut; special tokens count.
        pad_to: every text is padded to this many tokens, and padding is read; None: it is masked.
        pad_id: the token that pads.
        prompt: stands before every text; usually "".
        clean: what is done to a text before the tokenizer.
        tokenizer: cuts at `max_tokens` and never pads. A copy: changing it changes no model.
    """

    size: int
    resize: ResizeRule
    interpolation: Interpolation
    mean: Triple
    std: Triple
    max_tokens: int
    pad_to: int | None
    pad_id: int
    prompt: str
    clean: tuple[CleanStep, ...]
    tokenizer: Tokenizer

    def pixels(self, image: Image.Image) -> NDArray[np.float32]:
        """float32 (3, size, size): the image tower's input from an RGB image of any size."""
        return to_pixels(
            image, self.size, self.resize, self.mean, self.std, interpolation=self.interpolation
        )


def preprocessing_of(model: SentenceTransformer) -> Preprocessing:
    """Reads off `model` what its towers expect.

    Raises EncoderError where a tower is missing, or reads something that Binocle can't prepare: the
    message says which.
    """
    image = image_settings(input_module(model, "image"))
    module = input_module(model, "text")
    max_tokens = token_limit(module)
    padded = fixed_length(module)
    return Preprocessing(
        size=image.size,
        resize=image.resize,
        interpolation=image.interpolation,
        mean=image.mean,
        std=image.std,
        max_tokens=max_tokens,
        pad_to=max_tokens if padded else None,
        pad_id=_pad_id(module),
        prompt=default_prompt(model),
        clean=getattr(module, "clean", ()),
        tokenizer=_tokenizer(module, max_tokens),
    )


def default_prompt(model: SentenceTransformer) -> str:
    """What stands before every text, as in `SentenceTransformer.encode`."""
    name = model.default_prompt_name
    return (model.prompts.get(name) or "") if name else ""


def token_limit(module: Any) -> int:
    """How many tokens a text module reads at most, special ones included."""
    limit = getattr(module, "max_seq_length", None)
    if not limit or limit > 1_000_000:  # transformers writes 1e30 where nobody set it
        raise EncoderError(
            "The text tower does not say how many tokens it reads.",
            hint="Set model_max_length in its tokenizer_config.json.",
        )
    return int(limit)


def fixed_length(module: Any) -> bool:
    """Whether every text is padded to the limit and the padding is read like any other token."""
    if hasattr(module, "fixed_length"):
        return bool(module.fixed_length)
    text = getattr(module, "processing_kwargs", {}).get("text", {})
    return bool(text.get("padding") == "max_length" and text.get("return_attention_mask") is False)


def _pad_id(module: Any) -> int:
    own: int | None = getattr(module.tokenizer, "pad_token_id", None)
    return own if own is not None else int(getattr(module, "pad_id", 0))


def _tokenizer(module: Any, max_tokens: int) -> Tokenizer:
    backend = getattr(module.tokenizer, "backend_tokenizer", module.tokenizer)
    if not isinstance(backend, Tokenizer):
        raise EncoderError(
            f"The text tower's tokenizer ({type(module.tokenizer).__name__}) has no fast form.",
            hint="Only models whose tokenizer is a tokenizer.json can be used.",
        )
    copy = Tokenizer.from_str(backend.to_str())
    copy.no_padding()
    copy.enable_truncation(max_tokens)
    return copy
