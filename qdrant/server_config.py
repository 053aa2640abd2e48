"""How collections of a server are laid out and searched; the figures are in qdrant.graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from qdrant_client.http import models

from core.fields import FieldType
from qdrant.graph import EF_CONSTRUCT, FULL_SCAN_KB, OVERSAMPLING, M, search_ef
from qdrant.server_options import Connection, Layout
from qdrant.store import CollectionConfig, Quantization


def creation(config: CollectionConfig, layout: Layout) -> dict[str, Any]:
    """Arguments to `create_collection`, without its name and metadata.

    Full vectors on disk where quantized ones are in memory, as on the embedded engine.
    """
    vectors = {
        name: models.VectorParams(
            size=dim,
            distance=models.Distance.COSINE,
            memory=_memory(layout.vectors_memory or _originals(config.quantization)),
        )
        for name, dim in config.vectors.items()
    }
    sparse = {
        name: models.SparseVectorParams(
            modifier=models.Modifier.IDF, index=models.SparseIndexParams(memory=_memory("cached"))
        )
        for name in config.sparse
    }
    return {
        "vectors_config": vectors,
        "sparse_vectors_config": sparse or None,
        "shard_number": layout.shard_number,
        "replication_factor": layout.replication_factor,
        "write_consistency_factor": layout.write_consistency_factor,
        "payload": models.PayloadStorageParams(memory=_memory(layout.payload_memory or "cold")),
        "hnsw_config": models.HnswConfigDiff(
            m=layout.hnsw_m or M,
            ef_construct=layout.hnsw_ef_construct or EF_CONSTRUCT,
            full_scan_threshold=layout.full_scan_kb or FULL_SCAN_KB,
            memory=_memory(layout.graph_memory),
        ),
        "optimizers_config": _optimizers(layout),
        "quantization_config": quantized(config.quantization, layout.codes_memory or "pinned"),
    }


def changes(
    layout: Layout, quantization: Quantization | None, present: CollectionConfig
) -> dict[str, Any]:
    """Arguments to `update_collection` for what `layout` gives; the rest stays as it is."""
    answer: dict[str, Any] = {}
    if layout.vectors_memory is not None:
        diff = models.VectorParamsDiff(memory=_memory(layout.vectors_memory))
        answer["vectors_config"] = dict.fromkeys(present.vectors, diff)
    params = models.CollectionParamsDiff(
        replication_factor=layout.replication_factor,
        write_consistency_factor=layout.write_consistency_factor,
        payload=None
        if layout.payload_memory is None
        else models.PayloadStorageParams(memory=_memory(layout.payload_memory)),
    )
    if _says_something(params):
        answer["collection_params"] = params
    graph = models.HnswConfigDiff(
        m=layout.hnsw_m,
        ef_construct=layout.hnsw_ef_construct,
        full_scan_threshold=layout.full_scan_kb,
        memory=_memory(layout.graph_memory),
    )
    if _says_something(graph):
        answer["hnsw_config"] = graph
    if layout.indexing_threshold_kb is not None:
        answer["optimizers_config"] = _optimizers(layout)
    if quantization is not None or layout.codes_memory is not None:
        codes = quantized(quantization or present.quantization, layout.codes_memory or "pinned")
        answer["quantization_config"] = codes or models.Disabled.DISABLED
    return answer


def layout_of(info: models.CollectionInfo) -> Layout:
    """How the server says that it keeps the collection."""
    params, graph = info.config.params, info.config.hnsw_config
    vectors = params.vectors if isinstance(params.vectors, dict) else {}
    of_vectors = {each.memory for each in vectors.values()}
    codes = info.config.quantization_config
    inner = next(iter(codes.model_dump(exclude_none=True).values())) if codes else {}
    return Layout(
        shard_number=params.shard_number,
        replication_factor=params.replication_factor,
        write_consistency_factor=params.write_consistency_factor,
        vectors_memory=_named(next(iter(of_vectors))) if len(of_vectors) == 1 else None,
        codes_memory=_named(inner.get("memory")),
        graph_memory=_named(graph.memory),
        payload_memory=_named(params.payload.memory) if params.payload else None,
        hnsw_m=graph.m,
        hnsw_ef_construct=graph.ef_construct,
        full_scan_kb=graph.full_scan_threshold,
        indexing_threshold_kb=info.config.optimizer_config.indexing_threshold,
    )


def search_params(
    quantization: Quantization, *, exact: bool, filtered: bool, wanted: int
) -> models.SearchParams:
    """How to find the best `wanted` points; `exact` compares full vectors with every point."""
    if exact:
        return models.SearchParams(
            exact=True, quantization=models.QuantizationSearchParams(ignore=True)
        )
    codes = None
    if quantization != "none":
        codes = models.QuantizationSearchParams(
            rescore=True, oversampling=OVERSAMPLING[quantization]
        )
    return models.SearchParams(
        hnsw_ef=search_ef(filtered=filtered, wanted=wanted),
        quantization=codes,
        acorn=models.AcornSearchParams(enable=True) if filtered else None,
    )


def field_index(kind: FieldType) -> Any:
    """The index of a field; without one, a filter reads every payload."""
    return _INDEXES[kind]()


def read_consistency(connection: Connection) -> int | models.ReadConsistencyType | None:
    """How many replicas have to agree, as the client takes it."""
    asked = connection.read_consistency
    return models.ReadConsistencyType(asked) if isinstance(asked, str) else asked


def write_ordering(connection: Connection) -> models.WriteOrdering:
    """Who orders the writes, as the client takes it."""
    return models.WriteOrdering(connection.write_ordering)


def quantized(kind: Quantization, memory: str) -> Any:
    """The server's settings for a kind of quantization; None for none."""
    held = _memory(memory)
    if kind == "none":
        return None
    if kind == "int8":
        scalar = models.ScalarQuantizationConfig(
            type=models.ScalarType.INT8, quantile=0.99, memory=held
        )
        return models.ScalarQuantization(scalar=scalar)
    if kind == "binary":
        return models.BinaryQuantization(binary=models.BinaryQuantizationConfig(memory=held))
    if kind == "turbo":
        turbo = models.TurboQuantQuantizationConfig(
            bits=models.TurboQuantBitSize.BITS4, memory=held
        )
        return models.TurboQuantization(turbo=turbo)
    product = models.ProductQuantizationConfig(compression=models.CompressionRatio.X16, memory=held)
    return models.ProductQuantization(product=product)


def _originals(quantization: Quantization) -> str:
    return "cold" if quantization != "none" else "cached"


def _optimizers(layout: Layout) -> models.OptimizersConfigDiff | None:
    if layout.indexing_threshold_kb is None:
        return None
    return models.OptimizersConfigDiff(indexing_threshold=layout.indexing_threshold_kb)


def _memory(name: str | None) -> models.Memory | None:
    return None if name is None else models.Memory(name)


def _named(memory: models.Memory | None) -> Any:
    return None if memory is None else memory.value


def _says_something(model: Any) -> bool:
    return any(value is not None for value in model.model_dump().values())


# On disk, and without links of their own in the graph: as on the embedded engine.
_ON_DISK: Any = {"memory": models.Memory.COLD, "enable_hnsw": False}
_INDEXES: Mapping[FieldType, Callable[[], Any]] = {
    FieldType.KEYWORD: lambda: models.KeywordIndexParams(
        type=models.KeywordIndexType.KEYWORD, prefix=True, **_ON_DISK
    ),
    FieldType.TEXT: lambda: models.TextIndexParams(
        type=models.TextIndexType.TEXT,
        tokenizer=models.TokenizerType.WORD,
        lowercase=True,
        phrase_matching=True,
        **_ON_DISK,
    ),
    FieldType.INTEGER: lambda: models.IntegerIndexParams(
        type=models.IntegerIndexType.INTEGER, lookup=True, range=True, **_ON_DISK
    ),
    FieldType.FLOAT: lambda: models.FloatIndexParams(type=models.FloatIndexType.FLOAT, **_ON_DISK),
    FieldType.BOOL: lambda: models.BoolIndexParams(type=models.BoolIndexType.BOOL, **_ON_DISK),
    FieldType.DATETIME: lambda: models.DatetimeIndexParams(
        type=models.DatetimeIndexType.DATETIME, **_ON_DISK
    ),
    FieldType.GEO: lambda: models.GeoIndexParams(type=models.GeoIndexType.GEO, **_ON_DISK),
}
