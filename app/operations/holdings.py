"""What the service holds: every collection with its sizes and the state of its index."""

from __future__ import annotations

from typing import Any

from app.wiring import Wiring
from core.errors import BinocleError


def holdings(wiring: Wiring) -> list[dict[str, Any]]:
    """A row for each published collection, by name; one that can't be looked at has `problem`."""
    return [_row(wiring, name) for name in wiring.catalog.names()]


def _row(wiring: Wiring, name: str) -> dict[str, Any]:
    try:
        with wiring.catalog.lease(name) as opened:
            found: dict[str, Any] = {
                "items": opened.generation.count(),
                "public_items": opened.count(),
                "generation": opened.generation_name,
                "encoder": opened.config.encoder,
                "quantization": opened.config.quantization,
            }
        info = wiring.store.info(name)
    except BinocleError as error:
        return {"name": name, "problem": f"{error.message} {error.hint}".strip()}
    return {
        "name": name,
        **found,
        "indexed_vectors": info.indexed_vectors,
        "bytes_on_disk": info.bytes_on_disk,
        "index_bytes": info.index_bytes,
        "generations": list(info.generations),
        "problem": None,
    }
