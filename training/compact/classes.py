"""Tables of photos that nobody has: the classifier's rows turned into features of its classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Generator, Tensor

from training.compact.image_trunk import DEEP
from training.compact.pairs import Draw, pick


@dataclass(frozen=True)
class Spread:
    """Turns directions into features that real images might have.

    A row of the classifier is only a direction. A feature made for it is the mean feature, plus the
    row at `push` times the typical length, plus what sets some real image apart from others of its
    own label; the colours are that real image's.

    Args:
        mean: float32 (DEEP,). length: of the real features less the mean, on average.
        residuals: float32 (m, width): real images' deep residuals, then their colour features.
    """

    mean: Tensor
    residuals: Tensor
    length: float
    push: float = 0.4

    def features(self, directions: Tensor, random: Generator) -> Tensor:
        """float32 (n, width) around `directions`, float32 (n, DEEP) unit rows."""
        count = len(directions)
        donors = self.residuals[torch.randint(len(self.residuals), (count,), generator=random)]
        far = torch.empty(count, 1).uniform_(0.7, 1.5, generator=random) * self.push * self.length
        deep = self.mean + far * directions + donors[:, :DEEP].float()
        return torch.cat([deep.clamp_min(0), donors[:, DEEP:].float()], 1)


@dataclass(frozen=True)
class RowTable:
    """One class an image. `rows`: float32 (classes, DEEP), unit length; `texts`: int64 ids."""

    rows: Tensor
    texts: Tensor
    spread: Spread

    def draw(self, count: int, random: Generator) -> Draw:
        classes = torch.randint(len(self.rows), (count,), generator=random)
        own = self.texts[classes]
        return Draw(self.spread.features(self.rows[classes], random), pick(own, random), own)


@dataclass(frozen=True)
class SceneTable:
    """Two classes an image, as captions name them: `pairs` int64 (n, 2), `texts` int64 (n,)."""

    rows: Tensor
    pairs: Tensor
    texts: Tensor
    spread: Spread

    def draw(self, count: int, random: Generator) -> Draw:
        drawn = torch.randint(len(self.pairs), (count,), generator=random)
        first, second = self.rows[self.pairs[drawn]].unbind(1)
        share = torch.empty(count, 1).uniform_(0.35, 0.75, generator=random)
        both = torch.nn.functional.normalize(share * first + (1 - share) * second, dim=1)
        text = self.texts[drawn]
        return Draw(self.spread.features(both, random), text, text[:, None])


_CAPTIONS = (
    "a {} and a {}",
    "{} next to a {}",
    "a {} with a {}",
    "{} and {}",
    "a {} on a {}",
    "a photo of a {} in front of a {}",
    "{}, {}",
)


def scenes(names: Sequence[str], count: int, seed: int) -> tuple[Tensor, list[str]]:
    """int64 (count, 2) pairs of classes drawn at random, and a caption that names both."""
    pairs = np.random.default_rng(seed).integers(0, len(names), (count, 2))
    captions = [
        _CAPTIONS[k % len(_CAPTIONS)].format(names[a], names[b]) for k, (a, b) in enumerate(pairs)
    ]
    return torch.from_numpy(pairs), captions


def residuals(features: Tensor, kinds: Sequence[str]) -> Tensor:
    """float32 (n, width): deep features less their kind's centroid; colour features kept."""
    index = {kind: row for row, kind in enumerate(dict.fromkeys(kinds))}
    of = torch.tensor([index[kind] for kind in kinds])
    sums = torch.zeros(len(index), DEEP).index_add_(0, of, features[:, :DEEP])
    counts = torch.bincount(of, minlength=len(index)).clamp_min(1)[:, None]
    deep = features[:, :DEEP] - (sums / counts)[of]
    return torch.cat([deep, features[:, DEEP:]], 1)[(counts[:, 0] > 2)[of]]
