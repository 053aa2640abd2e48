"""The folder of one collection: its generations, and the pointer to the published one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import CollectionBusy
from qdrant.generation_folder import GenerationFolder
from qdrant.pointer import (
    Pointer,
    collection_not_found,
    generation_name,
    generation_not_found,
    generation_number,
    read_pointer,
    write_pointer,
)

_PATIENCE_S = 10.0
"""Changing the pointer takes milliseconds; who waits longer waits for a process that hangs."""


@dataclass(frozen=True)
class CollectionFolder:
    """Paths of the collection in `path`."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    def pointer(self) -> Pointer:
        return read_pointer(self.path / "current.json")

    def folders(self) -> list[GenerationFolder]:
        """All generations' folders, oldest first, those whose creation was cut off included."""
        parent = self.path / "generations"
        if not parent.is_dir():
            return []
        found = [path for path in parent.iterdir() if generation_number(path.name) is not None]
        return [GenerationFolder(path) for path in sorted(found)]

    def generations(self) -> list[str]:
        """Names of the generations, oldest first."""
        return [folder.name for folder in self.folders() if folder.complete]

    def generation(self, name: str) -> GenerationFolder:
        """Raises CollectionNotFound, GenerationNotFound."""
        names = self.generations()
        if not names:
            raise collection_not_found(self.name)
        if name not in names:
            raise generation_not_found(self.name, name, names)
        return GenerationFolder(self.path / "generations" / name)

    def published(self) -> GenerationFolder:
        """Raises CollectionNotFound where none is published."""
        name = self.pointer().published
        if name is None:
            raise collection_not_found(self.name)
        return GenerationFolder(self.path / "generations" / name)

    def new_generation(self) -> GenerationFolder:
        """An empty folder under a name that no generation of this collection ever had."""
        (self.path / "generations").mkdir(parents=True, exist_ok=True)
        taken = [generation_number(folder.name) or 0 for folder in self.folders()]
        number = max([self.pointer().last, *taken]) + 1
        while True:
            path = self.path / "generations" / generation_name(number)
            try:
                path.mkdir()
            except FileExistsError:  # another process was faster
                number += 1
            else:
                return GenerationFolder(path)

    def move_pointer(self, change: Callable[[Pointer], Pointer]) -> Pointer:
        """Apply `change` to the pointer, alone among all processes; the new pointer."""
        lock = FileLock(self.path / "lock", timeout=_PATIENCE_S)
        try:
            with lock:
                taken = [generation_number(folder.name) or 0 for folder in self.folders()]
                old = self.pointer()
                new = replace(change(old), last=max([old.last, *taken]))
                if new != old:
                    write_pointer(self.path / "current.json", new)
                return new
        except Timeout:
            raise CollectionBusy(
                f"Another process is changing collection '{self.name}'.", hint="Try again."
            ) from None
