"""The part of Qdrant's REST API that Binocle uses, over an Engine."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from qdrant_client.http import models

from tests.fake_qdrant.local import Engine

Route = Callable[[Engine, str, bytes], Any]
_ACK = models.UpdateResult(operation_id=0, status=models.UpdateStatus.COMPLETED)


def answer(engine: Engine, method: str, path: str, body: bytes) -> tuple[int, Any]:
    """Status and JSON of the answer."""
    for pattern, route in _ROUTES:
        found = re.fullmatch(pattern, f"{method} {path}")
        if found:
            name = found.groupdict().get("name", "")
            try:
                with engine.lock:
                    return 200, _json(route(engine, name, body))
            except ValueError as error:
                return _status(error), str(error)
    return 404, f"There is no {method} {path}"


def _status(error: ValueError) -> int:
    text = str(error).lower()
    if "not found" in text:
        return 404
    return 409 if "already exists" in text else 400


def _json(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, list):
        return [_json(each) for each in value]
    return value


def _payload(asked: Any) -> Any:
    return False if asked is None else asked


def _create(engine: Engine, name: str, body: bytes) -> bool:
    engine.create(name, models.CreateCollection.model_validate_json(body))
    return True


def _update(engine: Engine, name: str, body: bytes) -> bool:
    engine.update(name, models.UpdateCollection.model_validate_json(body))
    return True


def _aliases(engine: Engine, _: str, body: bytes) -> bool:
    operation = models.ChangeAliasesOperation.model_validate_json(body)
    return engine.client.update_collection_aliases(operation.actions)


def _index(engine: Engine, name: str, body: bytes) -> models.UpdateResult:
    request = models.CreateFieldIndex.model_validate_json(body)
    engine.index(name, request.field_name, request.field_schema)
    return _ACK


def _upsert(engine: Engine, name: str, body: bytes) -> models.UpdateResult:
    points = models.PointsList.model_validate_json(body).points
    engine.client.upsert(name, points)
    return _ACK


def _retrieve(engine: Engine, name: str, body: bytes) -> Any:
    asked = models.PointRequest.model_validate_json(body)
    return engine.client.retrieve(
        name,
        asked.ids,
        with_payload=_payload(asked.with_payload),
        with_vectors=asked.with_vector or False,
    )


def _delete(engine: Engine, name: str, body: bytes) -> models.UpdateResult:
    engine.client.delete(name, models.PointIdsList.model_validate_json(body))
    return _ACK


def _batch(engine: Engine, name: str, body: bytes) -> list[models.UpdateResult]:
    operations = models.UpdateOperations.model_validate_json(body).operations
    engine.client.batch_update_points(name, operations)
    return [_ACK for _ in operations]


def _query(engine: Engine, name: str, body: bytes) -> models.QueryResponse:
    asked = models.QueryRequest.model_validate_json(body)
    return engine.client.query_points(
        name,
        query=asked.query,
        prefetch=asked.prefetch,
        using=asked.using,
        query_filter=asked.filter,
        search_params=asked.params,
        limit=asked.limit or 10,
        offset=asked.offset,
        with_payload=_payload(asked.with_payload),
    )


def _scroll(engine: Engine, name: str, body: bytes) -> models.ScrollResult:
    asked = models.ScrollRequest.model_validate_json(body)
    points, following = engine.client.scroll(
        name,
        scroll_filter=asked.filter,
        limit=asked.limit or 10,
        offset=asked.offset,
        order_by=asked.order_by,
        with_payload=_payload(asked.with_payload),
        with_vectors=asked.with_vector or False,
    )
    return models.ScrollResult(points=points, next_page_offset=following)


def _count(engine: Engine, name: str, body: bytes) -> models.CountResult:
    asked = models.CountRequest.model_validate_json(body)
    return engine.client.count(name, asked.filter, exact=True)


def _facet(engine: Engine, name: str, body: bytes) -> models.FacetResponse:
    asked = models.FacetRequest.model_validate_json(body)
    return engine.client.facet(
        name, asked.key, facet_filter=asked.filter, limit=asked.limit or 10, exact=True
    )


_NAME = r"/collections/(?P<name>[^/]+)"
_ROUTES: list[tuple[str, Route]] = [
    (r"GET /", lambda engine, *_: {"title": "qdrant", "version": engine.version, "commit": ""}),
    (r"GET /readyz", lambda *_: "all shards are ready"),
    (r"GET /collections", lambda engine, *_: engine.client.get_collections()),
    (r"GET /aliases", lambda engine, *_: engine.client.get_aliases()),
    (r"POST /collections/aliases", _aliases),
    (f"GET {_NAME}", lambda engine, name, _: engine.info(name)),
    (f"PUT {_NAME}", _create),
    (f"PATCH {_NAME}", _update),
    (f"DELETE {_NAME}", lambda engine, name, _: engine.client.delete_collection(name)),
    (f"PUT {_NAME}/index", _index),
    (f"PUT {_NAME}/points", _upsert),
    (f"POST {_NAME}/points", _retrieve),
    (f"POST {_NAME}/points/delete", _delete),
    (f"POST {_NAME}/points/batch", _batch),
    (f"POST {_NAME}/points/query", _query),
    (f"POST {_NAME}/points/scroll", _scroll),
    (f"POST {_NAME}/points/count", _count),
    (f"POST {_NAME}/facet", _facet),
]
