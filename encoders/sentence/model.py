"""The class of model that Binocle trains, saves and loads."""

from __future__ import annotations

from collections.abc import Mapping

from sentence_transformers import SentenceTransformer
from torch import nn

from encoders.sentence.open_clip_towers import OpenClipTowers
from encoders.sentence.timm_tower import TimmTower

OWN: Mapping[str, type[nn.Module]] = {
    f"{cls.__module__}.{cls.__name__}": cls for cls in (OpenClipTowers, TimmTower)
}
"""Binocle's own modules, by the names that a saved model's modules.json has for them."""


class TwoTowers(SentenceTransformer):  # type: ignore[misc]  # the library is untyped to us
    """A SentenceTransformer whose folder may name Binocle's own modules.

    sentence-transformers imports no class outside its own package unless all code of a model's
    folder is trusted. These two are ours: they are known, and nothing else is trusted.
    """

    _module_classes = OWN
