"""WebDataset shards: tar files in which files of one name but for the ending make one sample.

See https://github.com/webdataset/webdataset. Nothing is unpacked to the disk, so names in an
archive lead nowhere; those that would are rejected all the same, as are links and devices.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from core.errors import SourceError
from encoders.images import EXTENSIONS, MAX_FILE_BYTES
from ingestion.rejects import MALFORMED_ROW, Rejection
from ingestion.sources.folder import printable
from ingestion.sources.lines import with_others
from ingestion.sources.place import Place
from ingestion.sources.source import Record

SAMPLE = 1000
"""Samples that are read to learn the columns."""
_LARGEST_TEXT = 2**20
_TEXTS = {".txt": "title", ".caption": "title", ".text": "title", ".cls": "cls"}


@dataclass
class _Sample:
    key: str
    row: int
    values: dict[str, Any] = field(default_factory=dict)
    fault: str = ""


class ShardFile:
    """A tar shard. A sample's id is its key, unless its JSON has one; its text is the title; all
    its images are those of one product.

    Columns are those of the first 1,000 samples. Samples are named by their place, from 1.

    Args:
        also: columns beside those, unless one of them makes the same field.
    """

    typed = True

    def __init__(self, place: Path | Place, also: Iterable[str] = ()) -> None:
        self.place = Place.of(place)
        self._also = tuple(also)
        self._columns: list[str] | None = None

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def total(self) -> int | None:
        return None

    def columns(self) -> list[str]:
        if self._columns is None:
            found: dict[str, None] = {"id": None, "image": None}
            for entry in islice(self._entries(), SAMPLE):
                if isinstance(entry, Record):
                    found |= dict.fromkeys(entry.values)
            self._columns = list(with_others(found, self._also))
        return self._columns

    def records(self) -> Iterator[Record | Rejection]:
        columns = set(self.columns())
        for entry in self._entries():
            if isinstance(entry, Record) and (strange := sorted(set(entry.values) - columns)):
                reason = (
                    f"'{strange[0]}' is not in the first {SAMPLE:,} samples. Name it in the "
                    "mapping, as a field or to be ignored."
                )
                yield Rejection(
                    reason,
                    MALFORMED_ROW,
                    entry.row,
                    None,
                    strange[0],
                    self.name,
                    record=entry.values,
                )
            else:
                yield entry

    def _entries(self) -> Iterator[Record | Rejection]:
        sample: _Sample | None = None
        row = 0
        try:
            with self.place.reading() as raw, tarfile.open(fileobj=raw, mode="r|") as archive:
                for member in archive:
                    if member.isdir():
                        continue
                    key, ending = _parted(member.name)
                    if sample is None or sample.key != key:
                        if sample is not None:
                            yield self._finished(sample)
                        row += 1
                        sample = _Sample(key, row)
                    self._add(sample, archive, member, ending)
            if sample is not None:
                yield self._finished(sample)
        except (tarfile.TarError, UnicodeError) as error:
            raise SourceError(
                f"{self.name} is no tar file, or is damaged after sample {row:,}: {error}."
            ) from error

    def _add(
        self, sample: _Sample, archive: tarfile.TarFile, member: tarfile.TarInfo, ending: str
    ) -> None:
        image = ending in EXTENSIONS
        if sample.fault or not (image or ending in _TEXTS or ending == ".json"):
            return
        largest = MAX_FILE_BYTES if image else _LARGEST_TEXT
        name = printable(member.name)[:200]
        if not _harmless(member.name):
            sample.fault = f"The archive's name '{name}' leads out of it."
        elif not member.isfile():
            sample.fault = f"'{name}' is a link or a device, not a file."
        elif member.size > largest:
            sample.fault = f"'{name}' has {member.size:,} bytes; the limit is {largest:,}."
        else:
            stream = archive.extractfile(member)
            data = stream.read() if stream is not None else b""
            if image:
                _add_image(sample.values, data)
            else:
                sample.fault = _read_text(sample.values, ending, data, name)

    def _finished(self, sample: _Sample) -> Record | Rejection:
        key = printable(sample.key)
        if sample.fault:
            return Rejection(
                sample.fault, MALFORMED_ROW, sample.row, key[:512] or None, None, self.name
            )
        return Record(sample.row, {"id": key, **sample.values})


def _add_image(values: dict[str, Any], data: bytes) -> None:
    """A sample may have several images, such as 7.front.jpg and 7.back.jpg."""
    if "image" not in values:
        values["image"] = data
    elif isinstance(values["image"], list):
        values["image"].append(data)
    else:
        values["image"] = [values["image"], data]


def _read_text(values: dict[str, Any], ending: str, data: bytes, name: str) -> str:
    """Puts what a text or JSON holds among the values; what is wrong with it, or ''."""
    try:
        text = data.decode("utf-8-sig")
        if ending in _TEXTS:
            values[_TEXTS[ending]] = text.strip()
            return ""
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        return f"'{name}' can't be read: {error}."
    if not isinstance(found, dict):
        return f"'{name}' is no JSON object."
    # What lies in files of its own is the sample's; the JSON may repeat it.
    values.update({k: v for k, v in found.items() if k not in values})
    return ""


def _parted(name: str) -> tuple[str, str]:
    """The sample's key and the ending, which is all behind the name's first dot."""
    folder, _, file = name.removeprefix("./").rpartition("/")  # `tar -c .` puts ./ before all
    stem, dot, ending = file.partition(".")
    key = f"{folder}/{stem}" if folder else stem
    last = PurePosixPath(f"x.{ending}").suffix.lower() if dot else ""
    return key, last


def _harmless(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name
