"""Links to the fake server that never wait between their tries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qdrant.server_link import Link
from qdrant.server_options import Connection
from tests.fake_qdrant.server import FakeQdrant


def link_to(
    fake: FakeQdrant, *, pause: Callable[[float], object] = lambda _: None, **options: Any
) -> Link:
    """A link with the pauses left out; `pause` is told of each, in seconds."""
    return Link(Connection(fake.url, **options), pause=pause)
