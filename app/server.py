"""Serving: a socket, uvicorn, and an orderly end."""

from __future__ import annotations

import errno
import gc
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import uvicorn

from app.http.application import create_app
from app.running import made_known
from app.settings import HttpSettings, Settings
from app.telemetry import configure_logging
from app.wiring import Wiring, build
from core.errors import BinocleError, DatabaseUnavailable, SettingsError
from encoders.remote.encoder import is_remote

log = logging.getLogger(__name__)

_BACKLOG = 512
_SWITCH_S = 0.0005
"""How long one thread may keep the interpreter while another waits for it, instead of 5 ms: what
one search has to wait for each that runs beside it."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def serve(settings: Settings, *, announce: Callable[[str], None] | None = None) -> None:
    """Serve until told to stop (SIGINT, SIGTERM); then finish what is in flight, flush and close.

    Args:
        announce: called with the service's URL once it listens, before the collections are open.

    Raises SettingsError where the address can't be listened on, CollectionBusy where another
    service runs on the data directory, EncoderError where the encoder can't be loaded, and
    DatabaseError where the database refuses or is too new.
    """
    configure_logging(settings.log_level)
    listening = listen(settings.http)
    if settings.role == "encoder":  # it keeps no collections, and needs none that others own
        settings = settings.model_copy(update={"store": "memory"})
    with listening:
        wiring = build(settings, role="serve")
        # What is imported by now stays for good: the collector need not look through it, which
        # takes 0.1 s of everybody's time whenever it does.
        gc.freeze()
        sys.setswitchinterval(_SWITCH_S)
        serve_wired(wiring, listening, announce=announce)


def serve_wired(
    wiring: Wiring, listening: socket.socket, *, announce: Callable[[str], None] | None = None
) -> None:
    """`serve` over parts that are built already, which are closed at the end."""
    failures: list[BinocleError] = []

    def give_up(error: BinocleError) -> None:
        failures.append(error)
        server.should_exit = True

    wiring.shelf.patient = False  # nobody's search waits for a model to be loaded
    _open_database(wiring)
    _warn_where_open(wiring)
    server = uvicorn.Server(config(wiring, on_failure=give_up))
    url = url_of(listening)
    token = wiring.watch.local_token
    # An encoder keeps nothing there, and replicas on a Qdrant server share what is there.
    shares = wiring.settings.role == "encoder" or is_remote(wiring.settings.store)
    known = nullcontext() if shares else made_known(wiring.directories.root, url, token)
    with known, _orderly_termination():
        if announce is not None:
            announce(url)
        server.run(sockets=[listening])
    if failures:
        raise failures[0]


def _open_database(wiring: Wiring) -> None:
    """Raises DatabaseError where waiting won't help; else the service goes on trying by itself."""
    if not wiring.database.exists():
        return  # no key was ever made
    try:
        wiring.database.prepare()
    except DatabaseUnavailable as error:
        log.warning("%s", error)


def _warn_where_open(wiring: Wiring) -> None:
    host = wiring.settings.http.host
    wiring.watch.refresh()
    try:
        if host in _LOOPBACK or wiring.watch.enforced():
            return
    except DatabaseUnavailable:
        return  # nobody gets in meanwhile
    log.warning(
        "Whoever reaches %s can read and change everything: there are no API keys. "
        "`binocle keys create` makes one.",
        host,
    )


@contextmanager
def _orderly_termination() -> Iterator[None]:
    """Lets SIGTERM unwind this process: uvicorn sends it on once it has stopped gracefully."""

    def end(*_: object) -> None:
        raise SystemExit(0)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def config(
    wiring: Wiring, *, on_failure: Callable[[BinocleError], None] | None = None
) -> uvicorn.Config:
    """uvicorn's configuration for the service."""
    http = wiring.settings.http
    return uvicorn.Config(
        create_app(wiring, on_failure=on_failure),
        log_config=None,  # configured by whoever starts the process
        access_log=False,  # the metrics count requests; a line for each costs time
        server_header=False,
        timeout_graceful_shutdown=max(1, round(http.shutdown_seconds)),
    )


def listen(http: HttpSettings) -> socket.socket:
    """A socket that listens on the settings' address. Raises SettingsError where it can't."""
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((http.host, http.port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        taken = error.errno == errno.EADDRINUSE
        raise SettingsError(
            f"{http.host}:{http.port} can't be listened on: {error.strerror or error}.",
            hint="Another process has it; choose another port by --port." if taken else "",
            field="http__port",
        ) from None
    return listening


def url_of(listening: socket.socket) -> str:
    """The address of a listening socket, for a browser."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
