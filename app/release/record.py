"""A release as it is recorded: one JSON file, replaced whole at every change.

releases/NAME/record.json    what was decided, when and why; hashes, seeds, fingerprints
releases/NAME/release.yaml   the release's file as it was when it began
releases/NAME/run, bundle    what was trained
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.disk import disk_errors
from core.errors import NotFound, SettingsError
from core.items import check_collection_name


class Step(StrEnum):
    """The steps, in their order. Up to `PUBLISH` the old model answers."""

    PREPARE = "prepare"
    TRAIN = "train"
    EVALUATE = "evaluate"
    REEMBED = "reembed"
    SHADOW = "shadow"
    EXPERIMENT = "experiment"
    PUBLISH = "publish"


class State(StrEnum):
    """Where a release stands. Of RUNNING and WAITING ones `resume` goes on with the next step."""

    RUNNING = "running"
    WAITING = "waiting"
    PUBLISHED = "published"
    REFUSED = "refused"
    ABORTED = "aborted"
    ROLLED_BACK = "rolled back"

    @property
    def open(self) -> bool:
        """Whether there is something left to do."""
        return self in (State.RUNNING, State.WAITING)


class Decision(StrEnum):
    """What a step came to."""

    PASSED = "passed"
    SKIPPED = "skipped"
    REFUSED = "refused"
    WAITING = "waiting"


@dataclass(frozen=True)
class Outcome:
    """What a step decided, why, and what it found: JSON that the later steps read, too."""

    decision: Decision
    why: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A line of the history."""

    at: str
    what: str


@dataclass
class Record:
    """One release.

    Attributes:
        file: where its file was; relative paths in it are from there.
        outcomes: by step, of those that came to one.
        trouble: why the last try stopped, where it failed.
    """

    name: str
    collection: str
    file: str
    started: str
    state: State = State.RUNNING
    why: str = ""
    trouble: str = ""
    outcomes: dict[Step, Outcome] = field(default_factory=dict)
    history: list[Entry] = field(default_factory=list)

    @property
    def next(self) -> Step | None:
        """The first step that is not done; None after the last, or where all is decided."""
        if not self.state.open:
            return None
        for step in Step:
            outcome = self.outcomes.get(step)
            if outcome is None or outcome.decision is Decision.WAITING:
                return step
        return None

    def facts(self, step: Step) -> Mapping[str, Any]:
        """What a step that is done has found."""
        return self.outcomes[step].facts

    def note(self, what: str) -> None:
        """Add a line to the history."""
        self.history.append(Entry(now(), what))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def now() -> str:
    """The moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Records:
    """The records below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, name: str) -> Path:
        """Where all of a release lies. Raises InvalidName."""
        check_collection_name(name)
        return self._folder / name

    def lock(self, collection: str) -> Path:
        """The file that is locked while a release of `collection` is worked on."""
        return self._folder / f"{collection}.lock"

    def all(self) -> list[Record]:
        """The oldest first."""
        paths = self._folder.glob("*/record.json")
        return sorted((_read(path) for path in paths), key=lambda one: (one.started, one.name))

    def get(self, name: str) -> Record:
        """Raises NotFound, naming those there are."""
        path = self.folder(name) / "record.json"
        if not path.is_file():
            named = ", ".join(one.name for one in self.all())
            raise NotFound(
                f"There is no release '{name}'.",
                hint=f"Releases: {named}." if named else "There are none yet.",
                field="name",
            )
        return _read(path)

    def open_of(self, collection: str) -> Record | None:
        """The release of `collection` that is not decided yet."""
        found = [one for one in self.all() if one.collection == collection and one.state.open]
        return found[-1] if found else None

    def keep(self, record: Record) -> None:
        """Write it, whole or not at all, and onto the disk. Raises StorageFull and StoreError."""
        folder = self.folder(record.name)
        with disk_errors():
            folder.mkdir(parents=True, exist_ok=True)
            temporary = folder / "record.tmp"
            with temporary.open("w", encoding="utf-8") as stream:
                json.dump(record.as_json(), stream, indent=2, ensure_ascii=False)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(folder / "record.json")


def _read(path: Path) -> Record:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        document["state"] = State(document["state"])
        document["outcomes"] = {
            Step(step): Outcome(Decision(one["decision"]), one["why"], one["facts"])
            for step, one in document["outcomes"].items()
        }
        document["history"] = [Entry(**one) for one in document["history"]]
        return Record(**document)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"The record {path} can't be read: {error}.",
            hint="Move the folder away, and begin the release anew.",
        ) from None
