"""How shards of the embedded engine are built and searched; the figures are in qdrant.graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import qdrant_edge as engine

from core.fields import FieldType
from qdrant.graph import EF_CONSTRUCT, FULL_SCAN_KB, OVERSAMPLING, SEGMENT_POINTS, M, search_ef
from qdrant.store import CollectionConfig, Quantization


def shard_config(
    config: CollectionConfig, segment_points: int = SEGMENT_POINTS
) -> engine.EdgeConfig:
    """Originals on disk (mapped, cached by the system), quantized codes and the graph in memory."""
    originals = engine.Memory.Cold if config.quantization != "none" else engine.Memory.Cached
    vectors = {
        name: engine.EdgeVectorParams(
            size=dim,
            distance=engine.Distance.Cosine,
            memory=originals,
            quantization_config=_quantization(config.quantization),
        )
        for name, dim in config.vectors.items()
    }
    return engine.EdgeConfig(
        vectors=vectors,
        sparse_vectors={
            name: engine.EdgeSparseVectorParams(
                modifier=engine.Modifier.Idf, memory=engine.Memory.Cached
            )
            for name in config.sparse
        },
        payload_memory=engine.Memory.Cold,
        hnsw_config=engine.HnswIndexConfig(
            m=M, ef_construct=EF_CONSTRUCT, full_scan_threshold=FULL_SCAN_KB
        ),
        # Segments that are full are not merged into larger ones, which would be indexed anew.
        optimizers=engine.EdgeOptimizersConfig(max_segment_size=_kilobytes(config, segment_points)),
    )


def _kilobytes(config: CollectionConfig, points: int) -> int:
    """Of a full segment's vectors, by the longest kind, as the engine measures it."""
    floats = max(config.vectors.values())
    return -(-4 * floats * points // 1024)


def search_params(
    quantization: Quantization, *, exact: bool, filtered: bool, wanted: int
) -> engine.SearchParams:
    """How to find the best `wanted` points; `exact` compares full vectors with every point."""
    if exact:
        return engine.SearchParams(
            exact=True, quantization=engine.QuantizationSearchParams(ignore=True)
        )
    codes = None
    if quantization != "none":
        codes = engine.QuantizationSearchParams(
            rescore=True, oversampling=OVERSAMPLING[quantization]
        )
    return engine.SearchParams(
        hnsw_ef=search_ef(filtered=filtered, wanted=wanted),
        quantization=codes,
        acorn=engine.AcornSearchParams(enable=True) if filtered else None,
    )


def payload_indexes(fields: Mapping[str, FieldType]) -> list[engine.UpdateOperation]:
    """One index per field: a filter without one reads every payload, 50 times as slow."""
    return [
        engine.UpdateOperation.create_field_index(name, _INDEXES[kind]())
        for name, kind in fields.items()
    ]


def _quantization(kind: Quantization) -> Any:
    pinned = engine.Memory.Pinned
    if kind == "none":
        return None
    if kind == "int8":
        return engine.ScalarQuantizationConfig(
            type=engine.ScalarType.Int8, quantile=0.99, memory=pinned
        )
    if kind == "binary":
        return engine.BinaryQuantizationConfig(memory=pinned)
    if kind == "turbo":
        four_bits = engine.TurboQuantBitSize.Bits4
        return engine.TurboQuantQuantizationConfig(bits=four_bits, memory=pinned)
    return engine.ProductQuantizationConfig(compression=engine.CompressionRatio.X16, memory=pinned)


# On disk, mapped: at 100,000 points with 15 fields a shard loads in 0.3 s instead of 3, and takes a
# third of the memory. Without links of their own in the graph: those make building it five times as
# long, and ACORN finds what a narrow filter leaves.
_ON_DISK: Any = {"memory": engine.Memory.Cold, "enable_hnsw": False}
_INDEXES: Mapping[FieldType, Callable[[], engine.PayloadSchemaParams]] = {
    FieldType.KEYWORD: lambda: engine.KeywordIndexParams(prefix=True, **_ON_DISK),
    FieldType.TEXT: lambda: engine.TextIndexParams(
        tokenizer=engine.TokenizerType.Word, lowercase=True, phrase_matching=True, **_ON_DISK
    ),
    FieldType.INTEGER: lambda: engine.IntegerIndexParams(lookup=True, range=True, **_ON_DISK),
    FieldType.FLOAT: lambda: engine.FloatIndexParams(**_ON_DISK),
    FieldType.BOOL: lambda: engine.BoolIndexParams(**_ON_DISK),
    FieldType.DATETIME: lambda: engine.DatetimeIndexParams(**_ON_DISK),
    FieldType.GEO: lambda: engine.GeoIndexParams(**_ON_DISK),
}
