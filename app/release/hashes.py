"""SHA-256 of the files that a release depends on, so that it is known what it was made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from core.errors import SettingsError, SourceError

_DEEP = 3
"""A recipe names sets, and sets name tables."""
_KEYS = frozenset(
    {"path", "log", "qrels", "queries", "source", "set", "pairs", "checkpoint", "labels"}
    | {"image_weights", "model", "teacher"}
)
"""Settings of recipes and evaluation sets that name files or folders."""


def hashes_of(files: Iterable[Path]) -> dict[str, str]:
    """SHA-256 in hex by absolute path, of these and of what those among them name that are YAML.

    A folder has the hash of its files' names and sizes. Raises SourceError for a file that is not
    there.
    """
    found: dict[str, str] = {}
    for path in files:
        if not path.exists():
            raise SourceError(f"There is no file {path}.", field="data")
        _collect(path, found, _DEEP)
    return dict(sorted(found.items()))


def check_unchanged(known: Mapping[str, str]) -> None:
    """Raises SettingsError, naming the files that are others now than when they were noted."""
    changed = [path for path, sha256 in known.items() if _hash(Path(path)) != sha256]
    if changed:
        raise SettingsError(
            f"Changed since the release began: {', '.join(changed)}.",
            hint="Put the files back, or abort the release and start another.",
        )


def _collect(path: Path, found: dict[str, str], depth: int) -> None:
    key = str(path.absolute())
    if key in found:
        return
    found[key] = _hash(path)
    if depth and path.suffix in (".yaml", ".yml") and path.is_file():
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            return  # whoever reads it for its sake says what is wrong
        for named in _named(document, path.absolute().parent):
            _collect(named, found, depth - 1)


def _named(document: Any, base: Path) -> Iterator[Path]:
    """What a document names that is there."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            if key in _KEYS and isinstance(value, str):
                yield from _present(value, base)
            else:
                yield from _named(value, base)
    elif isinstance(document, Sequence) and not isinstance(document, str):
        for value in document:
            yield from _named(value, base)


def _present(text: str, base: Path) -> Iterator[Path]:
    bare = text.removeprefix("bundle:").removeprefix("st:")
    try:
        path = base / Path(bare).expanduser()
        if bare and path.exists():
            yield path
    except (OSError, ValueError):  # no name of a file
        return


def _hash(path: Path) -> str:
    try:
        if path.is_dir():
            return hashlib.sha256("\n".join(_listed(path)).encode()).hexdigest()
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return f"unreadable: {error.strerror}"


def _listed(folder: Path) -> list[str]:
    files = (each for each in sorted(folder.rglob("*")) if each.is_file())
    return [f"{each.relative_to(folder)} {each.stat().st_size}" for each in files]
