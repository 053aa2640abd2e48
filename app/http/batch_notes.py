"""The searches of one call, each recorded as a search of its own."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.http.search import told
from app.interactions.interactions import Interactions
from app.interactions.searched import Searched, image_hash
from app.search.present import Answer
from app.search.query import SearchRequest
from core.errors import BinocleError


class BatchNotes:
    """Made before the searches are answered; `shown` records them.

    Attributes:
        requests: as they are to be answered.
    """

    def __init__(
        self,
        interactions: Interactions,
        headers: Mapping[str, str],
        collection: str,
        requests: Sequence[SearchRequest],
    ) -> None:
        self._interactions = interactions
        self._asker = interactions.asker(headers)
        self._at, self._start = datetime.now(UTC), time.perf_counter()
        pages = [interactions.continued(each.cursor, collection) for each in requests]
        self._continued = [continued for _, continued in pages]
        self.requests = [
            replace(each, cursor=cursor) for each, (cursor, _) in zip(requests, pages, strict=True)
        ]

    def shown(self, found: Sequence[Answer | BinocleError]) -> list[dict[str, Any] | BinocleError]:
        """The answers as they are sent, with the ids of their searches; problems stay."""
        latency_ms = 1000 * (time.perf_counter() - self._start) / max(1, len(found))
        return [
            self._shown(request, continued, answer, latency_ms)
            if isinstance(answer, Answer)
            else answer
            for request, continued, answer in zip(
                self.requests, self._continued, found, strict=True
            )
        ]

    def _shown(
        self, request: SearchRequest, continued: str | None, answer: Answer, latency_ms: float
    ) -> dict[str, Any]:
        image = image_hash(request)
        searched = Searched(request, answer, self._asker, self._at, latency_ms, image)
        return told(answer, self._interactions.note(searched, continued))
