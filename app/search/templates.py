"""Prompt templates: short texts as the captions that an encoder was trained on.

Encoders that learned from captions may know "a photo of a dog" better than "dog" (Radford et al.
2021); the mean of several templates' vectors is better than each. It depends on the encoder: a
collection's ranking says whether, and which.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from encoders.encoder import Encoder, Vectors

_SHORT = 3
"""Words: what is longer is a caption itself."""


def encoded_by(encoder: Encoder, texts: Sequence[str], templates: Sequence[str]) -> Vectors:
    """float32 (n, dim), unit rows: short texts by the mean of all templates, others as they are.

    Raises EncoderError.
    """
    if not templates:
        return encoder.encode_texts(list(texts))
    spelt = [
        [template.replace("{}", text) for template in templates]
        if len(text.split()) <= _SHORT
        else [text]
        for text in texts
    ]
    rows = iter(encoder.encode_texts([one for several in spelt for one in several]))
    means = np.stack([np.mean([next(rows) for _ in several], axis=0) for several in spelt])
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(means / np.maximum(lengths, 1e-12), dtype=np.float32)
