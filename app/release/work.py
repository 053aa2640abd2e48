"""What the steps of a release work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from app.release.record import Record, Step
from app.release.settings import ReleaseOf
from app.wiring import Wiring
from core.errors import EncoderError
from core.items import ImageSource
from encoders.encoder import Encoder

Query: TypeAlias = str | ImageSource
"""A text, or an image that is not decoded yet."""


@dataclass(frozen=True)
class Lesson:
    """A training that a release asks for.

    Attributes:
        changes: settings of the recipe to change, as 'steps=200'.
        run: directory of the run; what a cut-off one left there is gone on with.
        bundle: where the bundle goes; None serves the model in PyTorch.
        name: of the bundle.
    """

    recipe: Path
    changes: Sequence[str]
    run: Path
    bundle: Path | None
    precision: str
    name: str


@dataclass(frozen=True)
class Trained:
    """Towers that were trained.

    Attributes:
        spec: of the encoder.
        refused: why the run itself refuses its model; '' where it does not.
        facts: what is worth recording: seed, steps, scores, versions.
    """

    spec: str
    refused: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class Trainer(Protocol):
    """Trains towers; PyTorch is known to the command line alone, which hands one in."""

    def __call__(self, lesson: Lesson) -> Trained: ...


@dataclass(frozen=True)
class Tools:
    """What a release is done with, beside the parts of the process.

    Attributes:
        trainer: None where nothing can be trained.
        asked: the queries of a log of events, one for each page that it has; None where no log
            can be read.
        told: hears what is being done, for people who wait.
        passing: called before and after each step, with its name and 'begin' or 'end', when what
            came before is on the disk: where a process is lost, it is between two such calls.
    """

    trainer: Trainer | None = None
    asked: Callable[[Path], Sequence[Query]] | None = None
    told: Callable[[str], None] = lambda _: None
    passing: Callable[[Step, str], None] = lambda _, __: None


@dataclass
class Work:
    """One release that is being worked on.

    Attributes:
        base: the folder that relative paths of the release's file are from.
        folder: where what it makes goes.
    """

    wiring: Wiring
    record: Record
    settings: ReleaseOf
    base: Path
    folder: Path
    tools: Tools
    _candidate: Encoder | None = None

    def path(self, text: str) -> Path:
        """A path of the release's file."""
        return self.base / Path(text).expanduser()

    def located(self, spec: str) -> str:
        """An encoder's spec of the release's file, found from anywhere."""
        kind, colon, rest = spec.partition(":")
        if colon and kind in ("bundle", "st") and self.path(rest).is_dir():
            return f"{kind}:{self.path(rest).resolve()}"
        return spec

    def candidate(self) -> Encoder:
        """The towers that are to take over.

        Raises EncoderError where they can't be had, or are others now than when they were tried.
        """
        if self._candidate is None:
            facts = self.record.facts(Step.TRAIN)
            loaded = self.wiring.encoders.fetch(str(facts["encoder"]))
            if loaded.fingerprint != facts["fingerprint"]:
                raise EncoderError(
                    f"'{facts['encoder']}' holds other towers ({loaded.fingerprint}) than when the "
                    f"release tried them ({facts['fingerprint']}).",
                    hint="Put the bundle back, or abort the release and start another.",
                )
            self._candidate = loaded
        return self._candidate
