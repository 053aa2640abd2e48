"""The application: routes, failures, and what lies around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI

from app.batching import Pace
from app.drift.health import HealthCollector
from app.experiments.experiments import Experiments
from app.experiments.guarding import Guarding
from app.experiments.meters import ExperimentMeters
from app.experiments.registry import Registry
from app.http.answers import tell_problems
from app.http.asked_queries import asked_query_routes
from app.http.catalogs import catalog_routes
from app.http.collections import collection_routes
from app.http.embedding_runs import BatchEmbedder, LaneEmbedder
from app.http.embeddings import embedding_routes
from app.http.events import event_routes
from app.http.experiments import experiment_routes
from app.http.fields import field_routes
from app.http.gate import KeyGate
from app.http.guard import Guard
from app.http.health import health_routes
from app.http.item_batches import item_batch_routes
from app.http.items import item_routes
from app.http.judgments import judgment_routes
from app.http.lanes import Lanes
from app.http.openapi import describe
from app.http.operations import operations_routes
from app.http.page import serve_page
from app.http.ranking import ranking_routes
from app.http.search import search_routes
from app.http.service import Service
from app.http.session import session_routes
from app.http.succession import succession_routes
from app.http.suggest import suggest_routes
from app.interactions.asked_queries import AskedQueries
from app.interactions.interactions import Interactions
from app.interactions.query_images import QueryImages
from app.operations.pulse import Pulse
from app.search.pipeline import Searcher
from app.search.suggesting.suggestions import Suggestions
from app.upkeep import Upkeep
from app.wiring import Wiring
from core.errors import BinocleError
from eval.online.log import InteractionLog

_ENCODER_ROUTES = (embedding_routes, health_routes)
_ROUTES = (
    search_routes,
    field_routes,
    item_batch_routes,
    suggest_routes,
    event_routes,
    asked_query_routes,
    item_routes,
    ranking_routes,
    collection_routes,
    catalog_routes,
    succession_routes,
    session_routes,
    operations_routes,
    experiment_routes,
    judgment_routes,
    *_ENCODER_ROUTES,
)


def create_app(
    wiring: Wiring, *, on_failure: Callable[[BinocleError], None] | None = None
) -> FastAPI:
    """The ASGI application over `wiring`, which it closes when it shuts down.

    With the role 'encoder' it answers embeddings only, and batches them.

    `on_failure` is called, from another thread, when the encoder can't be loaded.
    """
    encodes_only = wiring.settings.role == "encoder"
    service = _service(wiring, on_failure)
    app = FastAPI(
        title="Binocle",
        version=_version(),
        lifespan=service.lifespan,
        docs_url=None,  # both pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.add_middleware(KeyGate, watch=wiring.watch, telemetry=wiring.telemetry)
    app.add_middleware(Guard, telemetry=wiring.telemetry)
    tell_problems(app)
    for routes in _ENCODER_ROUTES if encodes_only else _ROUTES:
        app.include_router(routes(service))
    if not encodes_only:
        serve_page(app)
    describe(app)
    wiring.telemetry.ready.set_function(lambda: float(service.ready))
    if not encodes_only:
        wiring.telemetry.registry.register(HealthCollector(wiring))
    return app


def _service(wiring: Wiring, on_failure: Callable[[BinocleError], None] | None) -> Service:
    settings = wiring.settings
    http = settings.http
    lanes = Lanes(settings.threads, http.max_waiting)
    max_pixels = settings.images.max_pixels
    searcher = wiring.searcher()
    return Service(
        wiring=wiring,
        searcher=searcher,
        suggestions=Suggestions(wiring.catalog, queries=_asked(wiring)),
        lanes=lanes,
        embedder=BatchEmbedder(wiring.encoder, lanes, max_pixels, _pace(wiring), wiring.telemetry)
        if settings.role == "encoder"
        else LaneEmbedder(wiring.encoder, lanes, max_pixels),
        upkeep=Upkeep(
            wiring.encoder,
            wiring.catalog,
            poll_seconds=http.poll_seconds,
            check=wiring.check_encoder,
            on_failure=on_failure,
        ),
        interactions=_interactions(wiring),
        experiments=_experiments(wiring, searcher),
        pulse=Pulse(wiring.telemetry),
        max_body=http.max_body,
        max_batch=http.max_batch,
    )


def _asked(wiring: Wiring) -> Callable[[str], Iterable[tuple[str, int]]] | None:
    """What was asked of a collection and may be shown to others."""
    events, queries = wiring.settings.events, AskedQueries(wiring.database)
    if not events.enabled or not events.suggest_people:
        return None
    return lambda collection: queries.suggested(collection, events.suggest_people)


def _interactions(wiring: Wiring) -> Interactions:
    settings = wiring.settings
    events = settings.events
    if settings.role == "encoder":  # it answers no searches
        events = events.model_copy(update={"enabled": False})
    kept = QueryImages(wiring.directories.query_images) if events.keep_query_images else None
    return Interactions(
        wiring.database,
        events,
        wiring.telemetry.registry,
        images=kept,
        collections=wiring.catalog.names,
    )


def _experiments(wiring: Wiring, searcher: Searcher) -> Experiments:
    settings = wiring.settings
    registry = Registry(wiring.database)
    recorded = settings.events.enabled and settings.role != "encoder"
    return Experiments(
        registry,
        searcher,
        Guarding(registry, InteractionLog(wiring.database).visits) if recorded else None,
        ExperimentMeters(wiring.telemetry.registry),
        every_seconds=settings.http.poll_seconds,
        guard_seconds=settings.experiments.guard_seconds,
    )


def _pace(wiring: Wiring) -> Pace:
    batch = wiring.settings.batch
    return Pace(batch.max_size, batch.max_wait_ms / 1000, batch.max_waiting)


def _version() -> str:
    try:
        return version("binocle")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
