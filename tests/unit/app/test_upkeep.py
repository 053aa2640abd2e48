"""The upkeep with an encoder that comes late, goes away, or never can."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from app.catalog import Catalog
from app.upkeep import Upkeep
from core.errors import BinocleError, EncoderError, EncoderUnavailable
from encoders.bundle import BundleEncoder
from encoders.encoder import Encoder
from qdrant.exact import ExactStore


@pytest.fixture
def catalog() -> Iterator[Catalog]:
    found = Catalog(ExactStore())
    yield found
    found.close()


def test_an_encoder_service_that_comes_later_is_waited_for(
    tiny_encoder: BundleEncoder, catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[int] = []
    failures: list[BinocleError] = []

    def late() -> Encoder:
        tries.append(1)
        if len(tries) < 4:
            raise EncoderUnavailable("No answer.")
        return tiny_encoder

    upkeep = Upkeep(late, catalog, poll_seconds=0.001, on_failure=failures.append)
    upkeep.start()
    assert upkeep.wait_ready(10)
    upkeep.stop()
    assert upkeep.readiness().ready
    assert not failures
    assert caplog.text.count("No answer.") == 1


def test_an_encoder_that_can_not_be_loaded_is_given_up(catalog: Catalog) -> None:
    failed = threading.Event()

    def broken() -> Encoder:
        raise EncoderError("Damaged.")

    upkeep = Upkeep(broken, catalog, poll_seconds=0.001, on_failure=lambda error: failed.set())
    upkeep.start()
    assert failed.wait(10)
    upkeep.stop()
    assert not upkeep.readiness().encoder


def test_an_upkeep_that_waits_for_its_encoder_can_be_stopped(catalog: Catalog) -> None:
    asked = threading.Event()

    def never() -> Encoder:
        asked.set()
        raise EncoderUnavailable("No answer.")

    upkeep = Upkeep(never, catalog, poll_seconds=3600)
    upkeep.start()
    assert asked.wait(10)
    upkeep.stop()
    assert not upkeep.readiness().ready


def test_an_encoder_service_that_goes_and_comes_back_is_noticed(
    tiny_encoder: BundleEncoder, catalog: Catalog
) -> None:
    """Each look is let through one by one."""
    looks = threading.Semaphore(0)
    looked = threading.Semaphore(0)
    away = threading.Event()

    def check() -> None:
        looked.release()
        assert looks.acquire(timeout=10)
        if away.is_set():
            raise EncoderUnavailable("No answer.")

    upkeep = Upkeep(lambda: tiny_encoder, catalog, poll_seconds=0.001, check=check)
    upkeep.start()
    seen = []
    for is_away in (False, True, True, False):
        (away.set if is_away else away.clear)()
        assert looked.acquire(timeout=10)
        looks.release()
        assert looked.acquire(timeout=10)  # the next look begins once this one has told
        seen.append(upkeep.readiness().encoder)
        looked.release()
    looks.release(1000)
    upkeep.stop()
    assert seen == [True, False, False, True]
