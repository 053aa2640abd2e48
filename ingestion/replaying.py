"""What a rejects file was left by: kept beside it, so that a replay needs nothing but the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import SourceError
from core.fields import FieldType
from ingestion.mapping import ColumnMapping
from ingestion.sources.place import Place
from ingestion.sources.rejected import RejectedFile

_ENDING = ".load.json"


@dataclass(frozen=True)
class Origin:
    """The load that rejected.

    Attributes:
        mapping: how the columns of its source were read.
    """

    collection: str
    mapping: ColumnMapping

    def as_json(self) -> str:
        """For `ingestion.rejects.RejectsFile`."""
        data = asdict(self.mapping)
        data["ignore"] = sorted(self.mapping.ignore)
        return json.dumps({"collection": self.collection, "mapping": data}, indent=1)


def origin_path(rejects: Path) -> Path:
    """Where the origin of a rejects file is kept."""
    return rejects.with_name(rejects.name.removesuffix(".jsonl") + _ENDING)


def read_origin(rejects: Path) -> Origin | None:
    """The origin of a rejects file; None where it is not beside it any more."""
    try:
        data = json.loads(origin_path(rejects).read_text(encoding="utf-8"))
        return Origin(str(data["collection"]), _mapping(data["mapping"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check_rejects(path: Path) -> None:
    """Raises SourceError unless a file is one of rejects."""
    if not path.is_file():
        raise SourceError(f"There is no file {path}.", hint="Rejects are kept in DATA/rejects.")
    if not RejectedFile.is_one(Place.of(path)):
        raise SourceError(
            f"{path} is no rejects file: its first line is not one.",
            hint="Give it as the source, without --replay, if it is a catalog.",
        )


def _mapping(data: Mapping[str, Any]) -> ColumnMapping:
    known = dict(data)
    known["ignore"] = frozenset(known["ignore"])
    known["images"] = tuple(known["images"])
    known["fields"] = {name: FieldType(kind) for name, kind in known["fields"].items()}
    return ColumnMapping(**known)
