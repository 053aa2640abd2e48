"""Both towers of a model as ONNX files in fp32."""

from __future__ import annotations

from pathlib import Path

import torch

from encoders.bundle import TextTower
from encoders.sentence.encoder import SentenceEncoder
from encoders.sentence.towers import tokenise
from encoders.texts import TextReader
from training.export.graph import to_onnx
from training.export.probes import TEXTS
from training.export.tokens import plain, text_tower
from training.export.towers import ImageSide, text_side, traceable

_EXAMPLES = ("a red flag", "a dog, too")
"""Two texts to trace with: short, so that nothing of them looks like a limit."""


def write_graphs(reference: SentenceEncoder, folder: Path) -> TextTower:
    """image.onnx and text.onnx in `folder`; answers how texts are read.

    `reference` is over a model in fp32 on the processor. Raises EncoderError where the model reads
    texts in a way that a bundle can't hold, and where a tower can't be traced.
    """
    model, preprocessing = reference.model, reference.preprocessing
    tokenizer = plain(preprocessing.tokenizer)
    tower = text_tower(model, preprocessing, TEXTS)
    with traceable(model, preprocessing.size):
        side, tower = text_side(model, tower, tokenizer, TEXTS)
        free = tower.pad_to is None
        # Rows of one length can be traced as they are; others are padded as the model pads them.
        encodings = TextReader(tower, tokenizer).read(_EXAMPLES)
        length = min(len(encoding.ids) for encoding in encodings)
        feed = {
            "input_ids": torch.tensor([encoding.ids[:length] for encoding in encodings]),
            "attention_mask": torch.ones(len(encodings), length, dtype=torch.int64),
        }
        names = [name for name in feed if name in tokenise(model, _EXAMPLES)]
        inputs = [(name, feed[name]) for name in names]
        to_onnx(side, str(folder / "text.onnx"), inputs, "embedding", free_tokens=free)
        size = preprocessing.size
        pixels = [("pixels", torch.zeros(2, 3, size, size))]
        to_onnx(ImageSide(model), str(folder / "image.onnx"), pixels, "embedding")
    return tower
