"""Images in an object store, or one at a web address: as a folder of them would be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from posixpath import commonpath, dirname

from core.errors import BinocleError
from core.fields import FieldType
from core.items import ImageSource, Item
from ingestion.rejects import Rejection
from ingestion.sources.folder import printable, words
from ingestion.sources.source import Candidate


class PicturesAway:
    """Images by URL; ids are paths below their common folder, folders are tags."""

    def __init__(self, name: str, urls: Sequence[str]) -> None:
        self._name = name
        self._urls = [url for url in urls if not _hidden(url)]
        self._root = commonpath([dirname(url) for url in self._urls]) if self._urls else ""

    @property
    def name(self) -> str:
        return self._name

    @property
    def attributes(self) -> Mapping[str, FieldType]:
        return {}

    @property
    def notes(self) -> Sequence[str]:
        return ()

    @property
    def total(self) -> int | None:
        return len(self._urls)

    def entries(self) -> Iterator[Candidate | Rejection]:
        for row, url in enumerate(self._urls, start=1):
            below = url.replace("://", ":/", 1)[len(self._root.replace("://", ":/", 1)) :]
            relative = PurePosixPath(printable(below.lstrip("/")))
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


def _hidden(url: str) -> bool:
    return any(part.startswith(".") for part in url.partition("://")[2].split("/"))
