"""Mines hard negatives for the texts of a catalog, among its own items."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from pydantic import Field

from core.errors import ImageError, SourceError
from encoders.encoder import Encoder
from ingestion.indexing import check_encoder
from qdrant.store import Generation
from training.pairs.captions import texts_columns
from training.pairs.catalog_settings import Frozen
from training.pairs.identity import text_key
from training.pairs.images import ImageReader, name_of
from training.pairs.mining import MiningOptions, MiningQuery, MiningReport, mine
from training.pairs.place import Place, Progress
from training.pairs.searcher import ExactSearcher, IndexSearcher, Searcher
from training.pairs.settings import Captions
from training.pairs.shelf import Shelf
from training.pairs.skips import Skip

_BATCH = 32


class TextCatalog(Captions):
    """A catalog of images with texts and ids."""

    id: str | None = Field(
        default=None, description="Column of the ids; recognised by usual names."
    )


class Mining(Frozen):
    """Hard negatives for a catalog: each text is a query, its image the right item."""

    catalog: TextCatalog
    to: Path = Field(description="The Parquet file to write; from the settings' folder.")
    exact: bool = Field(default=False, description="In a collection: compare with every item.")
    options: MiningOptions = Field(default_factory=MiningOptions)


def mine_catalog(
    settings: Mining,
    place: Place,
    encoder: Encoder,
    generation: Generation | None = None,
) -> MiningReport:
    """Mines and writes the file. Rows that the catalog's split holds out are neither queries nor
    negatives.

    Args:
        generation: of a collection whose items have the catalog's ids; without it all images of the
            catalog are encoded and compared, and nothing but the encoder is needed.

    Raises SourceError (the catalog can't be read, has no ids, or no image that can be used),
    EncoderMismatch (the collection was built with another encoder), StorageFull and StoreError.
    """
    if generation is not None:
        check_encoder(generation, encoder)
    shelf = Shelf.open(settings.catalog, place, tuple(settings.catalog.texts))
    ids = _ids(shelf)
    keys = {item: _keys(shelf, row) for item, row in ids.items()}
    queries = [
        MiningQuery(text, item, keys[item] | {f"text {text_key(text)}"})
        for item, row in ids.items()
        if (text := _text(shelf, row))
    ]
    skips: list[Skip] = []
    if generation is not None:
        searcher: Searcher = IndexSearcher(generation, exact=settings.exact)
    else:
        searcher = _encoded(shelf, ids, encoder, place.progress, skips)
    to = place.of(settings.to)
    options, progress = settings.options, place.progress
    report = mine(queries, searcher, encoder, options, to, keys=keys.get, progress=progress)
    report.skips[:0] = skips
    return report


def _ids(shelf: Shelf) -> dict[str, int]:
    """Row by id, of the rows to train on; of rows with one id the first counts."""
    column = shelf.rows.id_column
    if column is None:
        raise SourceError(
            f"{shelf.rows.name} has no column that looks like an id.",
            hint="Name it with 'id'.",
            field="id",
        )
    rows, _ = shelf.parts(shelf.numbers)
    found: dict[str, int] = {}
    for row, item in zip(rows.tolist(), shelf.rows.texts(column, rows), strict=True):
        found.setdefault(item, row)
    return found


def _text(shelf: Shelf, row: int) -> str:
    """The first of the row's texts; '' for none."""
    texts = (shelf.text(column, row) for column in texts_columns(shelf))
    return next((text for text in texts if text), "")


def _keys(shelf: Shelf, row: int) -> frozenset[str]:
    """What stands for the row as a right answer: all its texts, and its product."""
    texts = (shelf.text(column, row) for column in texts_columns(shelf))
    found = {f"text {text_key(text)}" for text in texts if text}
    product = shelf.product(row)
    return frozenset(found | ({f"product {product}"} if product else set()))


def _encoded(
    shelf: Shelf, ids: dict[str, int], encoder: Encoder, progress: Progress, skips: list[Skip]
) -> ExactSearcher:
    reader = ImageReader(encoder.image_size)
    names: list[str] = []
    vectors: list[np.ndarray] = []
    waiting: list[Image.Image] = []
    for done, (item, row) in enumerate(ids.items(), start=1):
        source = shelf.image(row)
        try:
            waiting.append(reader.read(source))
        except ImageError as error:
            skips.append(Skip(shelf.rows.name, name_of(source), str(error)))
        else:
            names.append(item)
        if len(waiting) == _BATCH or (done == len(ids) and waiting):
            vectors.append(encoder.encode_images(waiting))
            waiting = []
        progress("encoding", done, len(ids))
    if not names:
        raise SourceError(
            f"No image of {shelf.rows.name} can be used. The first one: {skips[0].reason}"
        )
    return ExactSearcher(names, np.concatenate(vectors))
