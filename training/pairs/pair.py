"""A pair: two sides that mean the same, with what a loss has to know of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from core.items import ImageSource
from training.pairs.augmentation import Augmentation

Side: TypeAlias = str | ImageSource
"""A text, or an image that is not decoded yet."""


@dataclass(frozen=True)
class Views:
    """How the images of a pair are changed after decoding; the same seed, the same pixels."""

    augmentation: Augmentation
    seed: int


@dataclass(frozen=True)
class Pair:
    """Two sides that belong together.

    Attributes:
        anchor: the query's side.
        positive: what should be found by it.
        negatives: images that should be ranked below the positive, hardest first.
        weight: of the pair in the loss, over 0; 1 is the usual.
        product: key of the product that the pair shows; pairs of one product are no negatives of
            each other. None where nothing is known.
        source: name of the source that it came from.
        asks: facts that the query's side (the text, where there is one) asks for, such as
            'colour=red'; empty for free text.
        facts: facts that are known of the pair's image (of both, where there are two). An image
            with all the facts that a text asks for is no negative of that text.
        views: the augmentation of all images of the pair (negatives too: a model could tell plain
            images from changed ones); None leaves them as they are.
    """

    anchor: Side
    positive: Side
    negatives: tuple[ImageSource, ...] = ()
    weight: float = 1.0
    product: str | None = None
    source: str = ""
    asks: frozenset[str] = frozenset()
    facts: frozenset[str] = frozenset()
    views: Views | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The sides that are texts."""
        return tuple(side for side in (self.anchor, self.positive) if isinstance(side, str))

    @property
    def images(self) -> tuple[ImageSource, ...]:
        """The sides that are images, without the negatives."""
        return tuple(side for side in (self.anchor, self.positive) if not isinstance(side, str))
