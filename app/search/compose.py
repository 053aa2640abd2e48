"""Compose: the parts of a query -> one unit vector of the joint space.

The composition is the weighted sum of the parts' unit vectors, laid back on the sphere: it does not
depend on the order of the parts, one part of positive weight is that part's own vector, and a part
of negative weight lowers the cosine to what it names. Where parts are of several kinds (texts,
images), each kind is weighed by app/search/spreads first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search.contradictions import refuse_contradictions, shown
from app.search.query import IdPart, ImagePart, Part, TextPart, UrlPart, VectorPart
from app.search.regions import cut_out, needed_detail
from app.search.spreads import factors
from app.search.templates import encoded_by
from core.errors import ImageError, InvalidQuery, ItemNotFound
from encoders.appearance import appearance
from encoders.encoder import Encoder, Vectors, detail
from encoders.images import MAX_PIXELS, decode_image
from encoders.look import look_at

_VANISHED = 1e-6
"""A sum this short, beside the sum of its weights, points nowhere in particular."""


@dataclass(frozen=True)
class Composed:
    """A query vector, float32 (dim,), unit length, and where it came from."""

    vector: NDArray[np.float32]
    kind: str | None  # 'text' or 'image': what relevance is calibrated for; None for a mix
    parts: Vectors  # of each part, float32 (n, dim), unit rows
    explanation: tuple[dict[str, object], ...]  # of each part: its kind, weight, and cosine
    looks: NDArray[np.float32] | None = None  # appearance of the wanted images, unit length


def _nothing() -> Vectors:
    return np.empty((0, 0), dtype=np.float32)


def _no_picture(_: str) -> bytes | None:
    return None


def _no_looks(_: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    return {}


@dataclass(frozen=True)
class Composer:
    """Turns parts into vectors.

    Args:
        encoder: gives the encoder; asked only where there is something to encode.
        stored: the joint vectors of those of the items that there are, by id.
        fetch: the bytes of the image at a URL.
        dim: of the collection's joint space.
        max_pixels: largest image to decode.
        picture: the stored image file of an item; None where none is stored.
        sample: vectors of the collection, float32 (n, dim); asked only for parts of several kinds.
        looks: whether the appearance of images is wanted.
        stored_looks: that of those of the items that have one, by id.
        templates: what short texts are put into, each with {} (app/search/templates.py).
    """

    encoder: Callable[[], Encoder]
    stored: Callable[[Sequence[str]], Mapping[str, NDArray[np.float32]]]
    fetch: Callable[[str], bytes]
    dim: int
    max_pixels: int = MAX_PIXELS
    picture: Callable[[str], bytes | None] = _no_picture
    sample: Callable[[], Vectors] = _nothing
    looks: bool = False
    stored_looks: Callable[[Sequence[str]], Mapping[str, NDArray[np.float32]]] = _no_looks
    templates: Sequence[str] = ()

    def compose(self, parts: Sequence[Part]) -> Composed:
        """The query vector of one or more parts.

        Raises InvalidQuery (also where the parts cancel out), ItemNotFound and ImageError.
        """
        refuse_contradictions(parts)
        seen: dict[int, NDArray[np.float32]] = {}
        vectors = self._vectors(parts, seen)
        kinds = [_SPACE[type(part)] for part in parts]
        scale = factors(kinds, vectors, self.sample()) if len(set(kinds)) > 1 else {}
        weights = [
            part.weight * scale.get(kind, 1.0) for part, kind in zip(parts, kinds, strict=True)
        ]
        vector = combined(vectors, weights)
        explanation = tuple(
            {
                "part": _KIND[type(part)],
                "shown": shown(part),
                "weight": part.weight,
                "factor": scale.get(kind, 1.0),
                "cosine": float(own @ vector),
            }
            for part, kind, own in zip(parts, kinds, vectors, strict=True)
        )
        looks = _looks(parts, seen)
        return Composed(vector, _relevance_kind(parts), vectors, explanation, looks)

    def _vectors(self, parts: Sequence[Part], seen: dict[int, NDArray[np.float32]]) -> Vectors:
        """float32 (n, dim), unit rows in the order of `parts`; texts and images run in batches.

        seen: is given the appearance of the parts that have one, by place.
        """
        answer = np.empty((len(parts), self.dim), dtype=np.float32)
        items = self._items(parts)
        texts = {at: part.text for at, part in enumerate(parts) if isinstance(part, TextPart)}
        if texts:
            answer[list(texts)] = encoded_by(self.encoder(), list(texts.values()), self.templates)
        files = {at: self._file(at, part) for at, part in enumerate(parts) if _is_image(part)}
        if files:
            answer[list(files)] = self._encoded(parts, files, seen)
        for at, part in enumerate(parts):
            if isinstance(part, VectorPart):
                answer[at] = self._given(at, part.vector)
            elif at not in files and isinstance(part, IdPart):
                answer[at] = items[part.id]
        if self.looks and items:
            known = self.stored_looks(list(items))
            for at, part in enumerate(parts):
                if at not in files and isinstance(part, IdPart) and part.id in known:
                    seen[at] = known[part.id]
        return answer

    def _items(self, parts: Sequence[Part]) -> Mapping[str, NDArray[np.float32]]:
        """The vectors of the items that are parts. Raises ItemNotFound, which names the others."""
        ids = list(dict.fromkeys(part.id for part in parts if isinstance(part, IdPart)))
        if not ids:
            return {}
        found = self.stored(ids)
        missing = [item for item in ids if item not in found]
        if missing:
            named = ", ".join(f"'{item}'" for item in missing)
            what = "is no item" if len(missing) == 1 else "are no items"
            raise ItemNotFound(f"There {what} {named}.", field="id")
        return found

    def _file(self, at: int, part: Part) -> bytes:
        if isinstance(part, UrlPart):
            try:
                return self.fetch(part.url)
            except ImageError as error:
                error.field = error.field or f"query.{at}.image_url"
                raise
        if isinstance(part, ImagePart):
            return part.data
        assert isinstance(part, IdPart)
        data = self.picture(part.id)
        if data is None:
            raise InvalidQuery(
                f"No image of the item '{part.id}' is stored to take a region of.",
                hint="Send the image itself as a part with a region.",
                field=f"query.{at}.region",
            )
        return data

    def _encoded(
        self,
        parts: Sequence[Part],
        files: Mapping[int, bytes],
        seen: dict[int, NDArray[np.float32]],
    ) -> Vectors:
        """The vectors of the images, or of their regions, in the order of `files`."""
        encoder = self.encoder()
        images = []
        for at, data in files.items():
            part = parts[at]
            assert isinstance(part, ImagePart | UrlPart | IdPart)
            at_least = needed_detail(detail(encoder), part.region)
            try:
                image = decode_image(data, max_pixels=self.max_pixels, at_least=at_least)
            except ImageError as error:
                what = "image_url" if isinstance(part, UrlPart) else "image"
                error.field = error.field or f"query.{at}.{what}"
                raise
            images.append(cut_out(image, part.region, f"query.{at}.region"))
            if self.looks:
                seen[at] = appearance(look_at(images[-1]))
        return encoder.encode_images(images)

    def _given(self, at: int, vector: tuple[float, ...]) -> NDArray[np.float32]:
        where = f"query.{at}.vector"
        if len(vector) != self.dim:
            raise InvalidQuery(
                f"The vector has {len(vector)} numbers; this collection's have {self.dim}.",
                field=where,
            )
        row = np.asarray(vector, dtype=np.float64)
        norm = float(np.linalg.norm(row))
        if not np.isfinite(norm) or norm == 0:
            raise InvalidQuery("The vector is zero or not finite.", field=where)
        unit: NDArray[np.float32] = (row / norm).astype(np.float32)
        return unit


def combined(vectors: Vectors, weights: Sequence[float]) -> NDArray[np.float32]:
    """float32 (dim,), unit length: the weighted sum of unit rows, normalised.

    Raises InvalidQuery where the rows cancel out.
    """
    if len(weights) == 1 and weights[0] > 0:
        own: NDArray[np.float32] = vectors[0]
        return own
    scale = np.asarray(weights, dtype=np.float64)[:, None]
    shares = vectors.astype(np.float64) * scale
    # Sorted columns: rounding must not make the sum depend on the order of the parts.
    total = np.sort(shares, axis=0).sum(axis=0)
    norm = float(np.linalg.norm(total))
    if norm <= _VANISHED * float(np.abs(scale).sum()):
        raise InvalidQuery(
            "The parts of the query cancel each other out.",
            hint="Change the weights or the parts.",
            field="query",
        )
    unit: NDArray[np.float32] = (total / norm).astype(np.float32)
    return unit


def _looks(
    parts: Sequence[Part], seen: Mapping[int, NDArray[np.float32]]
) -> NDArray[np.float32] | None:
    """The weighted sum of what the wanted images look like, unit length; None where there are none.
    How an unwanted image looks is not held against anything: it is unwanted for what it shows."""
    wanted = [at for at in seen if parts[at].weight > 0]
    if not wanted:
        return None
    return combined(np.stack([seen[at] for at in wanted]), [parts[at].weight for at in wanted])


def _is_image(part: Part) -> bool:
    return isinstance(part, ImagePart | UrlPart) or (
        isinstance(part, IdPart) and part.region is not None
    )


def _relevance_kind(parts: Sequence[Part]) -> str | None:
    if len(parts) != 1 or parts[0].weight <= 0 or isinstance(parts[0], VectorPart):
        return None
    return "text" if isinstance(parts[0], TextPart) else "image"


_KIND: dict[type, str] = {
    TextPart: "text",
    ImagePart: "image",
    UrlPart: "image_url",
    IdPart: "id",
    VectorPart: "vector",
}
_SPACE = {**_KIND, UrlPart: "image", IdPart: "image"}
"""Kinds whose cosines are alike."""
