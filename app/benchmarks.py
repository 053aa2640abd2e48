"""Binocle's own parts, wired for `eval.bench`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count, islice
from pathlib import Path
from urllib.parse import quote

from app.loading import BulkLoad, load_collection
from app.search_benchmark import COLLECTION, FACETS, HITS, VARIETY, asked
from app.settings import Settings
from app.wiring import build
from core.errors import BinocleError, SourceError
from encoders.bundle import Threads
from encoders.encoder import detail
from encoders.images import decode_image
from encoders.specs import load_encoder
from eval.bench.load_test import Request, measure_load
from eval.bench.measures import Measure
from eval.bench.service import ServiceProcess, free_port
from eval.bench.synthetic import photo_of_bytes
from eval.bench.throughput import bench_ingest as time_ingest
from ingestion.limits import cores
from ingestion.sources.opening import open_source
from ingestion.sources.source import Candidate

_PHOTO_BYTES = 1_000_000


def bench_ingest(
    settings: Settings, source: str, folder: Path, *, images: int, rounds: int
) -> list[Measure]:
    """A load against the encoder alone, over the first `images` images of a source."""
    pictures = folder / "pictures"
    pictures.mkdir()
    files = []
    for number, data in enumerate(islice(image_files(source), images)):
        files.append(pictures / f"{number:06}.png")  # any ending: the bytes tell the kind
        files[-1].write_bytes(data)
    if not files:
        raise SourceError(f"{source} holds no image that can be used.")
    alone = load_encoder(settings.encoder)
    single = load_encoder(settings.encoder, threads=Threads(image=1, text=1))
    decoded = [decode_image(file.read_bytes(), at_least=detail(alone)) for file in files]
    shares = [decoded[core :: cores()] for core in range(cores())]
    numbers = count()
    with closing(build(settings)) as wiring, ThreadPoolExecutor(cores()) as threads:
        wiring.encoder()  # loaded before the clock runs

        def ingest_all() -> None:
            plan = BulkLoad(f"{COLLECTION}-{next(numbers)}", str(pictures))
            report = load_collection(wiring, plan).report
            if report.indexed != len(files):
                raise SourceError(f"Only {report.indexed} of {len(files)} images were indexed.")

        return time_ingest(
            lambda: alone.encode_images(decoded),
            lambda: list(threads.map(single.encode_images, shares)),
            ingest_all,
            images=len(files),
            rounds=rounds,
        )


def image_files(source: str) -> Iterator[bytes]:
    """The bytes of a source's images, without those that can't be decoded."""
    for entry in open_source(source).entries():
        if not isinstance(entry, Candidate):
            continue
        image = entry.item.image
        try:
            data = image.data if image.path is None else image.path.read_bytes()
            if data is not None:
                decode_image(data)
                yield data
        except (BinocleError, OSError):
            continue


def bench_service(settings: Settings, folder: Path, *, clients: int, total: int) -> list[Measure]:
    """The service as its users see it: time to ready, memory, latencies under load."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "app.cli", "serve", "--data", str(settings.data)]
    command += ["--encoder", settings.encoder, "--port", str(port)]
    with ServiceProcess(command, url) as service:
        at_start = service.resident_bytes
        text = measure_load(url, _text_requests(), clients=clients, total=total, folder=folder)
        photos = measure_load(
            url, [_photo_request(folder)], clients=clients, total=total // 4, folder=folder
        )
        floor = _photo_floor(settings, clients)
        basis = f"{clients} clients at a time, on the same {cores()} cores"
        return [
            Measure("service ready", service.ready_seconds, "s", "from start", at_most=5),
            Measure("resident memory, ready", at_start / 1e6, "MB", at_most=700),
            Measure("resident memory, after", service.resident_bytes / 1e6, "MB", "under load"),
            Measure("HTTP text p50", text.p50, "ms", f"with facets and diversity, {basis}"),
            Measure("HTTP text p99", text.p99, "ms", basis, at_most=100),
            Measure(
                "photo, its parts alone", floor, "ms", f"decode and encode, {clients} at a time"
            ),
            Measure("HTTP photo p50", photos.p50, "ms", basis),
            Measure("HTTP photo p99", photos.p99, "ms", f"1 MB JPEG, {basis}", at_most=100),
        ]


def _photo_floor(settings: Settings, clients: int, photos: int = 100) -> float:
    """Mean milliseconds for one of `clients` photos at a time, if nothing but towers and decoders
    ran on all cores."""
    encoder = load_encoder(settings.encoder, threads=Threads(image=1, text=1))
    data = photo_of_bytes(_PHOTO_BYTES)

    def embed(_: int) -> None:
        encoder.encode_images([decode_image(data, at_least=detail(encoder))])

    with ThreadPoolExecutor(cores()) as threads:
        list(threads.map(embed, range(2 * cores())))
        started = time.perf_counter()
        list(threads.map(embed, range(photos)))
        return (time.perf_counter() - started) / photos * clients * 1000


def _text_requests() -> list[Request]:
    path = f"/v1/collections/{COLLECTION}/search"
    wishes = f"limit={HITS}&diversity={VARIETY}&facets={','.join(FACETS)}"
    return [Request("GET", f"{path}?{wishes}&q={quote(text)}", {}) for text in asked()]


def _photo_request(folder: Path) -> Request:
    boundary = "binocle-bench"
    head = (
        f"--{boundary}\r\nContent-Disposition: form-data; "
        'name="image"; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    body = folder / "photo.form"
    body.write_bytes(
        head.encode() + photo_of_bytes(_PHOTO_BYTES) + f"\r\n--{boundary}--\r\n".encode()
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return Request("POST", f"/v1/collections/{COLLECTION}/search", headers, str(body))
