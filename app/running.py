"""The service that runs beside a command: how it makes itself known, and how to ask it.

The embedded engine has one owner per collection. While a service owns it, the command line puts its
searches to the service instead of failing.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil

from app.client.problems import told
from app.search.query import IdPart, ImagePart, Part, SearchRequest, TextPart, UrlPart, VectorPart
from core.errors import CollectionBusy, StoreUnavailable
from core.filter_parser import filter_json

_FILE = "service.json"


@contextmanager
def made_known(data: Path, url: str, token: str) -> Iterator[None]:
    """While the block runs, `data` tells that this process serves it at `url`.

    `token` opens the service to whoever may read it: the owner of the data directory only.

    Raises CollectionBusy where another service runs on `data`.
    """
    other = running_service(data)
    if other is not None:
        raise CollectionBusy(
            f"A service runs on {data} already, at {other.url}.",
            hint="Use that one, stop it, or give this one another directory by --data.",
        )
    data.mkdir(parents=True, exist_ok=True)
    path = data / _FILE
    process = psutil.Process()
    note = {"url": url, "pid": process.pid, "started": process.create_time(), "token": token}
    path.unlink(missing_ok=True)  # a file left behind would keep its own permissions
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(note, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class RunningService:
    """Where it is, what opens it, and on which data directory it runs."""

    url: str
    token: str = field(repr=False)
    data: Path


def running_service(data: Path) -> RunningService | None:
    """The service that runs on this data directory; None where there is none."""
    try:
        note = json.loads((data / _FILE).read_text())
        alive = psutil.Process(note["pid"]).create_time() == note["started"]
        return RunningService(str(note["url"]), str(note["token"]), data) if alive else None
    except (OSError, ValueError, KeyError, psutil.Error):
        return None


def search_running_service(
    data: Path, collection: str, request: SearchRequest, busy: CollectionBusy
) -> dict[str, Any]:
    """The answer of the service that owns the collection, as JSON. Raises `busy` if none runs."""
    service = running_service(data)
    if service is None:
        raise busy
    path = f"/v1/collections/{quote(collection, safe='')}/search"
    return ask(service, "POST", path, _body(request))


def ask(service: RunningService, method: str, path: str, body: object = None) -> dict[str, Any]:
    """The service's JSON answer. Raises BinocleError with what the service said was wrong."""
    try:
        headers = {"Authorization": f"Bearer {service.token}"}
        answer = httpx.request(method, service.url + path, json=body, headers=headers, timeout=30)
        document = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise StoreUnavailable(f"The service at {service.url} does not answer: {error}.") from None
    if answer.is_error:
        raise told(answer.reason_phrase, document)
    return dict(document)


def _body(request: SearchRequest) -> dict[str, Any]:
    """All that a request says, but who asks, as the service takes it."""
    return {
        "query": [_part(part) for part in request.parts],
        "filter": filter_json(request.filter),
        "limit": request.limit,
        "cursor": request.cursor,
        "facets": list(request.facets),
        "histograms": dict(request.histograms),
        "sort": request.sort,
        "explain": request.explain,
        "partial": request.partial,
        "understand": request.understand,
        "recognise": request.recognise,
        **request.shaping.as_json(),
    }


def _part(part: Part) -> dict[str, Any]:
    match part:
        case TextPart():
            what: dict[str, Any] = {"text": part.text}
        case ImagePart():
            what = {"image": base64.b64encode(part.data).decode()}
        case UrlPart():
            what = {"image_url": part.url}
        case IdPart():
            what = {"id": part.id}
        case VectorPart():
            what = {"vector": list(part.vector)}
    region = None if isinstance(part, TextPart | VectorPart) else part.region
    if region is not None:
        what["region"] = asdict(region)
    return {**what, "weight": part.weight}
