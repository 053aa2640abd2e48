"""`binocle eval drift`, and the health of collections among the service's metrics."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.interactions import Asked, Visit
from eval.online.export import export
from tests.integration.command import Run
from tests.integration.conftest import Serving, base64_picture
from tests.towers import COLOURS


def searches(folder: Path, texts: list[str], *, images: int = 0) -> Path:
    """Searches of one day, as `binocle events export` writes them."""
    start = datetime(2026, 1, 5, tzinfo=UTC)
    asked = [
        Asked(f"q{n}", "things", "g1", start + timedelta(seconds=n), "text", text)
        for n, text in enumerate(texts)
    ]
    asked += [
        Asked(f"i{n}", "things", "g1", start + timedelta(hours=1, seconds=n), "image")
        for n in range(images)
    ]
    export([Visit(one) for one in asked], folder)
    return folder


def test_queries_that_changed_are_told(loaded: Run, tmp_path: Path) -> None:
    colours = list(COLOURS)
    searches(tmp_path / "before", [colours[n % 12] for n in range(60)])
    searches(tmp_path / "same", [colours[(5 * n + 1) % 12] for n in range(60)])
    searches(tmp_path / "other", ["red"] * 60, images=60)
    ran = loaded("binocle eval drift things --files before")
    assert ran.code != 0
    assert "has no baseline yet" in ran.err
    assert loaded("binocle eval drift things --files before --save").code == 0
    same = loaded("binocle eval drift things --files same")
    assert same.code == 0, same.err
    assert "Too few to tell: items" in same.out
    other = loaded("binocle eval drift things --files other --json")
    assert other.code == 3
    document = json.loads(other.out)
    assert document["drifted"] == {"items": None, "queries": True, "kinds": True}
    kept = json.loads((tmp_path / "data" / "drift" / "things.json").read_text())
    assert kept == document


def test_the_service_tells_the_health_of_its_collections(start: Serving, tmp_path: Path) -> None:
    with start(tmp_path / "data", store="memory") as live:
        encoder = live.wiring.encoder().fingerprint
        report = {"drifted": {"queries": True, "items": None}, "encoder": encoder,
                  "at": "2026-01-06T00:00:00+00:00"}  # fmt: skip
        live.wiring.directories.drift.mkdir(parents=True)
        (live.wiring.directories.drift / "things.json").write_text(json.dumps(report))
        assert live.ask("PUT", "/things", {}).status_code == 201
        item = {"id": "a", "image": base64_picture(), "uploaded_at": "2026-01-05T00:00:00Z"}
        assert live.ask("POST", "/things/items", {"items": [item]}).status_code == 200
        told = live.client.get("/metrics").text
    day = datetime(2026, 1, 5, tzinfo=UTC).timestamp()
    assert 'binocle_collection_items{collection="things"} 1.0' in told
    assert 'binocle_items_without_current_embedding_ratio{collection="things"} 0.0' in told
    assert 'binocle_drift_detected{collection="things",what="queries"} 1.0' in told
    assert 'what="items"' not in told
    newest = [line for line in told.splitlines() if "newest_item_timestamp_seconds{" in line]
    assert float(newest[0].rpartition(" ")[2]) == day
