"""Files that are another thing than their names say."""

from __future__ import annotations

from core.errors import SourceError
from ingestion.sources.place import Place, buffered

_ZIP = ".zip"
_STARTS = (
    (b"\x1f\x8b", "packed by gzip", ".gz"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd", ".zst"),
    (b"\xfd7zXZ\x00", "packed by xz", ".xz"),
    (b"BZh91AY&SY", "packed by bzip2", ".bz2"),
    (b"PK\x03\x04", "a spreadsheet or a zip archive", _ZIP),
    (b"PAR1", "Parquet", ""),
    (b"%PDF", "a PDF", ""),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet", ""),
)
_PAGES = (b"<!doctype html", b"<html")


def check_text(place: Place) -> None:
    """Raises SourceError where a catalog that should be text starts as something else does.

    Raises SourceError where it can't be read, too.
    """
    with place.reading() as stream:
        start = buffered(stream).read(64)
    for mark, kind, packing in _STARTS:
        if start.startswith(mark):
            raise SourceError(f"{place.name} is {kind}, not text.", hint=_hint(place, packing))
    if start.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_PAGES):
        raise SourceError(
            f"{place.name} is a web page, not a catalog.",
            hint="Perhaps one that asks to log in, saved under the catalog's name.",
        )


def _hint(place: Place, packing: str) -> str:
    if packing == _ZIP:
        return "Save the spreadsheet as CSV; an archive is read where its name ends in .zip."
    if packing:
        return f"--format {place.ending[1:]}{packing} reads it."
    return "--format says what a file is, where its name does not."
