"""Other designs for the same workload, to be compared with it."""

from __future__ import annotations

from typing import Any

from eval.planning.workload import Workload

_ROUTED = 0.05
_CACHED = 0.3
_HEDGE = 0.95
_SHORTEST = 64


def designs(work: Workload) -> dict[str, dict[str, Any]]:
    """Changes to the workload by name, each alone and then those that go together; designs that it
    has already, or can't have, are left out."""
    found: dict[str, dict[str, Any]] = {}
    if work.asked > _ROUTED:
        found[f"routed to {_ROUTED:.0%}"] = {"asked": _ROUTED}
    if work.quantization != "none" and work.rescore and work.graph_dim > _SHORTEST:
        found[f"{_SHORTEST} dimensions first"] = {"first_dim": _SHORTEST}
    if work.cached < _CACHED:
        found[f"{_CACHED:.0%} cached"] = {"cached": _CACHED}
    if work.hedge is None and work.copies > 1:
        found[f"hedged after {_HEDGE:.0%}"] = {"hedge": _HEDGE}
    together = {key: value for change in found.values() for key, value in change.items()}
    if len(together) > 1:
        found["those above together"] = together
    if not work.graph_on_disk:
        found["graph on disk"] = {"graph_on_disk": True}
    if not work.in_memory and work.quantization != "none":
        found["floats in memory"] = {"in_memory": True}
    return found
