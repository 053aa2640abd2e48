"""The generation that a running service owns, read and written through it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import httpx

from app.client.problems import told
from app.running import RunningService, running_service
from app.succession.wire import point_as_json, point_from_json, row_as_text
from core.errors import BinocleError, GenerationChanged, StoreUnavailable
from encoders.encoder import Vectors
from qdrant.config_json import config_from_json
from qdrant.store import CollectionConfig, Point

_PAGE = 100
"""Points in one answer: the service's interpreter is held for a few milliseconds by them."""
_WRITE = 50
_SECONDS = 120.0
"""For one request: publishing opens a generation."""
_PATIENCE_S = 30.0
"""So long a service that went away is waited for: it may be started anew."""
_LOOK_S = 0.2


class RemoteGeneration:
    """A generation in a running service; see `ingestion.target.Target`. Close it at the end.

    Leaves the service at least as much time for others as its own requests take. One that is
    started anew meanwhile is asked again: all that is asked may be asked twice.

    Raises StoreUnavailable where no service answers within `patience_s`, GenerationChanged where
    it answers from another generation than before, and what the service raises.
    """

    def __init__(
        self, service: RunningService, collection: str, *, patience_s: float = _PATIENCE_S
    ) -> None:
        self._collection = collection
        self._service = service
        self._patience_s = patience_s
        self._client = self._connected()
        said = self._ask("/follow")
        self._name = str(said["generation"])
        self._config = config_from_json(said["config"])
        self.change = int(said["change"])

    @property
    def collection(self) -> str:
        return self._collection

    @property
    def name(self) -> str:
        return self._name

    @property
    def config(self) -> CollectionConfig:
        return self._config

    def upsert(self, points: Sequence[Point]) -> None:
        for part in _parts(points, _WRITE):
            self._write({"points": [point_as_json(point) for point in part]})

    def set_payloads(self, payloads: Mapping[str, Mapping[str, Any]]) -> None:
        for part in _parts(payloads, _WRITE):
            self._write({"payloads": {each: dict(payloads[each]) for each in part}})

    def delete(self, ids: Sequence[str]) -> None:
        for part in _parts(ids, _WRITE):
            self._write({"delete": list(part)})

    def _write(self, what: Mapping[str, Any]) -> None:
        self._ask("/write", {**what, "generation": self._name})

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[Point]:
        found: list[Point] = []
        for part in _parts(ids, _PAGE):
            answer = self._read({"ids": list(part), "vectors": with_vectors})
            found += [point_from_json(point) for point in answer["points"]]
        return found

    def _read(self, what: Mapping[str, Any]) -> dict[str, Any]:
        return self._ask("/read", {**what, "generation": self._name})

    def pages(self, *, vectors: bool, after: str | None = None) -> Iterator[list[Point]]:
        """All points, in the fixed order of their ids."""
        while True:
            asked = {"after": after, "limit": _PAGE, "vectors": vectors}
            answer = self._read(asked)
            yield [point_from_json(point) for point in answer["points"]]
            after = answer.get("after")
            if after is None:
                return

    def ids(self) -> Iterator[str]:
        for page in self.pages(vectors=False):
            yield from (point.id for point in page)

    def count(self) -> int:
        return int(self._ask("/follow")["count"])

    def written_up_to(self) -> int:
        """Number of the last change whose write is done: the service tells it between writes.

        A change is numbered before it is written. One that the ledger shows beyond this number may
        not be in the points yet: who takes it for done loses it.
        """
        return int(self._ask("/follow")["change"])

    def index_fields(self) -> None:
        """Nothing: the service indexes at once."""

    def flush(self) -> None:
        """Nothing: what the service has acknowledged is kept."""

    def nearest(self, vectors: Vectors, limit: int) -> list[list[str]]:
        """For each row of float32 (n, dim) the ids of the `limit` nearest, best first."""
        found: list[list[str]] = []
        for part in _parts(vectors, _WRITE):
            rows = [row_as_text(row) for row in part]
            found += self._ask("/nearest", {"vectors": rows, "limit": limit})["ids"]
        return found

    def take_over(
        self, generation: str, *, since: int, replay: bool, leave_out: bool = False
    ) -> None:
        """Have the service answer from `generation`. Raises GenerationChanged as it does."""
        asked = {
            "generation": generation,
            "base": self._name,
            "since": since,
            "replay": replay,
            "leave_out": leave_out,
        }
        self._switch(asked)

    def give_way(self, generation: str, since: int | None) -> dict[str, int]:
        """Have the service answer from `generation`, which was built from a source of its own.

        Args:
            since: number of the change after which what was written is brought over; None for
                nothing that was written before.

        How many of these were `brought`, and how many `left` behind as they do not fit.
        """
        since = self.change if since is None else since
        asked = {"generation": generation, "base": self._name, "since": since, "own_source": True}
        said = self._switch(asked)
        return {"brought": int(said.get("brought") or 0), "left": int(said.get("left") or 0)}

    def _switch(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._ask("/take-over", asked)
        except GenerationChanged:  # or it was done, and the answer was lost
            said = self._ask("/follow")
            if said["generation"] != asked["generation"]:
                raise
            return said

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._client.close()

    def _connected(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"{self._service.url}/v1/collections/{self._collection}/generation",
            headers={"Authorization": f"Bearer {self._service.token}"},
            timeout=_SECONDS,
            trust_env=False,
        )

    def _ask(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        give_up = time.monotonic() + self._patience_s
        while True:
            try:
                return self._asked(path, body)
            except _Away as away:
                if time.monotonic() > give_up:
                    raise away.error from None
            time.sleep(_LOOK_S)
            found = running_service(self._service.data)
            if found is not None and found != self._service:
                self._client.close()
                self._service = found
                self._client = self._connected()

    def _asked(self, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        started = time.monotonic()
        try:
            answer = self._client.post(path, json=dict(body) if body is not None else None)
            document = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError) as error:
            told_by_nobody = StoreUnavailable(
                f"The service does not answer: {error or type(error).__name__}.",
                hint="The same command goes on from here, with the service or without it.",
            )
            raise _Away(told_by_nobody) from None
        if answer.is_error:
            refused = told(answer.reason_phrase, document)
            another = answer.status_code == 401 and running_service(self._service.data) != (
                self._service
            )
            raise _Away(refused) if another or isinstance(refused, StoreUnavailable) else refused
        time.sleep(min(time.monotonic() - started, 1.0))
        return dict(document)


class _Away(Exception):
    """Worth another try: the service is away, ends, or is another one by now."""

    def __init__(self, error: BinocleError) -> None:
        super().__init__(error.message)
        self.error = error


def _parts(values: Iterable[Any], size: int) -> Iterator[Sequence[Any]]:
    left = iter(values)
    while part := list(islice(left, size)):
        yield part
