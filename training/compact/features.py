"""The frozen trunk's features of every image, once: a cache of float16 arrays on disk."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from encoders.images import RESIZE_RULES, decode_image, to_pixels
from training.compact.colours import colour_words
from training.compact.image_trunk import MEAN, SIZE, STD, WIDTH, ImageTrunk
from training.compact.sources import Sample, Source
from training.export.graph import to_onnx

Features = NDArray[np.float32]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

ZOOM = "zoom"
"""A view for training: a random part of the image, sometimes mirrored."""
_BATCH = 32


@dataclass(frozen=True)
class Extractor:
    """Runs the trunk by ONNX Runtime and keeps what it gave under `cache`."""

    session: Any
    cache: Path
    progress: Progress

    def features(self, source: Source, samples: Sequence[Sample], view: str) -> Features:
        """float32 (n, WIDTH) of the samples in order; `view` is a resize rule or 'zoom'."""
        path = self.cache / f"{source.name}-{view}-{_names(samples)}.npy"
        if path.is_file():
            kept: Features = np.load(path).astype(np.float32)
            return kept
        rows = self._run(samples, view, f"{source.name} {view}")
        np.save(path, rows.astype(np.float16))
        return rows

    def _run(self, samples: Sequence[Sample], view: str, what: str) -> Features:
        rows = np.empty((len(samples), WIDTH), dtype=np.float32)
        with ThreadPoolExecutor(2) as pool:
            waiting = [pool.submit(_pixels, s, view) for s in samples[:_BATCH]]
            for start in range(0, len(samples), _BATCH):
                batch = [job.result() for job in waiting]
                following = samples[start + _BATCH : start + 2 * _BATCH]
                waiting = [pool.submit(_pixels, sample, view) for sample in following]
                rows[start : start + len(batch)] = self.session.run(
                    None, {"pixels": np.stack(batch)}
                )[0]
                self.progress(what, start + len(batch), len(samples))
        return rows

    def colours(self, source: Source) -> list[list[str]]:
        """Colour words of each of the source's samples, in order."""
        path = self.cache / f"{source.name}-colours-{_names(source.samples)}.json"
        if path.is_file():
            kept: list[list[str]] = json.loads(path.read_text())
            return kept
        words = []
        for done, sample in enumerate(source.samples):
            words.append(colour_words(decode_image(sample.load(), at_least=48)))
            self.progress(f"{source.name} colours", done + 1, len(source.samples))
        path.write_text(json.dumps(words))
        return words


def open_extractor(trunk: ImageTrunk, cache: Path, progress: Progress) -> Extractor:
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / "trunk.onnx"
    if not path.is_file():
        to_onnx(trunk, str(path), [("pixels", torch.zeros(2, 3, SIZE, SIZE))], "features")
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return Extractor(session, cache, progress)


def _names(samples: Sequence[Sample]) -> str:
    """Of a cache: other images, or the same in another order, are another file."""
    keys = "\n".join(sample.key for sample in samples)
    return hashlib.sha256(keys.encode()).hexdigest()[:12]


def _pixels(sample: Sample, view: str) -> NDArray[np.float32]:
    image = decode_image(sample.load())
    if view in RESIZE_RULES:
        return to_pixels(image, SIZE, view, MEAN, STD)  # type: ignore[arg-type]
    return to_pixels(_zoomed(image, random.Random(sample.key)), SIZE, "pad", MEAN, STD)


def _zoomed(image: Image.Image, draw: random.Random) -> Image.Image:
    width, height = image.size
    scale = draw.uniform(0.7, 1.0)
    wide, high = max(1, int(width * scale)), max(1, int(height * scale))
    left, top = draw.randint(0, width - wide), draw.randint(0, height - high)
    part = image.crop((left, top, left + wide, top + high))
    return ImageOps.mirror(part) if draw.random() < 0.5 else part
