"""Metrics by wrappers around the parts, and logging, configured once."""

from __future__ import annotations

import logging.config
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from core.fields import FieldType
from core.filters import Filter
from encoders.encoder import Encoder, PixelEncoder, Vectors
from qdrant.store import (
    JOINT,
    AnyVector,
    CollectionConfig,
    Fused,
    Generation,
    HybridQuery,
    Order,
    Point,
    ScoredPoint,
    VectorQuery,
)

METRICS_CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def configure_logging(level: str) -> None:
    """One line a record on stderr, from `level` up. Called once, by what starts the process."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"},
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"level": level, "handlers": ["stderr"]},
            "loggers": {name: {"level": "WARNING"} for name in ("alembic", "httpx")},
        }
    )


class Telemetry:
    """The metrics of one process, in a registry of their own. Durations in seconds."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Histogram(
            "binocle_http_request_seconds",
            "Time from the request's head to the answer's end.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "binocle_http_requests_in_flight", "Requests being answered.", registry=registry
        )
        self.encodings = Histogram(
            "binocle_encode_seconds",
            "Time of one call of a tower.",
            ("tower",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.encoded = Counter(
            "binocle_encoded", "Texts and images encoded.", ("tower",), registry=registry
        )
        self.batch_sizes = Histogram(
            "binocle_batch_size",
            "Texts or images in one run of a tower, where runs are shared.",
            ("tower",),
            buckets=(1, 2, 4, 8, 16, 32, 64, 128),
            registry=registry,
        )
        self.batch_waits = Histogram(
            "binocle_batch_wait_seconds",
            "Time that a text or an image waited for its run.",
            ("tower",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.batch_waiting = Gauge(
            "binocle_batch_waiting",
            "Texts or images that wait for a run.",
            ("tower",),
            registry=registry,
        )
        self.refusals = Counter(
            "binocle_key_refusals",
            "Requests turned away for want of a key that reaches, by the problem's code.",
            ("code",),
            registry=registry,
        )
        self.ready = Gauge("binocle_ready", "Whether /readyz says yes: 1 or 0.", registry=registry)
        self.operations = Histogram(
            "binocle_store_seconds",
            "Time of one call of the vector store.",
            ("operation",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.failures = Counter(
            "binocle_store_failures",
            "Calls of the vector store that raised.",
            ("operation",),
            registry=registry,
        )

    def exposition(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self.registry)


class MeasuredEncoder:
    """An Encoder whose calls are timed and counted."""

    def __init__(self, encoder: Encoder, telemetry: Telemetry) -> None:
        self._encoder = encoder
        self._seconds = {t: telemetry.encodings.labels(t) for t in ("text", "image")}
        self._count = {t: telemetry.encoded.labels(t) for t in ("text", "image")}

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dim(self) -> int:
        return self._encoder.dim

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    @property
    def image_size(self) -> int:
        return self._encoder.image_size

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        with self._seconds["text"].time():
            answer = self._encoder.encode_texts(texts)
        self._count["text"].inc(len(texts))
        return answer

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        with self._seconds["image"].time():
            answer = self._encoder.encode_images(images)
        self._count["image"].inc(len(images))
        return answer

    def relevance(self, cosine: float, query: str) -> float | None:
        return self._encoder.relevance(cosine, query)


class MeasuredPixelEncoder(MeasuredEncoder):
    """A PixelEncoder whose calls are timed and counted."""

    def __init__(self, encoder: PixelEncoder, telemetry: Telemetry) -> None:
        super().__init__(encoder, telemetry)
        self._pixel_encoder = encoder

    def pixels(self, image: Image.Image) -> NDArray[np.float32]:
        return self._pixel_encoder.pixels(image)

    def encode_pixels(self, pixels: Sequence[NDArray[np.float32]]) -> Vectors:
        with self._seconds["image"].time():
            answer = self._pixel_encoder.encode_pixels(pixels)
        self._count["image"].inc(len(pixels))
        return answer


def measured(encoder: Encoder, telemetry: Telemetry) -> Encoder:
    """`encoder`, timed and counted, with all that it can do."""
    if isinstance(encoder, PixelEncoder):
        return MeasuredPixelEncoder(encoder, telemetry)
    return MeasuredEncoder(encoder, telemetry)


class MeasuredGeneration:
    """A Generation whose calls are timed, and counted where they fail."""

    def __init__(self, generation: Generation, telemetry: Telemetry) -> None:
        self._generation = generation
        self._telemetry = telemetry

    @property
    def collection(self) -> str:
        return self._generation.collection

    @property
    def name(self) -> str:
        return self._generation.name

    @property
    def config(self) -> CollectionConfig:
        return self._generation.config

    @property
    def shared(self) -> bool:
        return self._generation.shared

    def upsert(self, points: Sequence[Point]) -> None:
        with self._measured("upsert"):
            self._generation.upsert(points)

    def set_payload(self, point_id: str, payload: Mapping[str, Any]) -> None:
        with self._measured("set_payload"):
            self._generation.set_payload(point_id, payload)

    def set_payloads(self, payloads: Mapping[str, Mapping[str, Any]]) -> None:
        with self._measured("set_payload"):
            self._generation.set_payloads(payloads)

    def delete(self, ids: Sequence[str]) -> None:
        with self._measured("delete"):
            self._generation.delete(ids)

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[Point]:
        with self._measured("retrieve"):
            return self._generation.retrieve(ids, with_vectors=with_vectors)

    def query(self, query: VectorQuery) -> list[ScoredPoint]:
        with self._measured("query"):
            return self._generation.query(query)

    def hybrid(self, query: HybridQuery) -> list[ScoredPoint]:
        with self._measured("hybrid"):
            return self._generation.hybrid(query)

    def fused(
        self,
        query: HybridQuery,
        keep: int,
        *,
        without: Collection[str] = (),
        with_vectors: bool = False,
    ) -> Fused:
        with self._measured("fused"):
            return self._generation.fused(query, keep, without=without, with_vectors=with_vectors)

    def score(self, ids: Sequence[str], vector: AnyVector, using: str = JOINT) -> dict[str, float]:
        with self._measured("score"):
            return self._generation.score(ids, vector, using)

    def first_by(self, order: Order, *, filter: Filter | None, limit: int) -> list[Point]:
        with self._measured("first_by"):
            return self._generation.first_by(order, filter=filter, limit=limit)

    def scroll(
        self, *, filter: Filter | None = None, limit: int = 100, after: str | None = None
    ) -> tuple[list[Point], str | None]:
        with self._measured("scroll"):
            return self._generation.scroll(filter=filter, limit=limit, after=after)

    def ids(self) -> Iterator[str]:
        return self._generation.ids()

    def add_fields(self, fields: Mapping[str, FieldType]) -> None:
        with self._measured("add_fields"):
            self._generation.add_fields(fields)

    def count(self, filter: Filter | None = None) -> int:
        with self._measured("count"):
            return self._generation.count(filter)

    def facet(
        self, field: str, *, filter: Filter | None = None, limit: int = 20
    ) -> list[tuple[str | int | bool, int]]:
        with self._measured("facet"):
            return self._generation.facet(field, filter=filter, limit=limit)

    def index_fields(self) -> None:
        with self._measured("index_fields"):
            self._generation.index_fields()

    def compact(self) -> None:
        with self._measured("compact"):
            self._generation.compact()

    def flush(self) -> None:
        with self._measured("flush"):
            self._generation.flush()

    def close(self) -> None:
        with self._measured("close"):
            self._generation.close()

    @contextmanager
    def _measured(self, operation: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        except Exception:
            self._telemetry.failures.labels(operation).inc()
            raise
        finally:
            seconds = time.perf_counter() - start
            self._telemetry.operations.labels(operation).observe(seconds)
