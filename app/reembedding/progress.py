"""What a re-embedding has begun, on disk: so that one that was cut off goes on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from app.reembedding.base import Base
from app.succession.growing import grown_to
from app.wiring import Wiring
from core.disk import disk_errors
from core.errors import CollectionNotFound, GenerationNotFound
from qdrant.store import CollectionConfig, Generation


@dataclass(frozen=True)
class Begun:
    """Attributes:
    since: number of the last change of the base before the building began.
    """

    generation: str
    base: str
    since: int


def note_of(wiring: Wiring, collection: str) -> Path:
    """Where it is noted."""
    return wiring.directories.loads / f"{collection}.reembed.json"


def begin(wiring: Wiring, base: Base, config: CollectionConfig) -> tuple[Generation, Begun]:
    """The generation that a cut-off run left, or a new one, which is noted."""
    note = note_of(wiring, base.collection)
    wiring.originals(base.collection).open()
    begun = _read(note)
    if begun is not None and begun.base == base.name:
        found = _left(wiring, base.collection, begun.generation)
        if found is not None and grown_to(found, config):
            return found, begun
        if found is not None:
            found.close()
    generation = wiring.store.create(base.collection, config, building=True)
    wiring.ledgers.of(base.collection, generation.name).clear()
    begun = Begun(generation.name, base.name, base.change)
    with disk_errors():
        note.parent.mkdir(parents=True, exist_ok=True)
        temporary = note.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(begun)))
        temporary.replace(note)
    return generation, begun


def _left(wiring: Wiring, collection: str, generation: str) -> Generation | None:
    if generation not in wiring.store.unpublished(collection):
        return None
    try:
        return wiring.store.open(collection, generation)
    except (CollectionNotFound, GenerationNotFound):
        return None


def _read(note: Path) -> Begun | None:
    try:
        return Begun(**json.loads(note.read_text()))
    except (OSError, ValueError, TypeError):
        return None
