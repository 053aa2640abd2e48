"""Which module of a model reads texts, and which reads images."""

from __future__ import annotations

from typing import Any, Literal

from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Router

from core.errors import EncoderError

Kind = Literal["text", "image"]


def input_module(model: SentenceTransformer, kind: Kind) -> Any:
    """The module that reads texts, or images. Raises EncoderError if there is none."""
    first = model[0]
    if isinstance(first, Router):
        first = _routed(first, kind)
    if kind not in getattr(first, "modalities", []):
        raise missing_tower(kind)
    return first


def missing_tower(kind: Kind) -> EncoderError:
    """What is said of a model that reads no texts, or no images."""
    other = "image" if kind == "text" else "text"
    return EncoderError(
        f"The model has no {kind} tower.",
        hint=f"Use a model of texts and images, such as CLIP or SigLIP, or give this {other} tower "
        f"a partner: encoders.sentence.composition.two_towers.",
    )


def _routed(router: Any, kind: Kind) -> Any:
    mappings = router.route_mappings
    name = mappings.get((None, kind), kind)
    if name not in router.sub_modules:
        raise missing_tower(kind)
    return router.sub_modules[name][0]
