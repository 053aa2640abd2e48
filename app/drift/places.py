"""Where baselines and reports of drift are kept."""

from __future__ import annotations

from pathlib import Path

from app.wiring import Wiring


def baseline_path(wiring: Wiring, collection: str) -> Path:
    """Where the baseline of a collection is."""
    return wiring.directories.drift / f"{collection}.npz"


def report_path(wiring: Wiring, collection: str) -> Path:
    """Where the last report of a collection is, which the service's metrics tell."""
    return wiring.directories.drift / f"{collection}.json"
