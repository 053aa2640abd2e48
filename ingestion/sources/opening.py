"""Tells by an address what kind of source it is."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from core.errors import SourceError
from core.fields import Schema
from ingestion.mapping import ColumnMapping
from ingestion.sources.away import bare, list_away, parted, scheme_of, whole_url
from ingestion.sources.catalog import CatalogSource
from ingestion.sources.datasets import dataset_files, is_dataset
from ingestion.sources.delimited import DelimitedFile
from ingestion.sources.folder import FilesSource, FolderSource, is_image, printable
from ingestion.sources.hub import HUB, hub_files
from ingestion.sources.lines import LinesFile
from ingestion.sources.links import LinksFile
from ingestion.sources.mistaken import check_text
from ingestion.sources.parquet import ArrowFile, ParquetFile
from ingestion.sources.partitioned import PartitionedFile, said_by_folders
from ingestion.sources.pictures_away import PicturesAway
from ingestion.sources.place import COMPRESSED, Place
from ingestion.sources.rejected import RejectedFile
from ingestion.sources.shards import ShardFile
from ingestion.sources.source import RecordFile, Source
from ingestion.sources.standard_input import STANDARD_INPUT, spooled

CATALOGS: Mapping[str, Callable[[Path | Place], RecordFile]] = MappingProxyType(
    {
        ".csv": DelimitedFile,
        ".tsv": DelimitedFile,
        ".jsonl": LinesFile,
        ".ndjson": LinesFile,
        ".json": LinesFile,
        ".parquet": ParquetFile,
        ".arrow": ArrowFile,
        ".feather": ArrowFile,
        ".tar": ShardFile,
        ".txt": LinksFile,
    }
)
"""Readers of catalog files by the endings of their names."""
_IN_FOLDERS = frozenset(CATALOGS) - {".txt", ".json"}
"""Kinds that a folder may consist of: texts and settings lie about in any."""
_TEXTS = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt"})


def open_source(
    address: str | Path,
    mapping: ColumnMapping | None = None,
    schema: Schema | None = None,
    *,
    format: str | None = None,
) -> Source:
    """The source at an address.

    Args:
        address: a folder of images or of catalogs; a catalog, an image, or a pattern of either; a
            URL of one of these; hf:NAME for a data set of the Hugging Face hub; '-' for standard
            input.
        schema: of the collection to load into, where it exists: its types win over inferred ones.
        format: what the files are, such as 'csv' or 'jsonl.gz', instead of what their names say.

    Raises SourceError when there is nothing, it is of no known kind, or it can't be read.
    """
    text = whole_url(str(address))
    mapping = mapping or ColumnMapping()
    ending = _ending(format)
    if text == STANDARD_INPUT:
        return _catalog("standard input", [spooled(ending)], mapping, schema)
    if text.startswith(HUB):
        return _catalog(text, [Place(url) for url in hub_files(text)], mapping, schema)
    if scheme_of(text):
        places = [Place(url, ending) for url in _away(text)]
        return _of_places(text, places, mapping, schema)
    path = Path(text.removeprefix("file://")).expanduser()
    if path.is_dir():
        return _folder(text, path, mapping, schema, ending)
    files = [path] if path.exists() else _expanded(str(path))
    if not files:
        raise SourceError(f"There is nothing at {printable(text)}.", hint="Check the path.")
    if not ending and all(is_image(file.name) for file in files):
        return FilesSource(text, files)
    places = [Place(str(file), ending) for file in files]
    name = str(files[0]) if len(files) == 1 else text
    return _catalog(name, places, mapping, schema, root=str(path))


def _ending(format: str | None) -> str:
    """'.csv.gz' for 'csv.gz'. Raises SourceError for a format there is not."""
    if format is None:
        return ""
    ending = f".{format.lower().lstrip('.')}"
    place = Place("", ending)
    if place.ending not in CATALOGS:
        raise SourceError(f"There is no format '{format}'.", hint=f"Formats: {_kinds()}.")
    return ending


def _of_places(
    name: str, places: Sequence[Place], mapping: ColumnMapping, schema: Schema | None
) -> Source:
    """A source that is away."""
    catalogs = [place for place in places if place.ending in _IN_FOLDERS and _shown(place)]
    pictures = [place for place in places if is_image(parted(place.address)[0])]
    if pictures and not (len(places) == 1 and places[0].format):
        notes = _unread(name, [place.address for place in catalogs])
        return PicturesAway(name, [place.address for place in pictures], notes)
    return _catalog(name, catalogs or places, mapping, schema, root=name)


def _shown(place: Place) -> bool:
    """Whether it is none of the files that systems leave: ._a.csv, __MACOSX/, _SUCCESS."""
    return not _left(PurePosixPath(bare(place.address)).parts)


def _left(parts: Sequence[str]) -> bool:
    return any(part.startswith((".", "_")) for part in parts)


def _folder(
    name: str, path: Path, mapping: ColumnMapping, schema: Schema | None, ending: str
) -> Source:
    """A folder: a saved data set, catalogs where it holds some and no image, or images."""
    if is_dataset(path):
        return CatalogSource(name, dataset_files(path), mapping, schema)
    at_top = _catalogs_in(path, "*", ending)
    mapped = mapping != ColumnMapping()
    if mapped and at_top:
        return _catalog(name, at_top, mapping, schema, root=str(path))
    try:
        images = FolderSource(path, _unread(name, [place.address for place in at_top]))
    except SourceError:
        catalogs = at_top or _catalogs_in(path, "**/*", ending)
        if not catalogs:
            raise
    else:
        if not mapped:
            return images
        raise SourceError(
            f"{printable(name)} is a folder of images: it has no columns to map.",
            hint=f"Map columns of a catalog: {_kinds()}.",
        )
    return _catalog(name, catalogs, mapping, schema, root=str(path))


def _unread(name: str, catalogs: Sequence[str]) -> tuple[str, ...]:
    """A note of catalogs among the images of a folder."""
    if not catalogs:
        return ()
    folder = printable(name.removeprefix("zip://::"))
    note = (
        f"{folder} holds images, and they alone are read. To load its catalog, give "
        f"{printable(catalogs[0])} as the source."
    )
    return (note,)


def _catalogs_in(path: Path, pattern: str, ending: str) -> list[Place]:
    found = [
        Place(str(file), ending)
        for file in sorted(path.glob(pattern))
        if file.is_file() and not _left(file.relative_to(path).parts)
    ]
    return [place for place in found if place.ending in _IN_FOLDERS]


def _catalog(
    name: str,
    places: Sequence[Place],
    mapping: ColumnMapping,
    schema: Schema | None,
    *,
    root: str = "",
) -> CatalogSource:
    """Of files below the folder, or of the pattern, `root`."""
    if not places:
        raise SourceError(f"There is nothing at {printable(name)}.", hint="Check the address.")
    endings = sorted({place.ending for place in places})
    if len(endings) > 1 or endings[0] not in CATALOGS:
        raise SourceError(
            f"{printable(name)} is no source of a known kind ({', '.join(endings)}).",
            hint=f"Give a folder of images, or files of one kind: {_kinds()}. "
            "--format says what a file is.",
        )
    files = [_partitioned(_reader(place, mapping, schema), root) for place in places]
    if all(isinstance(file, RejectedFile) for file in files):
        # A few rows: what the mapping names may be in none of them.
        mapping = mapping.only([column for file in files for column in file.columns()])
    return CatalogSource(name, files, mapping, schema)


def _partitioned(file: RecordFile, root: str) -> RecordFile:
    """With what the folders between `root` and the file say."""
    fixed = bare(root).rstrip("/")
    if glob.has_magic(fixed):
        fixed = fixed[: re.search(r"[*?[]", fixed).start()].rpartition("/")[0]  # type: ignore[union-attr]
    path = bare(file.place.address)
    below = path[len(fixed) :].lstrip("/") if path.startswith(f"{fixed}/") or not fixed else ""
    said = said_by_folders(below) if root else {}
    return PartitionedFile(file, said) if said else file


def _reader(place: Place, mapping: ColumnMapping, schema: Schema | None) -> RecordFile:
    if place.ending in _TEXTS:
        check_text(place)
    if place.ending in (".csv", ".tsv"):
        return DelimitedFile(place, mapping.encoding)
    if place.ending == ".jsonl" and RejectedFile.is_one(place):
        return RejectedFile(place)
    if CATALOGS[place.ending] is LinesFile:
        return LinesFile(place, also=_declared(mapping, schema))
    if place.ending == ".tar":
        return ShardFile(place, _declared(mapping, schema))
    return CATALOGS[place.ending](place)


def _declared(mapping: ColumnMapping, schema: Schema | None) -> list[str]:
    """Columns that may come late, in formats whose rows name their own: what is known of them."""
    named = {*mapping.columns.values(), *mapping.named.values(), *mapping.images}
    fields = [*mapping.fields, *(schema.attributes if schema else ())]
    return [*mapping.columns, *sorted(mapping.ignore), *(n for n in fields if n not in named)]


def _kinds() -> str:
    return f"{', '.join(CATALOGS)}, also packed ({', '.join(COMPRESSED)})"


def _away(address: str) -> list[str]:
    if scheme_of(address) in ("http", "https"):
        return [address]
    found = list_away(address)
    if not found:
        raise SourceError(f"There is nothing at {address}.", hint="Check the address.")
    return found


def _expanded(pattern: str) -> list[Path]:
    if not glob.has_magic(pattern):
        return []
    return sorted(Path(found) for found in glob.glob(pattern, recursive=True))  # noqa: PTH207 - may be absolute
