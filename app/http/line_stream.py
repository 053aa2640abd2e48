"""Lines of JSON that come in as a stream, and lines of JSON that go out while they come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import orjson
from fastapi import Response
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from app.problems import problem_of, unexpected
from core.errors import BinocleError

NDJSON = "application/x-ndjson"
AT_ONCE = 32
"""Lines that are worked on together at most."""

Line: TypeAlias = tuple[int, bytes | None]
"""Its number, from 1, and its bytes; None for one over the limit."""
Answers: TypeAlias = Sequence[dict[str, Any]]


class Lines:
    """The lines of a request's body, as many at a time as there are.

    Reads ahead while others are worked on, at most about `most` bytes; longer lines than that are
    dropped.
    """

    def __init__(self, request: Request, most: int) -> None:
        self._request = request
        self._most = most
        self._waiting: list[Line] = []
        self._bytes = 0
        self._done = False
        self._changed = asyncio.Condition()

    async def read(self) -> None:
        """Read to the end of the body. To be run beside whoever takes the batches."""
        try:
            number = 0
            async for line in self._lines():
                number += 1
                if line is None or line.strip():
                    await self._put((number, line))
        except ClientDisconnect:
            pass  # what came is worked on; nobody reads the answers
        finally:
            async with self._changed:
                self._done = True
                self._changed.notify_all()

    async def batches(self) -> AsyncIterator[list[Line]]:
        """What has come, up to 32 lines at a time, to the end."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._waiting or self._done)
                batch = self._waiting[:AT_ONCE]
                del self._waiting[:AT_ONCE]
                self._bytes -= sum(len(line or b"") for _, line in batch)
                self._changed.notify_all()
            if not batch:
                return
            yield batch

    async def _put(self, line: Line) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._bytes < self._most)
            self._waiting.append(line)
            self._bytes += len(line[1] or b"")
            self._changed.notify_all()

    async def _lines(self) -> AsyncIterator[bytes | None]:
        buffer, looked, skipping = bytearray(), 0, False
        async for chunk in self._request.stream():
            buffer += chunk
            while (end := buffer.find(b"\n", looked)) >= 0:
                yield None if skipping or end > self._most else bytes(buffer[:end])
                del buffer[: end + 1]
                looked, skipping = 0, False
            looked = len(buffer)
            if looked > self._most:
                buffer.clear()
                looked, skipping = 0, True
        if buffer or skipping:
            yield None if skipping else bytes(buffer)


class LinesAnswer(Response):
    """Answers line by line, while the request's lines still come.

    Reading never waits for whoever reads the answers: clients that send all before they read any
    would wait for ever.

    Args:
        work: what a batch of lines is answered with, one object each or more.
        end: the last object, once all lines are answered.
    """

    media_type = NDJSON

    def __init__(
        self,
        most: int,
        work: Callable[[list[Line]], Awaitable[Answers]],
        end: Callable[[], dict[str, Any]],
    ) -> None:
        super().__init__(media_type=NDJSON)
        del self.headers["content-length"]
        self._most = most
        self._work = work
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        answers: asyncio.Queue[bytes | None] = asyncio.Queue()
        working = asyncio.create_task(self._all(Request(scope, receive), answers))
        try:
            while (text := await answers.get()) is not None:
                await send({"type": "http.response.body", "body": text, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working

    async def _all(self, request: Request, answers: asyncio.Queue[bytes | None]) -> None:
        lines = Lines(request, self._most)
        reading = asyncio.create_task(lines.read())
        try:
            async for batch in lines.batches():
                answers.put_nowait(_text(await self._work(batch)))
            answers.put_nowait(_text([self._end()]))
        except BinocleError as error:  # the status is sent already
            failure = problem_of(error).as_json()
            answers.put_nowait(_text([{**self._end(), "failure": failure}]))
        except Exception:
            answers.put_nowait(_text([{**self._end(), "failure": unexpected("").as_json()}]))
            raise
        finally:
            reading.cancel()
            answers.put_nowait(None)


def _text(answers: Answers) -> bytes:
    return b"".join(orjson.dumps(answer) + b"\n" for answer in answers)
