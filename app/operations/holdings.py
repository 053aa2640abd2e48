"""What the service holds: every collection with its sizes and the state of its index.

Nothing is loaded for it: whether a collection fits the encoder is told where that one is there.
"""

from __future__ import annotations

from typing import Any

from app.wiring import Wiring
from core.errors import BinocleError
from qdrant.store import CollectionConfig


def holdings(wiring: Wiring) -> list[dict[str, Any]]:
    """A row for each published collection, by name; `problem` says what is wrong with it, and is
    all there is to say of one that can't be looked at."""
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
                "problem": _mismatch(wiring, opened.config),
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
    }


def _mismatch(wiring: Wiring, config: CollectionConfig) -> str | None:
    """Why its searches are refused, where its encoder is the settings' by name and another one."""
    loaded = wiring.loaded_encoder()
    if loaded is None or config.encoder != wiring.settings.encoder:
        return None
    if loaded.fingerprint == config.fingerprint:
        return None
    return (
        f"It was built with another version of the encoder '{config.encoder}'; searches in it are "
        "refused. `binocle collections reembed` makes its vectors anew."
    )
