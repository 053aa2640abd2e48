"""Binocle's encoder service, wired for `eval.bench`: what its batches are worth."""

from __future__ import annotations

import base64
import io
import json
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from PIL import Image

from app.settings import Settings
from eval.bench.batching import bench_batching
from eval.bench.load_test import Request, measure_load
from eval.bench.measures import Latencies, Measure
from eval.bench.service import ServiceProcess
from eval.bench.synthetic import photo_of_bytes

_BATCH = 32
_SIDE = 320
_PATH = "/v1/embeddings"
_TEXTS = (
    "a red flag", "running shoes", "birthday cake with candles", "old computer", "a dog",
    "house with a garden", "green bottle", "man playing the guitar", "fish in the sea", "a clock",
)  # fmt: skip


def bench_encoder(
    settings: Settings, folder: Path, *, clients: int, requests: int, rounds: int
) -> list[Measure]:
    """Requests of one text, and of one small picture, to two services of the same encoder: one
    runs what is there together, the other each input alone."""
    bodies = {
        "texts": [{"texts": [text]} for text in _TEXTS],
        "images": [{"images": [text]} for text in _pictures(len(_TEXTS))],
    }
    loads = {kind: _requests(folder, kind, each) for kind, each in bodies.items()}
    found: list[Measure] = []
    with ExitStack() as running:
        batched, alone = (
            running.enter_context(_Running(settings, folder, size)).url for size in (_BATCH, 1)
        )
        for kind, asked in loads.items():
            total = requests if kind == "texts" else max(requests // 5, clients)
            load = partial(_measured, asked, clients=clients, total=total, folder=folder)
            for url in (batched, alone):
                load(url)  # both have loaded what they need
            found += bench_batching(
                kind,
                partial(load, batched),
                partial(load, alone),
                clients=clients,
                rounds=rounds,
                basis=f"{clients} clients at a time, {total:,} requests",
            )
    return found


class _Running(ServiceProcess):
    """An encoder service whose batches hold at most `size`."""

    def __init__(self, settings: Settings, folder: Path, size: int) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "app.cli", "serve", "--role", "encoder"]
        command += ["--data", str(folder / f"batch-{size}"), "--encoder", settings.encoder]
        command += ["--port", str(port)]
        pace = {"BINOCLE_BATCH__MAX_SIZE": str(size)}
        if size == 1:
            pace["BINOCLE_BATCH__MAX_WAIT_MS"] = "0"
        super().__init__(command, url, environment=pace)


def _measured(
    asked: list[Request], url: str, *, clients: int, total: int, folder: Path
) -> Latencies:
    return measure_load(url, asked, clients=clients, total=total, folder=folder)


def _requests(folder: Path, kind: str, bodies: Sequence[object]) -> list[Request]:
    asked = []
    for number, body in enumerate(bodies):
        file = folder / f"{kind}-{number}.json"
        file.write_text(json.dumps(body))
        asked.append(Request("POST", _PATH, {"Content-Type": "application/json"}, str(file)))
    return asked


def _pictures(number: int) -> list[str]:
    """Parts of a made photo as a search service sends them: PNG, as base64."""
    photo = Image.open(io.BytesIO(photo_of_bytes(1_000_000)))
    found = []
    for at in range(number):
        left = at * (photo.width - _SIDE) // number
        stream = io.BytesIO()
        photo.crop((left, left // 2, left + _SIDE, left // 2 + _SIDE)).save(
            stream, "PNG", compress_level=1
        )
        found.append(base64.b64encode(stream.getvalue()).decode())
    return found
