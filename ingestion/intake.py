"""The reading end of a load: what of the source has to be done, and what is done already."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence

from ingestion.deciding import Wanted, decide, entry_of
from ingestion.ledger import Ledger
from ingestion.rejects import Rejection, RejectsFile
from ingestion.resuming import SeenIds
from ingestion.sources.source import Candidate, Source
from ingestion.target import Target

_LOOK_UP = 1000
"""Items whose state the ledger is asked for at once."""
_MOST_BYTES = 2**26
"""Of images that the items bring along: of large ones, fewer are looked up at once."""


class Intake:
    """Goes through a source once, in one thread; others may read its counts meanwhile.

    Args:
        renew: writes new payloads, and answers those that have to be encoded after all.
        look_again: read images behind URLs again, though the source says nothing new of them.
        most_changes: set `stop` before more items than these are to be written.
    """

    def __init__(
        self,
        source: Source,
        generation: Target,
        ledger: Ledger | None,
        *,
        rejects: RejectsFile,
        seen: SeenIds,
        renew: Callable[[Sequence[Wanted]], list[Wanted]],
        stop: threading.Event,
        most_changes: int | None = None,
        look_again: bool = False,
    ) -> None:
        self._source = source
        self._generation = generation
        self._ledger = ledger
        self._rejects = rejects
        self._seen = seen
        self._renew = renew
        self._stop = stop
        self._most_changes = most_changes
        self._look_again = look_again
        self._changes = 0
        self.read = 0
        self.unchanged = 0
        self.nameless = 0  # rejects without an id
        self.exhausted = False  # the source was read to its end
        self.over_limit = False

    def wanted(self) -> Generator[Wanted, None, None]:
        """What has to be encoded, as far as the source and the ledger tell."""
        held = self._generation.count() > 0
        waiting: list[Candidate | Rejection] = []
        carried = 0
        for entry in self._source.entries():
            if self._stop.is_set():
                return
            self.read += 1
            if isinstance(entry, Rejection):
                self._rejects.add(entry)
                self.nameless += entry.id is None
            else:
                carried += len(entry.item.image.data or b"")
            waiting.append(entry)
            if len(waiting) >= (_LOOK_UP if held else 1) or carried > _MOST_BYTES:
                yield from self._needed(waiting, held)
                waiting = []
                carried = 0
        yield from self._needed(waiting, held)
        self.exhausted = not self._stop.is_set()

    def _needed(self, entries: Sequence[Candidate | Rejection], held: bool) -> list[Wanted]:
        """Does what needs no encoder, and answers the rest."""
        candidates, twice = self._seen.sift(entries)
        for rejection in twice:
            self._rejects.add(rejection)
        if not held:
            return [Wanted(candidate, entry_of(candidate.item)) for candidate in candidates]
        if not candidates:
            return []
        decision = decide(candidates, self._generation, self._ledger, look_again=self._look_again)
        self.unchanged += decision.unchanged
        self._changes += len(decision.renewed)
        self._changes += sum(not wanted.unsure for wanted in decision.fresh)
        if self._most_changes is not None and self._changes > self._most_changes:
            self.over_limit = True
            self._stop.set()
            return []
        # Not in a thread beside: the engine is called for each payload, and each time it would wait
        # for the interpreter, which is slower than one after the other.
        return [*self._renew(decision.renewed), *decision.fresh]
