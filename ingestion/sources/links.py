"""Lists of images: a text file with one URL or path a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from ingestion.rejects import MALFORMED_ROW, Rejection
from ingestion.sources.folder import printable, words
from ingestion.sources.place import Place, buffered
from ingestion.sources.source import Record

_LONGEST = 2**16


class LinksFile:
    """Images by URL or path, one a line; empty lines, and those that start with '#', don't count.

    The URL or path is the id; its last part, as words, the title.
    """

    typed = True

    def __init__(self, place: Path | Place) -> None:
        self.place = Place.of(place)

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def total(self) -> int | None:
        return None

    def columns(self) -> list[str]:
        return ["image", "title"]

    def records(self) -> Iterator[Record | Rejection]:
        with self.place.reading() as raw:
            stream = buffered(raw)
            number = 0
            while line := stream.readline(_LONGEST):
                number += 1
                text = line.decode("utf-8-sig", "surrogateescape").strip()
                if len(line) == _LONGEST:
                    reason = f"The line has {_LONGEST:,} bytes or more."
                    yield Rejection(reason, MALFORMED_ROW, number, source=self.name)
                elif text and not text.startswith("#"):
                    yield Record(number, {"image": text, "title": _title(text)})


def _title(link: str) -> str:
    try:
        path = unquote(urlsplit(link).path)
    except ValueError:
        return ""
    return words(printable(PurePosixPath(path).stem))
