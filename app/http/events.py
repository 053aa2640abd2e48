"""Events: what people do with answers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app.http.answers import json_answer
from app.http.bodies import JSON, loads, media_type, read_bytes, unsupported
from app.http.event_models import EventsAnswer, EventsBody
from app.http.gate import key_of
from app.http.openapi import takes
from app.http.service import Service
from core.errors import InvalidRequest

TEXT = "text/plain"
"""What `navigator.sendBeacon` sends a string as."""


def event_routes(service: Service) -> APIRouter:
    """POST /v1/events"""
    router = APIRouter(tags=["events"])
    interactions = service.interactions
    most = service.wiring.settings.events.max_body

    @router.post(
        "/v1/events",
        status_code=202,
        response_model=EventsAnswer,
        summary="Tell what people did with answers",
        openapi_extra=takes({JSON: EventsBody}),
    )
    async def take_events(request: Request) -> Response:
        """Impressions, clicks, dwell times and conversions, one object or many in `events`. Each is
        looked at by itself: good ones are kept, the others told with the reason. A page's beacon
        may send the JSON as text/plain."""
        if media_type(request) not in (JSON, TEXT):
            raise unsupported(request, JSON, TEXT)
        told = _events(loads(await read_bytes(request, most, "EVENTS__MAX_BODY")))
        key = key_of(request)
        collections = None if key is None else key.collections
        taken = await interactions.take(told, client=_client(request), collections=collections)
        return json_answer(taken.as_json(), 202)

    return router


def _events(document: Any) -> list[Any]:
    """The events of a body: of the list in it, or the one that it is."""
    if not isinstance(document, dict):
        raise InvalidRequest("The body is no JSON object.", field="body")
    if "events" not in document:
        return [document]
    events = document["events"]
    if not isinstance(events, list):
        raise InvalidRequest("'events' is no list.", field="events")
    extra = next((name for name in document if name != "events"), None)
    if extra is not None:
        raise InvalidRequest(f"There is no '{extra}' beside 'events'.", field=extra)
    return events


def _client(request: Request) -> str:
    """Whom to limit: an API key, or else an address."""
    key = key_of(request)
    if key is not None:
        return f"key {key.id}"
    return request.client.host if request.client is not None else ""
