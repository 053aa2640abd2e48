"""What stands behind the fake server: the local mode of qdrant-client, and what that leaves out."""

from __future__ import annotations

import threading
from typing import Any

from qdrant_client import QdrantClient
from qdrant_client.http import models


def local_mode() -> QdrantClient:
    """Qdrant's client without a server: collections in memory, compared one by one."""
    return _Local(":memory:", force_disable_check_same_thread=True)


class _Local(QdrantClient):
    """Tells what a server tells of points that are not there."""

    def batch_update_points(self, *args: Any, **kwargs: Any) -> list[models.UpdateResult]:
        try:
            return super().batch_update_points(*args, **kwargs)
        except KeyError as missing:
            raise ValueError(f"Not found: No point with id {missing.args[0]} found") from None


class Engine:
    """The local mode for one caller at a time, with the settings of collections, which it drops.

    Attributes:
        status: what all collections report, one after the other; the last one stays.
    """

    def __init__(self, version: str) -> None:
        self.client = local_mode()
        self.version = version
        self.lock = threading.RLock()
        self.status: list[str] = ["green"]
        self.optimizer_error: str | None = None
        self._settings: dict[str, models.CreateCollection] = {}
        self._indexed: dict[str, dict[str, Any]] = {}

    def create(self, name: str, request: models.CreateCollection) -> None:
        self.client.create_collection(
            name,
            vectors_config=request.vectors,
            sparse_vectors_config=request.sparse_vectors,
            metadata=request.metadata,
        )
        self._settings[name] = request
        self._indexed[name] = {}

    def index(self, name: str, field: str, schema: Any) -> None:
        self.client.create_payload_index(name, field, schema)
        self._indexed[name][field] = schema

    def indexes(self, name: str) -> dict[str, Any]:
        """Index parameters by field, as they were asked for."""
        return self._indexed[name]

    def update(self, name: str, change: models.UpdateCollection) -> None:
        self.client.update_collection(name, metadata=change.metadata)
        known = self._settings[name]
        if change.params is not None:
            for field, value in _given(change.params).items():
                setattr(known, field, value)
        if change.hnsw_config is not None:
            known.hnsw_config = _merged(known.hnsw_config, change.hnsw_config)
        if change.optimizers_config is not None:
            known.optimizers_config = _merged(known.optimizers_config, change.optimizers_config)
        if change.quantization_config is not None:
            wanted = change.quantization_config
            known.quantization_config = None if isinstance(wanted, models.Disabled) else wanted
        for vector, diff in (change.vectors or {}).items():
            assert isinstance(known.vectors, dict)
            known.vectors[vector].memory = diff.memory

    def info(self, name: str) -> models.CollectionInfo:
        info = self.client.get_collection(name)
        known = self._settings[name]
        info.status = models.CollectionStatus(
            self.status[0] if len(self.status) == 1 else self.status.pop(0)
        )
        if self.optimizer_error is not None:
            info.optimizer_status = models.OptimizersStatusOneOf1(error=self.optimizer_error)
        params = info.config.params
        params.vectors = known.vectors
        params.payload = models.PayloadStorageParams.model_validate(_dumped(known.payload))
        for figure in ("shard_number", "replication_factor", "write_consistency_factor"):
            setattr(params, figure, getattr(known, figure) or 1)
        info.config.hnsw_config = info.config.hnsw_config.model_copy(
            update=_given(known.hnsw_config)
        )
        info.config.optimizer_config = info.config.optimizer_config.model_copy(
            update=_given(known.optimizers_config)
        )
        info.config.quantization_config = known.quantization_config
        return info


def _merged(known: Any, change: Any) -> Any:
    return type(change).model_validate({**_dumped(known), **_dumped(change)})


def _dumped(model: Any) -> dict[str, Any]:
    return {} if model is None else dict(model.model_dump(exclude_none=True))


def _given(model: Any) -> dict[str, Any]:
    names = [] if model is None else type(model).model_fields
    return {name: getattr(model, name) for name in names if getattr(model, name) is not None}
