"""Images in an object store, or one at a web address: as a folder of them would be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from posixpath import commonpath, dirname

from core.errors import BinocleError
from core.fields import FieldType
from core.items import ImageSource, Item
from ingestion.rejects import MALFORMED_ROW, Rejection
from ingestion.sources.away import bare
from ingestion.sources.folder import printable, words
from ingestion.sources.source import Candidate


class PicturesAway:
    """Images by URL; ids are paths below the folder `name`, and the folders in them are tags.

    Where `name` is no folder but an image or a pattern, ids are paths below the common folder.

    Args:
        notes: what a person should know of the folder.
    """

    def __init__(self, name: str, urls: Sequence[str], notes: Sequence[str] = ()) -> None:
        self._name = name
        self._notes = tuple(notes)
        self._urls = [url for url in urls if not _hidden(url)]
        self._root = _root(name, [bare(url) for url in self._urls])

    @property
    def name(self) -> str:
        return self._name

    @property
    def attributes(self) -> Mapping[str, FieldType]:
        return {}

    @property
    def notes(self) -> Sequence[str]:
        return self._notes

    @property
    def total(self) -> int | None:
        return len(self._urls)

    def entries(self) -> Iterator[Candidate | Rejection]:
        for row, url in enumerate(self._urls, start=1):
            relative = PurePosixPath(printable(bare(url)[len(self._root) :].lstrip("/")))
            if ".." in relative.parts:
                reason = f"The name '{relative}' leads out of its archive."
                yield Rejection(reason[:300], MALFORMED_ROW, row, source=printable(url))
                continue
            try:
                item = Item(
                    id=str(relative),
                    image=ImageSource(url=url),
                    title=words(relative.stem),
                    tags=tuple(words(part) for part in relative.parent.parts if words(part)),
                )
            except BinocleError as error:
                yield Rejection.of(error, row=row, source=printable(url))
            else:
                yield Candidate(item, row, printable(url))


def _root(name: str, paths: Sequence[str]) -> str:
    given = bare(name).rstrip("/")
    if not given or all(path.startswith(f"{given}/") for path in paths):
        return given
    return commonpath([dirname(path) for path in paths])


def _hidden(url: str) -> bool:
    return any(part.startswith(".") and part != ".." for part in bare(url).split("/"))
