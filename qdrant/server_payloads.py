"""New payloads for points on a server: many in one request, and no vector read or sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from qdrant_client.http import models

from qdrant.checks import checked_payload, point_uuid
from qdrant.server_config import read_consistency, write_ordering
from qdrant.server_errors import Missing
from qdrant.server_link import Call, T
from qdrant.server_options import Connection
from qdrant.server_points import check_integers

_PER_REQUEST = 500
"""Payloads in one request. The server carries them out one after the other."""


class Ask(Protocol):
    """Asks the server, and tries again where that may help."""

    def __call__(self, call: Call[T]) -> T: ...


def overwrite(
    payloads: Mapping[str, Mapping[str, Any]],
    there: str,
    connection: Connection,
    *,
    read: Ask,
    write: Ask,
) -> int:
    """Replace payloads by item ids in the server's collection `there`; how many of them are there.

    A request is answered once all of its payloads can be searched by. The server refuses one with
    an id that it has not, part of it done: only then is asked which there are, and these are sent
    again, which ends the same.

    Raises InvalidItem for what can't be stored, before anything is sent, and Missing where `there`
    is no more.
    """
    checked = _checked(payloads, connection)
    ordering = write_ordering(connection)
    keys, written = list(checked), 0
    for start in range(0, len(keys), _PER_REQUEST):
        part = keys[start : start + _PER_REQUEST]
        while part:
            sent = [_operation(key, checked[key]) for key in part]
            try:
                write(
                    lambda client, seconds, sent=sent: client.batch_update_points(  # type: ignore[misc]
                        there, sent, wait=True, ordering=ordering, timeout=seconds
                    )
                )
                break
            except Missing:
                present = _present(part, there, connection, read)
                if len(present) == len(part):
                    raise  # not for want of points
                part = present
        written += len(part)
    return written


def _checked(
    payloads: Mapping[str, Mapping[str, Any]], connection: Connection
) -> dict[str, dict[str, Any]]:
    """The payloads by the points' keys inside the engine."""
    checked = {each: checked_payload(each, payloads[each]) for each in payloads}
    if connection.grpc:
        for each, payload in checked.items():
            check_integers(each, payload)
    return {str(point_uuid(each)): payload for each, payload in checked.items()}


def _operation(key: str, payload: Mapping[str, Any]) -> models.OverwritePayloadOperation:
    change = models.SetPayload(payload=dict(payload), points=[key])
    return models.OverwritePayloadOperation(overwrite_payload=change)


def _present(keys: Sequence[str], there: str, connection: Connection, read: Ask) -> list[str]:
    """Those of `keys` that there are, in their order."""
    records = read(
        lambda client, seconds: client.retrieve(
            there,
            keys,
            with_payload=False,
            with_vectors=False,
            consistency=read_consistency(connection),
            timeout=seconds,
        )
    )
    found = {str(record.id) for record in records}
    return [key for key in keys if key in found]
