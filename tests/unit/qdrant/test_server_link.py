"""Deadlines, repeated tries, keys, versions and TLS of the connection to a server."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from qdrant_client import QdrantClient

from core.errors import SettingsError, StoreError, StoreUnavailable
from qdrant.server_errors import Transient
from qdrant.server_link import Link
from qdrant.server_options import Connection
from tests.fake_qdrant.faults import (
    ANSWER_LOST,
    DRIPPING,
    HANGING,
    LOST,
    NO_REPLICA,
    OVERLOADED,
    Fault,
)
from tests.fake_qdrant.server import FakeQdrant, fake_qdrant
from tests.unit.qdrant.links import link_to

LISTING = "GET /collections"


def names(client: QdrantClient, _: int) -> list[str]:
    return [each.name for each in client.get_collections().collections]


@pytest.mark.parametrize("fault", [OVERLOADED, NO_REPLICA, LOST, ANSWER_LOST])
def test_a_read_is_tried_again_until_it_is_answered(fake: FakeQdrant, fault: Fault) -> None:
    link = link_to(fake)
    fake.faults.plan(fault, LISTING, times=3)
    assert link.read(names) == []
    assert fake.faults.count(LISTING) == 4
    link.close()


def test_pauses_between_tries_grow_but_stay_short(fake: FakeQdrant) -> None:
    pauses: list[float] = []
    link = link_to(fake, pause=pauses.append)
    fake.faults.plan(OVERLOADED, LISTING, times=8)
    link.read(names)
    assert len(pauses) == 8
    assert all(0 <= pause <= 2 for pause in pauses)
    assert all(pause <= 0.1 * 2**n for n, pause in enumerate(pauses))
    link.close()


def test_a_server_that_says_when_to_come_back_is_heeded(fake: FakeQdrant) -> None:
    pauses: list[float] = []
    link = link_to(fake, pause=pauses.append)
    fake.faults.plan(Fault(429, "{}", {"Retry-After": "3"}), LISTING)
    link.read(names)
    assert pauses == [3.0]
    link.close()


def test_a_read_gives_up_when_its_time_is_up(fake: FakeQdrant) -> None:
    link = link_to(fake, timeout_s=0.2)
    fake.faults.plan(OVERLOADED, LISTING, times=100_000)
    start = time.monotonic()
    with pytest.raises(StoreUnavailable, match="can't answer now"):
        link.read(names)
    assert time.monotonic() - start < 5
    assert fake.faults.count(LISTING) > 1
    link.close()


@pytest.mark.parametrize("fault", [HANGING, DRIPPING], ids=["says nothing", "byte by byte"])
def test_a_slow_server_is_waited_for_no_longer_than_allowed(fake: FakeQdrant, fault: Fault) -> None:
    link = link_to(fake, timeout_s=1.0)
    link.read(names)
    fake.faults.plan(fault, LISTING, times=100)
    start = time.monotonic()
    with pytest.raises(StoreUnavailable, match="did not answer in time"):
        link.read(names)
    assert time.monotonic() - start < 5
    link.close()


def test_a_server_known_to_be_away_is_asked_once_until_it_is_back(fake: FakeQdrant) -> None:
    link = link_to(fake, timeout_s=1.0)
    link.read(names)
    fake.faults.plan(OVERLOADED, LISTING, times=100_000)
    for _ in range(2):
        with pytest.raises(Transient):
            link.read(names)
    before = fake.faults.count(LISTING)
    with pytest.raises(Transient):
        link.read(names)
    assert fake.faults.count(LISTING) == before + 1
    fake.faults.clear()
    assert link.read(names) == []
    link.close()


def test_a_server_that_is_down_is_told_with_its_address(fake: FakeQdrant) -> None:
    link = link_to(fake, timeout_s=0.2)
    fake.stop()
    with pytest.raises(StoreUnavailable, match=fake.url) as caught:
        link.read(names)
    assert caught.value.hint
    link.close()


def test_a_call_goes_on_when_the_server_is_started_again(fake: FakeQdrant) -> None:
    link = link_to(fake, pause=lambda _: fake.start() if fake.is_down else None)
    link.read(names)
    fake.stop()
    assert link.read(names) == []
    fake.stop()
    assert link.write(names) == []
    link.close()


def test_what_must_not_be_done_twice_is_tried_once(fake: FakeQdrant) -> None:
    link = link_to(fake)
    link.read(names)
    fake.faults.plan(LOST, "DELETE")
    with pytest.raises(Transient):
        link.write_once(lambda client, s: client.delete_collection("x", timeout=s))
    assert fake.faults.count("DELETE") == 1
    link.close()


def test_the_server_is_told_how_long_it_may_take(fake: FakeQdrant) -> None:
    link = link_to(fake, write_timeout_s=12.5)
    link.write(lambda client, s: client.delete_collection("x", timeout=s))
    assert fake.faults.count(r"DELETE /collections/x\?timeout=13") == 1
    link.close()


@pytest.mark.parametrize("key", [None, "wrong"])
def test_a_wrong_key_is_refused_at_once_with_what_to_set(key: str | None) -> None:
    with fake_qdrant(api_key="right") as fake:
        link = link_to(fake, api_key=key)
        with pytest.raises(StoreUnavailable, match="refuses our key") as caught:
            link.read(names)
        assert not isinstance(caught.value, Transient)
        assert "BINOCLE_SERVER__API_KEY" in caught.value.hint
        assert len(fake.faults.seen) == 1
        link.close()


def test_the_right_key_opens_and_is_never_shown() -> None:
    with fake_qdrant(api_key="s3cret") as fake:
        link = link_to(fake, api_key="s3cret")
        assert link.read(names) == []
        assert "s3cret" not in repr(link.connection)
        link.close()


def test_a_key_that_travels_unencrypted_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    Link(Connection("http://qdrant.example:6333", api_key="k")).close()
    assert "unencrypted" in caplog.text
    caplog.clear()
    Link(Connection("http://localhost:6333", api_key="k")).close()
    Link(Connection("https://qdrant.example:6333", api_key="k")).close()
    assert caplog.text == ""


@pytest.mark.parametrize("version", ["1.18.4", "0.11.0", "2.0.0"])
def test_a_server_of_a_version_that_does_not_fit_is_refused(version: str) -> None:
    with fake_qdrant(version=version) as fake:
        link = link_to(fake)
        with pytest.raises(StoreError, match=rf"version {version}.*1\.19 to 1\.21"):
            link.read(names)
        link.close()


@pytest.mark.parametrize(("version", "warned"), [("1.19.0", 0), ("1.21.3", 0), ("1.22.0", 1)])
def test_a_server_of_a_later_version_is_warned_of_once(
    version: str, warned: int, caplog: pytest.LogCaptureFixture
) -> None:
    with fake_qdrant(version=version) as fake:
        link = link_to(fake)
        with caplog.at_level(logging.WARNING):
            assert [link.read(names), link.read(names)] == [[], []]
        assert caplog.text.count(version) == warned
        assert fake.faults.count("GET /$") == 1
        link.close()


def test_what_is_no_qdrant_is_refused() -> None:
    with fake_qdrant(version="nginx") as fake:
        link = link_to(fake)
        with pytest.raises(StoreError, match="no version"):
            link.read(names)
        link.close()


@pytest.mark.parametrize("call", ["read", "write", "write_once"])
def test_a_closed_link_refuses(fake: FakeQdrant, call: str) -> None:
    link = link_to(fake)
    link.close()
    link.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        getattr(link, call)(names)


def test_closing_ends_the_tries(fake: FakeQdrant) -> None:
    links: list[Link] = []
    link = link_to(fake, pause=lambda _: links[0].close())
    links.append(link)
    fake.faults.plan(OVERLOADED, LISTING, times=100_000)
    with pytest.raises(StoreUnavailable):
        link.read(names)
    assert fake.faults.count(LISTING) == 1


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure(authority: trustme.CA, tmp_path: Path) -> Iterator[FakeQdrant]:
    """A server whose certificate is signed by `authority`."""
    file = tmp_path / "server.pem"
    file.write_bytes(authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.bytes())
    with fake_qdrant(certificate=file) as fake:
        yield fake


def test_a_server_with_a_certificate_of_our_own_authority_is_trusted(
    secure: FakeQdrant, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    link = link_to(secure, ca=tmp_path / "ca.pem")
    assert link.read(names) == []
    link.close()


def test_a_server_with_an_unknown_certificate_is_not_trusted(secure: FakeQdrant) -> None:
    link = link_to(secure)
    with pytest.raises(StoreUnavailable, match="can't be trusted") as caught:
        link.read(names)
    assert "BINOCLE_SERVER__CA" in caught.value.hint
    assert not isinstance(caught.value, Transient)
    link.close()


@pytest.mark.parametrize("options", [{"ca": Path("missing.pem")}])
def test_a_connection_that_cannot_be_set_up_is_a_wrong_setting(options: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="missing"):
        Link(Connection("https://localhost:6333", **options))


def test_our_own_mistakes_pass_through_as_they_are(fake: FakeQdrant) -> None:
    link = link_to(fake)

    def mistaken(client: QdrantClient, seconds: int) -> None:
        raise KeyError("x")

    calls: list[Callable[..., None]] = [link.read, link.write]
    for call in calls:
        with pytest.raises(KeyError):
            call(mistaken)
    link.close()
