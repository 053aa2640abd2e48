"""What Binocle's own modules do with the inputs that sentence-transformers hands them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from encoders.cleaning import clean
from encoders.images import to_pixels
from encoders.sentence.fast_tokenizers import FastTokenizer
from encoders.sentence.image_settings import ImageSettings


def read_images(images: Sequence[Any], settings: ImageSettings) -> dict[str, Any]:
    """`pixel_values` float32 (n, 3, size, size), from PIL images by Binocle's own preprocessing."""
    planes = [
        to_pixels(
            _image(image),
            settings.size,
            settings.resize,
            settings.mean,
            settings.std,
            interpolation=settings.interpolation,
        )
        for image in images
    ]
    return {"pixel_values": torch.from_numpy(np.stack(planes)), "modality": "image"}


def read_texts(texts: Sequence[str], reader: FastTokenizer, length: int) -> dict[str, Any]:
    """`input_ids` int64 (n, length): cleaned, cut at `length`, and padded to it."""
    ids: Tensor = torch.full((len(texts), length), reader.pad_id, dtype=torch.long)
    cleaned = [clean(text, reader.clean) for text in texts]
    for row, encoding in enumerate(reader.tokenizer.encode_batch(cleaned)):
        ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids[:length], dtype=torch.long)
    return {"input_ids": ids, "modality": "text"}


def _image(image: Any) -> Image.Image:
    if isinstance(image, dict):
        image = image["image"]
    if not isinstance(image, Image.Image):
        raise TypeError(f"An image tower reads PIL images, not {type(image).__name__}.")
    return image if image.mode == "RGB" else image.convert("RGB")
