"""What a bulk load reads: files and addresses of all kinds, and other collections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from app.bulk_load import BulkLoad
from app.places import Place, place_of
from app.running import running_service
from app.search.pictures import stored_picture
from app.succession.remote import RemoteGeneration
from app.wiring import Wiring
from core.errors import CollectionBusy, SourceError
from core.fields import Schema
from ingestion.mapping import ColumnMapping
from ingestion.sources.collection import CollectionSource
from ingestion.sources.opening import open_source
from ingestion.sources.source import Source
from qdrant.store import Point

COLLECTION = "binocle:"
"""Before the place of a collection: NAME, DIRECTORY/NAME or http://SERVER:6333/NAME."""
_PAGE = 500


def source_of(wiring: Wiring, plan: BulkLoad, schema: Schema | None = None) -> Source:
    """The source of a load into a collection of `schema`, where it exists. Raises SourceError."""
    if not plan.source.startswith(COLLECTION):
        return open_source(plan.source, plan.mapping, schema, format=plan.format)
    place = place_of(plan.source.removeprefix(COLLECTION), wiring.settings)
    if plan.mapping != ColumnMapping():
        raise SourceError(
            f"{plan.source} is a collection: it has no columns to map.",
            hint="Its fields are taken as they are.",
        )
    here = place_of(plan.collection, wiring.settings)
    if (place.name, place.store, place.directories) == (here.name, here.store, here.directories):
        raise SourceError(f"'{place.name}' can't be loaded into itself.")
    with closing(place.open(wiring.settings, role="ingest")) as store:
        info = store.info(place.name)
    return CollectionSource(
        plan.source,
        info.config.schema,
        partial(_pages, wiring, place),
        partial(_picture, place),
        info.count,
    )


def _pages(wiring: Wiring, place: Place) -> Iterator[Sequence[Point]]:
    """Its points, from the collection or from the service that owns it."""
    with closing(place.open(wiring.settings, role="ingest")) as store:
        try:
            generation = store.open(place.name)
        except CollectionBusy:
            service = running_service(place.directories.root)
            if service is None:
                raise
            with closing(RemoteGeneration(service, place.name)) as remote:
                yield from remote.pages(vectors=False)
            return
        with closing(generation):
            after = None
            while True:
                page, after = generation.scroll(limit=_PAGE, after=after)
                yield page
                if after is None:
                    return


def _picture(place: Place, payload: Mapping[str, Any]) -> bytes | None:
    return stored_picture(place.thumbnails, payload)
