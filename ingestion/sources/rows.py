"""From a catalog's row to its items: one for each of its images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.errors import BinocleError, InvalidItem
from core.fields import FieldType, coerce
from core.items import ImageSource, Item
from ingestion.mapping import PLURAL, ColumnMapping, Columns, folded
from ingestion.rejects import DUPLICATE_ID, Rejection
from ingestion.sources import cells
from ingestion.sources.counting import Occurrences
from ingestion.sources.markup import without_markup
from ingestion.sources.place import Place
from ingestion.sources.source import Candidate, Record

_NUMBERS = frozenset({FieldType.INTEGER, FieldType.FLOAT})


@dataclass(frozen=True)
class Rows:
    """What the columns of a catalog mean.

    Attributes:
        types: type by column, of those that become attributes.
    """

    columns: Columns
    types: Mapping[str, FieldType]
    mapping: ColumnMapping

    @property
    def attributes(self) -> Mapping[str, FieldType]:
        """Type by field name."""
        return {self.columns.attributes[column]: kind for column, kind in self.types.items()}

    def count(self, record: Record) -> int:
        """How many images the row has."""
        return len(self._images(record))

    def entries(
        self, record: Record, place: Place, products: Occurrences
    ) -> Iterator[Candidate | Rejection]:
        """An item for each image of the row; a row that is no item is one rejection.

        The first image's item has the row's id, the others ID#2, ID#3, ...; all have the product's
        id, which is the row's own where no column says another.
        """
        known = _shown_id(record.values.get(self.columns.roles.get("id", "")))
        try:
            found = self._images(record) or [None]
            first = cells.image(found[0], place)
            product = cells.text("product_id", self._cell(record, "product_id")) or None
            base, start = self._id(record, found, first, product, products)
            known = base if start == 1 else f"{base}#{start}"
            item = self._item(record, base, first)
            if product is None and len(found) > 1:
                product = base
        except BinocleError as error:
            yield self._rejection(error, record, place, known)
            return
        for number, value in enumerate(found, start=start):
            name = base if number == 1 else f"{base}#{number}"
            if "id" not in self.columns.roles and product is not None and number > start:
                name = f"{base}#{products.next(base)}"
            try:
                if number == start and name == base and product is None:
                    one = item
                else:
                    image = first if number == start else cells.image(value, place)
                    one = replace(item, id=name, image=image, product_id=product)
                if one.id == record.taken_id:
                    yield _still_taken(record, place)
                else:
                    yield Candidate(one, record.row, place.name, record.values)
            except BinocleError as error:
                yield self._rejection(error, record, place, name)

    def identified(self, rejection: Rejection) -> Rejection:
        """With the id that its record has, so that the item is not taken for gone."""
        if rejection.id is not None or rejection.record is None:
            return rejection
        known = _shown_id(rejection.record.get(self.columns.roles.get("id", "")))
        return replace(rejection, id=known)

    def _item(self, record: Record, item_id: str, image: ImageSource) -> Item:
        form = self.mapping.datetime_format
        return Item(
            id=item_id,
            image=image,
            title=self._text("title", record),
            description=self._text("description", record),
            tags=cells.tags(self._cell(record, "tags"), self.mapping.tag_separator),
            owner_id=cells.text("owner_id", self._cell(record, "owner_id")) or None,
            uploaded_at=cells.moment(
                "uploaded_at", cells.dated(self._cell(record, "uploaded_at"), form)
            ),
            visibility=cells.visibility(self._cell(record, "visibility")),
            safety=cells.safety(self._cell(record, "safety")),
            attributes=self._attributes(record),
        )

    def _attributes(self, record: Record) -> dict[str, Any]:
        attributes = {}
        for column, kind in self.types.items():
            name = self.columns.attributes[column]
            value = cells.clean(name, record.values.get(column))
            if self.mapping.decimal == "," and kind in _NUMBERS:
                value = cells.with_point(value)
            if kind is FieldType.DATETIME:
                value = cells.dated(value, self.mapping.datetime_format)
            value = coerce(name, value, kind)
            if value not in (None, []):
                attributes[name] = value
        return attributes

    def _text(self, role: str, record: Record) -> str:
        text = cells.text(role, self._cell(record, role))
        return without_markup(text) if self.mapping.html == "strip" else text

    def _images(self, record: Record) -> list[Any]:
        found = []
        for column in self.columns.images:
            value = record.values.get(column)
            mark = self.mapping.image_separator
            if mark is None and folded(column) in PLURAL:
                mark = cells.separator_of_images(value)
            found += cells.images(value, mark)
        return found

    def _cell(self, record: Record, role: str) -> Any:
        column = self.columns.roles.get(role)
        return None if column is None else record.values.get(column)

    def _id(
        self,
        record: Record,
        cells_found: list[Any],
        image: ImageSource,
        product: str | None,
        products: Occurrences,
    ) -> tuple[str, int]:
        """The id that the row's items share, and the number of the first of them."""
        if "id" in self.columns.roles:
            return cells.identifier(self._cell(record, "id")), 1
        if product is None:
            return cells.id_of_image(cells_found[0], image), 1
        if record.known_id is None:
            return product, products.next(product)
        if len(cells_found) > 1:
            raise InvalidItem(
                "A row of several images without an id can't be replayed alone.",
                hint='Give it an "id" of its own, or load the catalog again.',
                field="id",
            )
        return product, _number(record.known_id, product)

    def _rejection(
        self, error: BinocleError, record: Record, place: Place, known: str | None
    ) -> Rejection:
        return Rejection.of(
            error, row=record.row, id=known, source=place.name, record=record.values
        )


def _still_taken(record: Record, place: Place) -> Rejection:
    return Rejection(
        "The id is still that of another row.",
        DUPLICATE_ID,
        record.row,
        record.taken_id,
        "id",
        place.name,
        record.values,
    )


def _number(known_id: str, product: str) -> int:
    """2 of P#2."""
    ending = known_id.removeprefix(f"{product}#")
    return int(ending) if ending != known_id and ending.isdecimal() else 1


def _shown_id(value: Any) -> str | None:
    return str(value)[:200] if isinstance(value, str | int) and value != "" else None
