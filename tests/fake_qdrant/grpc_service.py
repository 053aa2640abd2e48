"""The part of Qdrant's gRPC API that Binocle uses, over an Engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from qdrant_client import grpc as wire
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc
from qdrant_client.http import models

from tests.fake_qdrant.faults import Faults
from tests.fake_qdrant.local import Engine

_STATUS = {
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    500: grpc.StatusCode.INTERNAL,
    503: grpc.StatusCode.UNAVAILABLE,
}


class GrpcQdrant:
    """A server of Qdrant's gRPC services on 127.0.0.1."""

    def __init__(self, engine: Engine, *, api_key: str | None = None) -> None:
        self.faults = Faults()
        self._server = grpc.server(
            ThreadPoolExecutor(4), interceptors=[_Gate(engine, self.faults, api_key)]
        )
        wire.add_PointsServicer_to_server(_Points(engine), self._server)  # type: ignore[no-untyped-call]
        wire.add_CollectionsServicer_to_server(_Collections(engine), self._server)  # type: ignore[no-untyped-call]
        wire.add_QdrantServicer_to_server(_Root(engine), self._server)  # type: ignore[no-untyped-call]
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def stop(self) -> None:
        self.faults.go_on.set()
        self._server.stop(0).wait()


class _Gate(grpc.ServerInterceptor):
    """Looks at the key, meets faults, holds the engine's lock, and tells errors as Qdrant does."""

    def __init__(self, engine: Engine, faults: Faults, api_key: str | None) -> None:
        self._engine = engine
        self._faults = faults
        self._api_key = api_key

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = continuation(details)
        key = dict(details.invocation_metadata).get("api-key")

        def answer(request: Any, context: Any) -> Any:
            fault = self._faults.meet(details.method)
            if self._api_key is not None and key != self._api_key:
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "Invalid API key or JWT")
            if fault is not None and fault.hang:
                self._faults.go_on.wait(10)
            if fault is not None and fault.status is not None:
                context.abort(_STATUS[fault.status], fault.body)
            try:
                with self._engine.lock:
                    return handler.unary_unary(request, context)
            except ValueError as error:
                context.abort(_code(error), str(error))

        return grpc.unary_unary_rpc_method_handler(
            answer, handler.request_deserializer, handler.response_serializer
        )


def _code(error: ValueError) -> grpc.StatusCode:
    text = str(error).lower()
    if "not found" in text:
        return grpc.StatusCode.NOT_FOUND
    if "already exists" in text:
        return grpc.StatusCode.ALREADY_EXISTS
    return grpc.StatusCode.INVALID_ARGUMENT


class _Points(wire.PointsServicer):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._client = engine.client

    def Upsert(self, request: Any, _: Any) -> Any:  # noqa: N802
        points = [GrpcToRest.convert_point_struct(point) for point in request.points]
        self._client.upsert(request.collection_name, points)
        return _acknowledged()

    def Delete(self, request: Any, _: Any) -> Any:  # noqa: N802
        chosen = GrpcToRest.convert_points_selector(request.points)
        self._client.delete(request.collection_name, chosen)
        return _acknowledged()

    def UpdateBatch(self, request: Any, _: Any) -> Any:  # noqa: N802
        operations = [
            GrpcToRest.convert_points_update_operation(each) for each in request.operations
        ]
        self._client.batch_update_points(request.collection_name, operations)
        done = wire.UpdateResult(operation_id=0, status=wire.UpdateStatus.Completed)
        return wire.UpdateBatchResponse(result=[done for _ in operations])

    def CreateFieldIndex(self, request: Any, _: Any) -> Any:  # noqa: N802
        schema = GrpcToRest.convert_payload_schema_params(request.field_index_params)
        self._engine.index(request.collection_name, request.field_name, schema)
        return _acknowledged()

    def Get(self, request: Any, _: Any) -> Any:  # noqa: N802
        records = self._client.retrieve(
            request.collection_name,
            [GrpcToRest.convert_point_id(each) for each in request.ids],
            with_payload=GrpcToRest.convert_with_payload_selector(request.with_payload),
            with_vectors=_vectors(request),
        )
        return wire.GetResponse(result=[_retrieved(each) for each in records])

    def Query(self, request: Any, _: Any) -> Any:  # noqa: N802
        answer = self._client.query_points(
            request.collection_name,
            query=GrpcToRest.convert_query(request.query),
            prefetch=[GrpcToRest.convert_prefetch_query(each) for each in request.prefetch],
            using=request.using or None,
            query_filter=_filter(request),
            search_params=GrpcToRest.convert_search_params(request.params),
            limit=request.limit,
            offset=request.offset,
            with_payload=GrpcToRest.convert_with_payload_selector(request.with_payload),
        )
        points = [RestToGrpc.convert_scored_point(point) for point in answer.points]
        return wire.QueryResponse(result=points)

    def Scroll(self, request: Any, _: Any) -> Any:  # noqa: N802
        records, following = self._client.scroll(
            request.collection_name,
            scroll_filter=_filter(request),
            limit=request.limit,
            offset=GrpcToRest.convert_point_id(request.offset)
            if request.HasField("offset")
            else None,
            with_payload=GrpcToRest.convert_with_payload_selector(request.with_payload),
            with_vectors=_vectors(request),
            order_by=GrpcToRest.convert_order_by(request.order_by)
            if request.HasField("order_by")
            else None,
        )
        next_page = (
            None if following is None else RestToGrpc.convert_extended_point_id(str(following))
        )
        return wire.ScrollResponse(
            result=[_retrieved(each) for each in records], next_page_offset=next_page
        )

    def Count(self, request: Any, _: Any) -> Any:  # noqa: N802
        answer = self._client.count(request.collection_name, _filter(request), exact=True)
        return wire.CountResponse(result=wire.CountResult(count=answer.count))

    def Facet(self, request: Any, _: Any) -> Any:  # noqa: N802
        answer = self._client.facet(
            request.collection_name,
            request.key,
            facet_filter=_filter(request),
            limit=request.limit,
            exact=True,
        )
        hits = [RestToGrpc.convert_facet_value_hit(hit) for hit in answer.hits]
        return wire.FacetResponse(hits=hits)


class _Collections(wire.CollectionsServicer):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._client = engine.client

    def List(self, request: Any, _: Any) -> Any:  # noqa: N802
        found = self._client.get_collections().collections
        names = [wire.CollectionDescription(name=each.name) for each in found]
        return wire.ListCollectionsResponse(collections=names)

    def Get(self, request: Any, _: Any) -> Any:  # noqa: N802
        info = self._engine.info(request.collection_name)
        return wire.GetCollectionInfoResponse(result=RestToGrpc.convert_collection_info(info))

    def Create(self, request: Any, _: Any) -> Any:  # noqa: N802
        self._engine.create(request.collection_name, _creation(request))
        return wire.CollectionOperationResponse(result=True)

    def Update(self, request: Any, _: Any) -> Any:  # noqa: N802
        change = GrpcToRest.convert_update_collection(request)
        self._engine.update(request.collection_name, change)
        return wire.CollectionOperationResponse(result=True)

    def Delete(self, request: Any, _: Any) -> Any:  # noqa: N802
        self._client.delete_collection(request.collection_name)
        return wire.CollectionOperationResponse(result=True)

    def UpdateAliases(self, request: Any, _: Any) -> Any:  # noqa: N802
        actions = [GrpcToRest.convert_alias_operations(each) for each in request.actions]
        self._client.update_collection_aliases(actions)
        return wire.CollectionOperationResponse(result=True)

    def ListAliases(self, request: Any, _: Any) -> Any:  # noqa: N802
        found = self._client.get_aliases().aliases
        return wire.ListAliasesResponse(
            aliases=[RestToGrpc.convert_alias_description(each) for each in found]
        )


class _Root(wire.QdrantServicer):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def HealthCheck(self, request: Any, _: Any) -> Any:  # noqa: N802
        return wire.HealthCheckReply(title="qdrant", version=self._engine.version)


def _acknowledged() -> Any:
    status = wire.UpdateStatus.Completed
    return wire.PointsOperationResponse(result=wire.UpdateResult(operation_id=0, status=status))


def _filter(request: Any) -> models.Filter | None:
    return GrpcToRest.convert_filter(request.filter) if request.HasField("filter") else None


def _vectors(request: Any) -> Any:
    if not request.HasField("with_vectors"):
        return False
    return GrpcToRest.convert_with_vectors_selector(request.with_vectors)


def _retrieved(record: models.Record) -> Any:
    whole = record.model_copy(update={"payload": record.payload or {}})  # None: not asked for
    return RestToGrpc.convert_retrieved_point(whole)


def _creation(request: Any) -> models.CreateCollection:
    def given(field: str, convert: Callable[[Any], Any] = lambda value: value) -> Any:
        return convert(getattr(request, field)) if request.HasField(field) else None

    return models.CreateCollection(
        vectors=given("vectors_config", GrpcToRest.convert_vectors_config),
        sparse_vectors=given("sparse_vectors_config", GrpcToRest.convert_sparse_vector_config),
        shard_number=given("shard_number"),
        replication_factor=given("replication_factor"),
        write_consistency_factor=given("write_consistency_factor"),
        hnsw_config=given("hnsw_config", GrpcToRest.convert_hnsw_config_diff),
        optimizers_config=given("optimizers_config", GrpcToRest.convert_optimizers_config_diff),
        quantization_config=given("quantization_config", GrpcToRest.convert_quantization_config),
        payload=given("payload", GrpcToRest.convert_payload_storage_params),
        metadata=GrpcToRest.convert_payload(request.metadata),
    )


@contextmanager
def grpc_qdrant(engine: Engine, **options: Any) -> Iterator[GrpcQdrant]:
    """A gRPC server over `engine`, stopped in the end."""
    served = GrpcQdrant(engine, **options)
    try:
        yield served
    finally:
        served.stop()
