"""The application: routes, failures, and what lies around them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI

from app.http.answers import tell_problems
from app.http.collections import collection_routes
from app.http.embeddings import embedding_routes
from app.http.gate import KeyGate
from app.http.guard import Guard
from app.http.health import health_routes
from app.http.items import item_routes
from app.http.lanes import Lanes
from app.http.openapi import describe
from app.http.page import serve_page
from app.http.search import search_routes
from app.http.service import Service
from app.http.session import session_routes
from app.upkeep import Upkeep
from app.wiring import Wiring
from core.errors import BinocleError


def create_app(
    wiring: Wiring, *, on_failure: Callable[[BinocleError], None] | None = None
) -> FastAPI:
    """The ASGI application over `wiring`, which it closes when it shuts down.

    `on_failure` is called, from another thread, when the encoder can't be loaded.
    """
    http = wiring.settings.http
    service = Service(
        wiring=wiring,
        searcher=wiring.searcher(),
        lanes=Lanes(wiring.settings.threads, http.max_waiting),
        upkeep=Upkeep(
            wiring.encoder, wiring.catalog, poll_seconds=http.poll_seconds, on_failure=on_failure
        ),
        max_body=http.max_body,
        max_batch=http.max_batch,
    )
    app = FastAPI(
        title="Binocle",
        version=_version(),
        lifespan=service.lifespan,
        docs_url=None,  # both pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    app.add_middleware(KeyGate, watch=wiring.watch)
    app.add_middleware(Guard, telemetry=wiring.telemetry)
    tell_problems(app)
    for routes in (
        search_routes,
        item_routes,
        collection_routes,
        embedding_routes,
        session_routes,
        health_routes,
    ):
        app.include_router(routes(service))
    serve_page(app)
    describe(app)
    return app


def _version() -> str:
    try:
        return version("binocle")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0"
