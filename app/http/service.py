"""What the routes work with, and the application that they make up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI, Request

from app.experiments.experiments import Experiments
from app.http.embedding_runs import Embedder
from app.http.gate import key_of
from app.http.lanes import Lanes
from app.interactions.interactions import Interactions
from app.operations.pulse import Pulse
from app.search.pipeline import Searcher
from app.search.policy import Viewer, viewer_of
from app.search.suggesting.suggestions import Suggestions
from app.upkeep import Upkeep
from app.wiring import Wiring


@dataclass(frozen=True)
class Service:
    """The parts that requests are answered with."""

    wiring: Wiring
    searcher: Searcher
    suggestions: Suggestions
    lanes: Lanes
    embedder: Embedder
    upkeep: Upkeep
    interactions: Interactions
    experiments: Experiments
    pulse: Pulse
    max_body: int
    max_batch: int

    @property
    def ready(self) -> bool:
        """Whether requests can be answered now."""
        return self.upkeep.readiness().ready and self.wiring.watch.usable()

    def viewer(self, request: Request, *, unsafe: bool = False) -> Viewer:
        """Who sent a request, as what they may see goes."""
        threshold = self.wiring.settings.unsafe_from
        return viewer_of(key_of(request), unsafe=unsafe, unsafe_from=threshold)

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Reads the keys and starts the upkeep; at the end, flushes and closes everything."""
        await asyncio.to_thread(self.wiring.watch.start)
        await asyncio.to_thread(self.interactions.start)
        await asyncio.to_thread(self.experiments.start)
        self.upkeep.start()
        self.embedder.start()
        self.pulse.start()
        try:
            yield
        finally:
            await self.embedder.close()
            self.wiring.watch.stop()
            self.pulse.stop()
            self.upkeep.stop()
            self.suggestions.close()
            self.lanes.close()
            await asyncio.to_thread(self.experiments.close)
            await asyncio.to_thread(self.interactions.close)
            self.wiring.close()
