"""No error of the server's client, of httpx or of grpc gets past qdrant.server_link."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
import qdrant_client.common.client_exceptions as limits
import qdrant_client.http.exceptions as theirs

import qdrant
from core.errors import BinocleError, StorageFull, StoreError, StoreUnavailable
from qdrant.server import ServerStore
from qdrant.server_errors import Missing, Taken, Transient, is_foreign, translated
from qdrant.server_link import Link
from qdrant.server_options import Connection
from qdrant.store import Generation, VectorQuery, VectorStore
from tests.contract.samples import config, point, vector
from tests.fake_qdrant.faults import ANSWER_LOST, FULL, HANGING, LOST, NO_REPLICA, OVERLOADED, Fault
from tests.fake_qdrant.faults import said as saying
from tests.fake_qdrant.grpc_service import GrpcQdrant, grpc_qdrant
from tests.fake_qdrant.server import FakeQdrant, fake_qdrant
from tests.unit.qdrant.links import link_to

_HEADERS = httpx.Headers()
World = tuple[FakeQdrant, ServerStore, Generation, Link]
FAULTS: dict[str, tuple[Fault, type[BinocleError]]] = {
    "connection closed": (LOST, Transient),
    "answer lost": (ANSWER_LOST, Transient),
    "hanging": (HANGING, Transient),
    "overloaded": (OVERLOADED, Transient),
    "no replica": (NO_REPLICA, Transient),
    "rate limit": (Fault(429, "{}", {"Retry-After": "1"}), Transient),
    "rate limit without a time": (Fault(429, "{}"), Transient),
    "rate limit with a wrong time": (Fault(429, "{}", {"Retry-After": "soon"}), StoreError),
    "disk full": (FULL, StorageFull),
    "no key": (Fault(401, "Must provide an API key"), StoreUnavailable),
    "forbidden": (Fault(403, saying("Forbidden: Write access is required")), StoreUnavailable),
    "not found": (Fault(404, saying("Not found: Collection `x` doesn't exist!")), Missing),
    "conflict": (Fault(409, saying("Wrong input: Collection `x` already exists!")), Taken),
    "wrong input": (Fault(400, saying("Wrong input: Vector dimension error")), StoreError),
    "unprocessable": (Fault(422, "not even JSON"), StoreError),
    "internal": (Fault(500, saying("Service internal error: index out of bounds")), StoreError),
    "gateway": (Fault(502, "<html>Bad Gateway</html>"), Transient),
    "teapot": (Fault(418, ""), StoreError),
    "not JSON": (Fault(200, "<html>Hello</html>"), StoreError),
    "another shape": (Fault(200, '{"result": "surprise"}'), StoreError),
    "nothing": (Fault(200, '{"result": null}'), StoreError),
}
CALLS: dict[str, Callable[[VectorStore, Generation], Any]] = {
    "collections": lambda store, _: store.collections(),
    "info": lambda store, _: store.info("shop"),
    "create": lambda store, _: store.create("new", config()),
    "open": lambda store, _: store.open("shop"),
    "published": lambda store, _: store.published("shop"),
    "unpublished": lambda store, _: store.unpublished("shop"),
    "publish": lambda store, _: store.publish("shop", "g000002"),
    "rollback": lambda store, _: store.rollback("shop"),
    "prune": lambda store, _: store.prune("shop"),
    "drop": lambda store, _: store.drop("shop"),
    "upsert": lambda _, generation: generation.upsert([point("a")]),
    "set_payload": lambda _, generation: generation.set_payload("a", {}),
    "delete": lambda _, generation: generation.delete(["a"]),
    "retrieve": lambda _, generation: generation.retrieve(["a"]),
    "query": lambda _, generation: generation.query(VectorQuery(vector(1), limit=1)),
    "scroll": lambda _, generation: generation.scroll(),
    "ids": lambda _, generation: list(generation.ids()),
    "count": lambda _, generation: generation.count(),
    "facet": lambda _, generation: generation.facet("brand"),
    "compact": lambda _, generation: generation.compact(),
}


def _filled(store: ServerStore) -> Generation:
    """'shop' with two published generations; the first, open."""
    for _ in range(2):
        generation = store.create("shop", config())
        generation.upsert([point("a")])
        store.publish("shop", generation.name)
        generation.close()
    return store.open("shop")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A store that gives up soon, and one of its generations; no call to it ever succeeds."""
    with fake_qdrant() as fake:
        with closing(ServerStore(link_to(fake))) as patient:
            _filled(patient).close()
        link = link_to(fake)
        with closing(ServerStore(link)) as store:
            opened = store.open("shop")
            yield fake, store, opened, link
            fake.faults.clear()


@pytest.fixture
def hurried(world: World) -> Iterator[World]:
    """The same, without faults from before, and in a hurry."""
    _allow(world[3], 0.1)
    yield world
    world[0].faults.clear()
    world[0].faults.go_on.set()
    world[0].faults.go_on.clear()


def _allow(link: Link, seconds: float) -> None:
    link.connection = replace(link.connection, timeout_s=seconds, write_timeout_s=seconds)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_told_as_what_it_is(hurried: World, name: str) -> None:
    fake, store, generation, link = hurried
    fault, expected = FAULTS[name]
    _allow(link, 0.1 if expected is Transient else 5.0)
    for call in ("count", "upsert"):
        fake.faults.plan(fault, times=100_000)
        with pytest.raises(expected) as caught:
            CALLS[call](store, generation)
        assert caught.value.__cause__ is not None
        fake.faults.clear()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ["connection closed", "disk full", "not JSON", "nothing"])
def test_every_call_raises_our_errors_only(hurried: World, call: str, name: str) -> None:
    fake, store, generation, _ = hurried
    fake.faults.plan(FAULTS[name][0], times=100_000)
    with pytest.raises(BinocleError):
        CALLS[call](store, generation)


def _grpc_error(code: grpc.StatusCode) -> grpc.RpcError:
    class Told(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return code

        def details(self) -> str:
            return "no space left on device" if code is grpc.StatusCode.INTERNAL else "details"

    return Told()


def _all_subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _all_subclasses(each)


@pytest.mark.parametrize("code", grpc.StatusCode)
def test_every_status_of_grpc_has_an_error_of_ours(code: grpc.StatusCode) -> None:
    error = _grpc_error(code)
    assert is_foreign(error)
    assert isinstance(translated(error, "http://q"), StoreError)


@pytest.mark.parametrize("kind", [*_all_subclasses(httpx.HTTPError), httpx.InvalidURL])
def test_every_error_of_httpx_has_an_error_of_ours(kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "reason")
    for each in (error, theirs.ResponseHandlingException(error)):
        assert is_foreign(each)
        assert isinstance(translated(each, "http://q"), StoreError)


@pytest.mark.parametrize("kind", [*_all_subclasses(theirs.ApiException), *_all_subclasses(
    limits.QdrantException)])  # fmt: skip
def test_every_error_of_the_client_has_an_error_of_ours(kind: type[Exception]) -> None:
    made: dict[type[Exception], Exception] = {
        theirs.UnexpectedResponse: theirs.UnexpectedResponse(500, "", b"", _HEADERS),
        theirs.ResponseHandlingException: theirs.ResponseHandlingException(OSError("x")),
        limits.ResourceExhaustedResponse: limits.ResourceExhaustedResponse("x", 1),
    }
    error = made.get(kind) or kind("x")
    assert is_foreign(error)
    assert isinstance(translated(error, "http://q"), StoreError)


@pytest.fixture
def over_grpc(fake: FakeQdrant) -> Iterator[tuple[GrpcQdrant, ServerStore, Generation]]:
    """A store over gRPC that gives up soon."""
    with grpc_qdrant(fake.engine) as served:
        connection = Connection(
            fake.url, grpc=True, grpc_port=served.port, timeout_s=2.0, write_timeout_s=2.0
        )
        with closing(ServerStore(Link(connection, pause=lambda _: None))) as store:
            yield served, store, _filled(store)


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (401, "Invalid API key", StoreUnavailable),
        (429, "too many", Transient),
        (500, "Service internal error: No space left on device", StorageFull),
        (500, "Service internal error: index out of bounds", StoreError),
        (503, "Service unavailable", Transient),
    ],
)
def test_faults_over_grpc_are_told_as_what_they_are(
    over_grpc: tuple[GrpcQdrant, ServerStore, Generation],
    status: int,
    said: str,
    expected: type[BinocleError],
) -> None:
    served, store, generation = over_grpc
    for call in ("count", "upsert"):
        served.faults.plan(Fault(status, said), times=100_000)
        with pytest.raises(expected):
            CALLS[call](store, generation)
        served.faults.clear()


def test_a_server_of_grpc_that_is_gone_is_away(
    over_grpc: tuple[GrpcQdrant, ServerStore, Generation],
) -> None:
    served, _, generation = over_grpc
    served.stop()
    with pytest.raises(Transient):
        generation.count()


def test_only_the_seam_makes_clients_and_knows_the_network() -> None:
    networks = {"httpx", "grpc", "ssl"}
    for path in Path(qdrant.__path__[0]).glob("*.py"):
        tree = ast.parse(path.read_text())
        names = {node.func.id for node in ast.walk(tree)
                 if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
        modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
                   for alias in node.names}  # fmt: skip
        assert ("QdrantClient" in names) == (path.name == "server_link.py"), path.name
        if path.name not in ("server_errors.py", "server_transport.py"):
            assert not modules & networks, path.name
