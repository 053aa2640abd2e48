"""Cross-encoders that are loaded, or being loaded."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field

from core.errors import EncoderError
from encoders.cross import CrossEncoder, load_cross_encoder

_AGAIN_S = 30.0


@dataclass
class CrossShelf:
    """Each model is loaded once, in a thread of its own; what failed is tried again, where nobody
    waits for it at most every 30 seconds."""

    _known: dict[str, Future[CrossEncoder]] = field(default_factory=dict)
    _begun: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, spec: str, *, wait: bool) -> CrossEncoder:
        """The model. Raises EncoderError where there is none, or where it is not loaded yet and
        nobody is to wait for it."""
        with self._lock:
            known = self._known.get(spec)
            failed = known is not None and known.done() and known.exception() is not None
            due = wait or time.monotonic() - self._begun.get(spec, 0.0) > _AGAIN_S
            if known is None or (failed and due):
                known = self._known[spec] = Future()
                self._begun[spec] = time.monotonic()
                threading.Thread(
                    target=_load, args=(spec, known), name="cross-encoder", daemon=True
                ).start()
        if not wait and not known.done():
            raise EncoderError("The cross-encoder is being loaded.")
        return known.result()


def _load(spec: str, into: Future[CrossEncoder]) -> None:
    try:
        into.set_result(load_cross_encoder(spec))
    except BaseException as error:
        into.set_exception(error)
