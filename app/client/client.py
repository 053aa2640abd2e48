"""The clients: one holds talks with the service and waits, the other lets others run meanwhile."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx
from pydantic import ValidationError

from app.client import calls
from app.client.calls import Call, Talk
from app.client.exchange import Link, answer_of, retrying, retrying_async, wrapped

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
_SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)


def _signed(method: F, talk: Callable[..., Any]) -> F:
    """`method`, whose help shows the talk's parameters."""
    signature = inspect.signature(talk)
    parameters = [_SELF, *signature.parameters.values()]
    method.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return method


def _now(talk: Callable[P, Talk[T]]) -> Callable[Concatenate[Client, P], T]:
    """The method of `Client` that holds this talk."""

    @wraps(talk)
    def held(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._hold(talk(*args, **kwargs))

    return _signed(held, talk)


def _later(talk: Callable[P, Talk[T]]) -> Callable[Concatenate[AsyncClient, P], Awaitable[T]]:
    """The method of `AsyncClient` that holds this talk."""

    @wraps(talk)
    async def held(self: AsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._hold(talk(*args, **kwargs))

    return _signed(held, talk)


class Client:
    """Binocle's HTTP API. Safe for several threads; close it, or use it in a `with`.

    What the service says was wrong is raised as errors of `core.errors`; StoreUnavailable where it
    does not answer. Requests that may be repeated are, at most twice: reading, uploads and puts
    whenever the service is away for a moment, changes and deletions only if it was never reached.

    Args:
        url: where the service is, such as http://127.0.0.1:8000.
        key: an API key, where the service needs one.
        timeout_s: longest wait for one answer, in seconds.
        attempts: how often to try, at least once.
        backoff_s: longest wait before the second attempt; twice as long before each further one.
        transport: instead of the network.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout_s: float = 30.0,
        attempts: int = 3,
        backoff_s: float = 0.2,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._link = Link(url, key, timeout_s, attempts, backoff_s)
        self._http = httpx.Client(transport=transport, **self._link.settings)

    search = _now(calls.search)
    batch = _now(calls.batch)
    suggest = _now(calls.suggest)
    similar = _now(calls.similar)
    events = _now(calls.events)
    get = _now(calls.get)
    put = _now(calls.put)
    patch = _now(calls.patch)
    delete = _now(calls.delete)
    upload = _now(calls.upload)
    collections = _now(calls.collections)
    describe = _now(calls.describe)
    create = _now(calls.create)
    drop = _now(calls.drop)

    def asking(
        self, user: str | None = None, session: str | None = None, client: str | None = None
    ) -> Self:
        """This client, on the same connections, saying for whom it asks; see docs/events.md."""
        other = copy.copy(self)
        other._link = self._link.asking(user, session, client)
        return other

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _hold(self, talk: Talk[T]) -> T:
        answer: Any = None
        while True:
            try:
                call = talk.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            except ValidationError as error:
                raise self._link.misunderstood(error) from None
            answer = self._ask(call)

    def _ask(self, call: Call) -> Any:
        def once() -> Any:
            return answer_of(self._http.send(self._link.request(self._http, call)))

        with wrapped(self._link):
            return retrying(self._link, call)(once)


class AsyncClient:
    """`Client` for asyncio: the same methods, to be awaited."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout_s: float = 30.0,
        attempts: int = 3,
        backoff_s: float = 0.2,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._link = Link(url, key, timeout_s, attempts, backoff_s)
        self._http = httpx.AsyncClient(transport=transport, **self._link.settings)

    search = _later(calls.search)
    batch = _later(calls.batch)
    suggest = _later(calls.suggest)
    similar = _later(calls.similar)
    events = _later(calls.events)
    get = _later(calls.get)
    put = _later(calls.put)
    patch = _later(calls.patch)
    delete = _later(calls.delete)
    upload = _later(calls.upload)
    collections = _later(calls.collections)
    describe = _later(calls.describe)
    create = _later(calls.create)
    drop = _later(calls.drop)

    def asking(
        self, user: str | None = None, session: str | None = None, client: str | None = None
    ) -> Self:
        """This client, on the same connections, saying for whom it asks; see docs/events.md."""
        other = copy.copy(self)
        other._link = self._link.asking(user, session, client)
        return other

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _hold(self, talk: Talk[T]) -> T:
        answer: Any = None
        while True:
            try:
                call = talk.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            except ValidationError as error:
                raise self._link.misunderstood(error) from None
            answer = await self._ask(call)

    async def _ask(self, call: Call) -> Any:
        async def once() -> Any:
            return answer_of(await self._http.send(self._link.request(self._http, call)))

        with wrapped(self._link):
            return await retrying_async(self._link, call)(once)
