"""Decoding, encoding and writing that other processes do, for a load that decides what is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.errors import BinocleError
from ingestion.sources.source import Candidate


@dataclass(frozen=True)
class Written:
    """What came of the candidate at `place` of those handed over.

    Attributes:
        sha256: of its image file, where it is in the store now.
        error: why it is not; None where it is.
    """

    place: int
    sha256: str = ""
    error: BinocleError | None = None


class Elsewhere(Protocol):
    """Where the work is done."""

    @property
    def batch(self) -> int:
        """Candidates to hand over at once."""
        ...

    def write(self, candidates: Sequence[Candidate]) -> Iterator[Written]:
        """Have the items written into the generation; each is answered once, in any order.

        Raises EncoderError and StoreError where the work as a whole fails.
        """
        ...
