"""The items of another collection, as a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from core.errors import BinocleError, ImageUnreadable
from core.fields import FieldType, Schema, parse_datetime
from core.items import ImageSource, Item, Visibility
from ingestion.payload import IMAGE
from ingestion.rejects import Rejection
from ingestion.sources.source import Candidate
from qdrant.store import Point

Pages = Callable[[], Iterator[Sequence[Point]]]
"""All points of a collection, without vectors, page by page in a fixed order."""
Picture = Callable[[Mapping[str, Any]], bytes | None]
"""A stored picture of the item with this payload, where there is one."""


class CollectionSource:
    """Items as a collection holds them; what was learnt from their images is learnt anew.

    The image is read again from the path or URL that it came from. Where the item came as bare
    bytes, and where its file is gone, its thumbnail stands in.

    Args:
        name: for people.
        schema: of that collection.
        picture: its thumbnails.
    """

    def __init__(
        self, name: str, schema: Schema, pages: Pages, picture: Picture, total: int | None
    ) -> None:
        self._name = name
        self._schema = schema
        self._pages = pages
        self._picture = picture
        self._total = total

    @property
    def name(self) -> str:
        return self._name

    @property
    def attributes(self) -> Mapping[str, FieldType]:
        return dict(self._schema.attributes)

    @property
    def notes(self) -> Sequence[str]:
        return ("Items without a path or URL of their image are taken from their thumbnails.",)

    @property
    def total(self) -> int | None:
        return self._total

    def entries(self) -> Iterator[Candidate | Rejection]:
        row = 0
        for page in self._pages():
            for point in page:
                row += 1
                yield self._entry(point, row)

    def _entry(self, point: Point, row: int) -> Candidate | Rejection:
        try:
            return Candidate(self._item(point), row, self._name)
        except BinocleError as error:
            return Rejection.of(error, row=row, id=point.id, source=self._name)

    def _item(self, point: Point) -> Item:
        said = point.payload
        moment = said.get("uploaded_at")
        derives = self._schema.derives
        return Item(
            id=point.id,
            image=self._image(said),
            title=str(said.get("title", "")),
            description=str(said.get("description", "")),
            tags=tuple(said.get("tags", ())),
            owner_id=said.get("owner_id"),
            uploaded_at=parse_datetime(moment) if moment else None,
            visibility=Visibility(said.get("visibility", Visibility.PUBLIC)),
            product_id=said.get("product_id") if derives("product_id") else None,
            safety=said.get("safety") if derives("safety") else None,
            attributes={n: said[n] for n in self._schema.attributes if n in said},
        )

    def _image(self, said: Mapping[str, Any]) -> ImageSource:
        given = said.get(IMAGE)
        path = None
        if given:
            if not str(given).startswith("file://") and "://" in str(given):
                return ImageSource(url=str(given))
            path = _path(str(given))
            if path.exists():
                return ImageSource(path=path)
        data = self._picture(said)
        if data is not None:
            return ImageSource(data=data)
        if path is not None:
            return ImageSource(path=path)  # rejected later, by its name
        raise ImageUnreadable("The item has neither a path or URL of its image nor a thumbnail.")


def _path(text: str) -> Path:
    if not text.startswith("file://"):
        return Path(text)
    raw = unquote_to_bytes(urlsplit(text).path)
    return Path(raw.decode("utf-8", "surrogateescape"))
