"""Which generation a collection's name points at, and the file that holds it."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from core.disk import disk_errors
from core.errors import CollectionNotFound, GenerationNotFound, StoreError


@dataclass(frozen=True)
class Pointer:
    """The published generation and its history. Changes make a new pointer."""

    published: str | None = None
    previous: tuple[str, ...] = ()  # published before, latest first
    retired: tuple[str, ...] = ()  # rolled back from
    last: int = 0  # highest number given to a generation: none is given twice

    @property
    def known(self) -> frozenset[str]:
        """Generations that are published or once were."""
        now = (self.published,) if self.published else ()
        return frozenset((*now, *self.previous, *self.retired))

    def publish(self, generation: str) -> Pointer:
        """With `generation` published and the one published so far in its history."""
        if generation == self.published:
            return self
        before = (self.published,) if self.published else ()
        return replace(
            self,
            published=generation,
            previous=(*before, *_without(self.previous, {generation})),
            retired=_without(self.retired, {generation}),
        )

    def rollback(self, collection: str) -> Pointer:
        """With the generation published before. Raises GenerationNotFound where there is none."""
        if self.published is None or not self.previous:
            raise GenerationNotFound(
                f"Collection '{collection}' has no earlier generation to roll back to.",
                hint="Generations that were pruned are gone; load the catalog again.",
            )
        return replace(
            self,
            published=self.previous[0],
            previous=self.previous[1:],
            retired=(*self.retired, self.published),
        )

    def kept(self, keep: int) -> frozenset[str]:
        """What pruning spares: the published generation and the `keep` before it."""
        now = (self.published,) if self.published else ()
        return frozenset((*now, *self.previous[: max(keep, 0)]))

    def forget(self, names: Collection[str]) -> Pointer:
        """Without generations that are no more."""
        return replace(
            self,
            previous=_without(self.previous, names),
            retired=_without(self.retired, names),
        )


def generation_name(number: int) -> str:
    """Such as g000012: names sort in the order of their making."""
    return f"g{number:06d}"


def generation_number(name: str) -> int | None:
    """The number in a generation's name, or None where it is none."""
    digits = name[1:]
    return int(digits) if name[:1] == "g" and digits.isascii() and digits.isdigit() else None


def collection_not_found(name: str) -> CollectionNotFound:
    """The error for a collection that is not there."""
    return CollectionNotFound(
        f"There is no collection '{name}'.", hint="List the collections to see which there are."
    )


def generation_not_found(
    collection: str, generation: str, there: Iterable[str]
) -> GenerationNotFound:
    """The error for a generation that is not `there`."""
    return GenerationNotFound(
        f"Collection '{collection}' has no generation '{generation}'.",
        hint=f"Generations: {', '.join(there)}.",
    )


def read_pointer(path: Path) -> Pointer:
    """The pointer in a file; an empty one where there is no file. Raises StoreError if damaged."""
    try:
        data = json.loads(path.read_bytes())
        return Pointer(
            published=data["published"],
            previous=tuple(data["previous"]),
            retired=tuple(data["retired"]),
            last=int(data["last"]),
        )
    except (FileNotFoundError, NotADirectoryError):
        return Pointer()
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{path} is damaged: {error!r}.") from error


def write_pointer(path: Path, pointer: Pointer) -> None:
    """Replace the file atomically: after a crash it holds the old pointer or the new one."""
    write_atomically(path, asdict(pointer), durable=True)


def write_atomically(path: Path, data: Any, *, durable: bool) -> None:
    """Write JSON beside `path` and move it there; `durable` also survives a loss of power.

    Raises StorageFull and StoreError; then `path` is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with disk_errors():
        try:
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(data, file, indent=1)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if durable:
            _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows opens no folders; its rename is journalled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _without(names: tuple[str, ...], gone: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in gone)
