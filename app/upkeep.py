"""What the service does beside answering: load the encoder, open collections, notice new ones."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from app.catalog import Catalog
from app.encoder_shelf import warm
from core.errors import BinocleError, CollectionBusy, EncoderUnavailable, StoreUnavailable
from encoders.encoder import Encoder

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Readiness:
    """Whether the service can answer, and what it still waits for.

    A collection that is damaged does not hold the service up; one that is only busy or out of reach
    does, unless it is open and answers.

    Attributes:
        opened: whether the collections were looked through once.
        store: why the store could not be asked when it was last tried; None where it could.
        answering: collections that are open.
    """

    encoder: bool
    opened: bool
    failures: dict[str, BinocleError] = field(default_factory=dict)
    store: BinocleError | None = None
    answering: frozenset[str] = frozenset()

    @property
    def ready(self) -> bool:
        waited_for = any(
            isinstance(error, CollectionBusy | StoreUnavailable) and name not in self.answering
            for name, error in self.failures.items()
        )
        return self.encoder and self.opened and self.store is None and not waited_for


class Upkeep:
    """A thread that warms the encoder, opens the collections, and polls for new generations.

    Args:
        encoder: loads the encoder; called in the thread.
        catalog: kept up to date every `poll_seconds`.
        check: raises EncoderError where an encoder that runs elsewhere can't be used now.
        on_failure: called with the error when the encoder can't be loaded. An encoder service that
            does not answer yet is waited for instead.
    """

    def __init__(
        self,
        encoder: Callable[[], Encoder],
        catalog: Catalog,
        *,
        poll_seconds: float,
        check: Callable[[], None] = lambda: None,
        on_failure: Callable[[BinocleError], None] | None = None,
    ) -> None:
        self._encoder = encoder
        self._catalog = catalog
        self._poll_seconds = poll_seconds
        self._check = check
        self._on_failure = on_failure
        self._stopped = threading.Event()
        self._warm = threading.Event()
        self._opened = threading.Event()
        self._unlisted: BinocleError | None = None
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
        return Readiness(
            encoder=self._warm.is_set(),
            opened=self._opened.is_set(),
            failures=self._catalog.failures(),
            store=self._unlisted,
            answering=frozenset(self._catalog.answering()),
        )

    def wait_ready(self, seconds: float) -> bool:
        """Whether the encoder is warm and the collections were opened within `seconds`."""
        return self._warm.wait(seconds) and self._opened.wait(seconds)

    def _run(self) -> None:
        if not self._warmed():
            return
        while True:
            self._refresh()
            if self._stopped.wait(self._poll_seconds):
                return
            self._look_at_encoder()

    def _refresh(self) -> None:
        """Bring the collections up to what is published, and note whether the store answers."""
        try:
            self._catalog.refresh()
        except BinocleError as error:
            if self._unlisted is None:
                log.error("The collections can't be listed: %s", error)
            self._unlisted = error
            return
        if self._unlisted is not None:
            log.info("The collections can be listed again.")
        self._unlisted = None
        self._opened.set()

    def _warmed(self) -> bool:
        """Whether the encoder was loaded and run once; False where that is hopeless, or stopped."""
        told = False
        while True:
            try:
                warm(self._encoder())
                self._warm.set()
                return True
            except EncoderUnavailable as error:
                if not told:
                    log.warning("%s It is tried again.", error)
                told = True
            except BinocleError as error:
                log.error("The encoder can't be loaded: %s", error)
                if self._on_failure is not None:
                    self._on_failure(error)
                return False
            if self._stopped.wait(self._poll_seconds):
                return False

    def _look_at_encoder(self) -> None:
        try:
            self._check()
            self._warm.set()
        except BinocleError as error:
            if self._warm.is_set():
                log.error("The encoder can't be used: %s", error)
            self._warm.clear()
