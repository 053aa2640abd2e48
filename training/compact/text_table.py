"""Frozen text features of a vocabulary: what is known is kept on disk, the rest is computed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from tokenizers import Tokenizer
from torch import Tensor

from training.compact.features import Progress
from training.compact.text_trunk import WIDTH, TextTrunk, tokenize
from training.export.graph import to_onnx

_BATCH = 64
_SAVE_EVERY = 100
"""Batches between two savings: an interrupted run loses a minute."""

Rows = dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float16]]]


def text_features(
    trunk: TextTrunk, tokenizer: Tokenizer, texts: Sequence[str], cache: Path, progress: Progress
) -> Tensor:
    """float32 (n, 384) of the frozen trunk, in order."""
    known = _read(cache)
    # Neighbours in length share a batch, so that little of it is padding.
    missing = sorted({text for text in texts if text not in known}, key=lambda text: len(text))
    if not missing:
        return _stacked(known, texts)
    session = _session(trunk, tokenizer, cache)
    for number, start in enumerate(range(0, len(missing), _BATCH), 1):
        part = missing[start : start + _BATCH]
        ids, mask = tokenize(tokenizer, part)
        feed = {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
        known |= zip(part, session.run(None, feed)[0].astype(np.float16), strict=True)
        progress("text features", start + len(part), len(missing))
        if number % _SAVE_EVERY == 0:
            _write(cache, known)
    _write(cache, known)
    return _stacked(known, texts)


def _stacked(known: Rows, texts: Sequence[str]) -> Tensor:
    return torch.from_numpy(np.stack([known[text] for text in texts]).astype(np.float32))


def _session(trunk: TextTrunk, tokenizer: Tokenizer, cache: Path) -> Any:
    path = cache / "text-trunk.onnx"
    if not path.is_file():
        ids, mask = tokenize(tokenizer, ["two", "texts to trace"])
        to_onnx(trunk, str(path), [("input_ids", ids), ("attention_mask", mask)], "features")
    return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def _read(cache: Path) -> Rows:
    if not (cache / "texts.json").is_file():
        return {}
    texts = json.loads((cache / "texts.json").read_text())
    rows = np.load(cache / "texts.npy").reshape(-1, WIDTH)
    return dict(zip(texts, rows, strict=True))


def _write(cache: Path, known: Rows) -> None:
    np.save(cache / "texts.npy", np.stack(list(known.values())))
    (cache / "texts.json").write_text(json.dumps(list(known)))
