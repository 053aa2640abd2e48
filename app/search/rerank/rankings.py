"""The rankings of all collections, each in a file of the data directory."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from app.search.rerank.ranking import Ranking, ranking_from_file
from core.errors import SettingsError

_NONE = Ranking()


@dataclass
class Rankings:
    """Read again where a file has changed. Safe to call from several threads.

    Args:
        folder: holds NAME.json of each collection that has a ranking of its own; None: none has.
    """

    folder: Path | None = None
    _known: dict[str, tuple[tuple[int, int], Ranking]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._folder = str(self.folder)

    def path(self, collection: str) -> Path:
        """Where a collection's ranking lies. Raises SettingsError where none is kept."""
        if self.folder is None:
            raise SettingsError("Rankings are kept nowhere here.")
        return self.folder / f"{collection}.json"

    def of(self, collection: str) -> Ranking:
        """The collection's ranking; the default where it has none. Raises InvalidRequest."""
        if self.folder is None:
            return _NONE
        try:
            # Looked at for every search: as text, which costs a tenth of what paths do.
            stat = os.stat(f"{self._folder}/{collection}.json")  # noqa: PTH116
        except OSError:
            return _NONE
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._known.get(collection)
        if known is None or known[0] != stamp:
            known = (stamp, ranking_from_file(self.path(collection)))
            self._known[collection] = known
        return known[1]

    def set(self, collection: str, ranking: Ranking) -> None:
        """Keep a ranking, in one step. It has been checked. Raises SettingsError."""
        try:
            path = self.path(collection)
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(ranking.model_dump_json(indent=2) + "\n")
            Path(name).replace(path)
        except OSError as error:
            raise SettingsError(
                f"The ranking of '{collection}' can't be written: {error.strerror}."
            ) from None

    def drop(self, collection: str) -> None:
        """Forget a collection's ranking."""
        self.path(collection).unlink(missing_ok=True)


class OneRanking(Rankings):
    """One ranking for every collection, in the place of their own."""

    def __init__(self, ranking: Ranking) -> None:
        super().__init__()
        self.ranking = ranking

    def of(self, collection: str) -> Ranking:
        """That ranking, whatever the collection."""
        del collection
        return self.ranking
