"""What the service does beside answering: load the encoder, open collections, notice new ones."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image

from app.catalog import Catalog
from core.errors import BinocleError, CollectionBusy
from encoders.encoder import Encoder

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Readiness:
    """Whether the service can answer, and what it still waits for.

    A collection that is damaged does not hold the service up; one that is only busy does.
    """

    encoder: bool
    opened: bool
    failures: dict[str, BinocleError] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        busy = any(isinstance(error, CollectionBusy) for error in self.failures.values())
        return self.encoder and self.opened and not busy


class Upkeep:
    """A thread that warms the encoder, opens the collections, and polls for new generations.

    Args:
        encoder: loads the encoder; called in the thread.
        catalog: kept up to date every `poll_seconds`.
        on_failure: called with the error when the encoder can't be loaded.
    """

    def __init__(
        self,
        encoder: Callable[[], Encoder],
        catalog: Catalog,
        *,
        poll_seconds: float,
        on_failure: Callable[[BinocleError], None] | None = None,
    ) -> None:
        self._encoder = encoder
        self._catalog = catalog
        self._poll_seconds = poll_seconds
        self._on_failure = on_failure
        self._stopped = threading.Event()
        self._warm = threading.Event()
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._run, name="binocle-upkeep", daemon=True)

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait until it is done with what it is at."""
        self._stopped.set()
        self._thread.join()

    def readiness(self) -> Readiness:
        """How far the service is."""
        return Readiness(self._warm.is_set(), self._opened.is_set(), self._catalog.failures())

    def wait_ready(self, seconds: float) -> bool:
        """Whether the encoder is warm and the collections were opened within `seconds`."""
        return self._warm.wait(seconds) and self._opened.wait(seconds)

    def _run(self) -> None:
        try:
            warm(self._encoder())
        except BinocleError as error:
            log.error("The encoder can't be loaded: %s", error)
            if self._on_failure is not None:
                self._on_failure(error)
            return
        self._warm.set()
        while True:
            try:
                self._catalog.refresh()
                self._opened.set()
            except BinocleError as error:
                log.error("The collections can't be listed: %s", error)
            if self._stopped.wait(self._poll_seconds):
                return


def warm(encoder: Encoder) -> None:
    """Run both towers once: their first runs are the slow ones."""
    encoder.encode_texts(["warm"])
    encoder.encode_images([Image.new("RGB", (encoder.image_size, encoder.image_size))])
