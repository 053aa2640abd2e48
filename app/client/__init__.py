"""The client of Binocle's HTTP API, for Python: one definition, sync and async.

with Client("http://127.0.0.1:8000") as client:
    page = client.search("pictures", "a red car", limit=5)
"""

from app.client.answers import (
    Collection,
    CollectionInfo,
    Hit,
    Item,
    Outcome,
    Page,
    RefusedEvent,
    Suggested,
    Suggestion,
    Told,
    Uploaded,
)
from app.client.client import AsyncClient, Client
from app.client.query import Part, Search

__all__ = [
    "AsyncClient",
    "Client",
    "Collection",
    "CollectionInfo",
    "Hit",
    "Item",
    "Outcome",
    "Page",
    "Part",
    "RefusedEvent",
    "Search",
    "Suggested",
    "Suggestion",
    "Told",
    "Uploaded",
]
