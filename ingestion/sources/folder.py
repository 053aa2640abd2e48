"""Images in folders: the id is the path, the title the file's name, the tags the folders."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from core.errors import BinocleError, SourceError
from core.fields import FieldType
from core.items import ImageSource, Item
from encoders.images import EXTENSIONS
from ingestion.rejects import MALFORMED_ROW, Rejection
from ingestion.sources.source import Candidate

_SEPARATORS = re.compile(r"[\s_+.-]+")


class FolderSource:
    """All images below `root`, by the endings of their names, sorted folder by folder.

    Hidden files and folders are passed over; a folder that links lead to twice is read once, so
    that loops end. Names whose bytes are no UTF-8 get an id and title with the bytes written as
    '\\xE9'. Raises SourceError when there is no image.

    Args:
        notes: what a person should know of the folder.
    """

    def __init__(self, root: Path, notes: Sequence[str] = ()) -> None:
        if not root.is_dir():
            raise SourceError(f"There is no folder {printable(str(root))}.")
        self._root = root.absolute()
        self._notes = tuple(notes)
        self._total = sum(isinstance(found, Path) for found in _walk(self._root))
        if self._total == 0:
            kinds = ", ".join(sorted(ending[1:] for ending in EXTENSIONS))
            raise SourceError(
                f"The folder {self.name} holds no images.",
                hint=f"Files are known by their endings: {kinds}; hidden ones are passed over.",
            )

    @property
    def name(self) -> str:
        return printable(str(self._root))

    @property
    def attributes(self) -> Mapping[str, FieldType]:
        return {}

    @property
    def notes(self) -> Sequence[str]:
        return self._notes

    @property
    def total(self) -> int | None:
        return self._total

    def entries(self) -> Iterator[Candidate | Rejection]:
        for row, found in enumerate(_walk(self._root), start=1):
            if isinstance(found, OSError):
                where = printable(str(found.filename))
                reason = f"The folder can't be read: {found.strerror}."
                yield Rejection(reason, MALFORMED_ROW, row, source=where)
            else:
                yield file_entry(found, self._root, row)


class FilesSource:
    """The image files given one by one; ids are paths below their common folder."""

    def __init__(self, name: str, files: Sequence[Path]) -> None:
        self._name = name
        self._files = sorted(file.absolute() for file in files)
        self._root = Path(os.path.commonpath([file.parent for file in self._files]))

    @property
    def name(self) -> str:
        return printable(self._name)

    @property
    def attributes(self) -> Mapping[str, FieldType]:
        return {}

    @property
    def notes(self) -> Sequence[str]:
        return ()

    @property
    def total(self) -> int | None:
        return len(self._files)

    def entries(self) -> Iterator[Candidate | Rejection]:
        for row, file in enumerate(self._files, start=1):
            yield file_entry(file, self._root, row)


def file_entry(path: Path, root: Path, row: int) -> Candidate | Rejection:
    """The item that an image file below `root` makes."""
    relative = PurePosixPath(printable(path.relative_to(root).as_posix()))
    try:
        item = Item(
            id=str(relative),
            image=ImageSource(path=path),
            title=words(relative.stem),
            tags=tuple(words(part) for part in relative.parent.parts if words(part)),
        )
    except BinocleError as error:
        return Rejection.of(error, row=row, source=printable(str(path)))
    return Candidate(item, row, printable(str(path)))


def is_image(name: str) -> bool:
    """Whether a file of this name may hold a supported image."""
    return os.path.splitext(name)[1].lower() in EXTENSIONS  # noqa: PTH122 - names, not paths


def printable(text: str) -> str:
    """`text` with bytes that are no UTF-8, and control characters, written as '\\xE9'."""
    if text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how Python carries a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02X}"
    if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        return f"\\x{code:02X}"
    return character


def words(name: str) -> str:
    """A file's or folder's name as words: 'red_fox-2' becomes 'red fox 2'."""
    return _SEPARATORS.sub(" ", name).strip()


def _walk(root: Path) -> Iterator[Path | OSError]:
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    while waiting:
        found = waiting.pop()
        if not _is_folder(found):
            yield found
            continue
        try:
            status = found.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            below = _visible(found)
        except OSError as error:
            yield error
            continue
        waiting.extend(reversed(below))


def _visible(folder: Path) -> list[Path]:
    """The folder's images (broken links included) and folders, sorted by the bytes of the names."""
    with os.scandir(folder) as entries:
        found = [
            Path(entry.path)
            for entry in entries
            if not entry.name.startswith(".")
            and (is_image(entry.name) or _is_folder(Path(entry.path)))
        ]
    return sorted(found, key=os.fsencode)


def _is_folder(path: Path) -> bool:
    """Path.is_dir, which raises where a link leads to what may not be seen."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False
