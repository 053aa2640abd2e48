"""What is learnt of images beside their vectors: its cost, by the encoder's."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from itertools import combinations, islice

from PIL import Image

from app.benchmarks import image_files
from core.errors import SourceError
from encoders.appearance import appearance
from encoders.bundle import Threads
from encoders.encoder import detail
from encoders.images import decode_image
from encoders.look import look_at
from encoders.specs import load_encoder
from eval.bench.measures import Latencies, Measure, time_in_turn
from ingestion.colors import colour_names
from ingestion.derive import Derive, derive, likeness_of
from ingestion.duplicates import alike
from ingestion.thumbnails import MAX_SIDE, webp


def bench_derived(spec: str, source: str, *, images: int, rounds: int) -> list[Measure]:
    """One image at a time, on one thread, each part by turns with the encoder.

    Raises SourceError where `source` holds no image that can be used.
    """
    encoder = load_encoder(spec, threads=Threads(image=1, text=1))
    at_least = max(detail(encoder), MAX_SIDE)
    pictures = [
        decode_image(data, at_least=at_least) for data in islice(image_files(source), images)
    ]
    if not pictures:
        raise SourceError(f"{source} holds no image that can be used.")
    parts: dict[str, Callable[[Image.Image], object]] = {
        "colour names": lambda image: colour_names(look_at(image)),
        "appearance": lambda image: appearance(look_at(image)),
        "likeness": likeness_of,
        "all derived data": lambda image: derive(image, Derive()),
        "thumbnail": lambda image: io.BytesIO(webp(image)),
    }
    calls = [lambda n: encoder.encode_images([pictures[n % len(pictures)]])]
    for part in parts.values():
        calls.append(lambda n, part=part: part(pictures[n % len(pictures)]))  # type: ignore[misc]
    bare, *taken = time_in_turn(calls, rounds * len(pictures))
    basis = f"of one image's encoding, {_mean(bare):.1f} ms, on one thread"
    costs = [
        Measure(name, _mean(each) / _mean(bare), "x", basis)
        for name, each in zip(parts, taken, strict=True)
    ]
    return costs + _near_duplicates(pictures)


def _near_duplicates(pictures: Sequence[Image.Image]) -> list[Measure]:
    """Shares of altered copies that are known again, and of pairs of other pictures taken for
    copies."""
    likenesses = [likeness_of(picture) for picture in pictures]
    known = [
        (picture, like)
        for picture, like in zip(pictures, likenesses, strict=True)
        if like is not None
    ]
    changes: dict[str, Callable[[Image.Image], Image.Image]] = {
        "at half the size": lambda image: image.reduce(2),
        "as JPEG of quality 50": _saved,
        "with 1 % cut off each edge": lambda image: _cut(image, 0.01),
        "with 3 % cut off each edge": lambda image: _cut(image, 0.03),
    }
    found = []
    for name, change in changes.items():
        copies = [(like, likeness_of(change(picture))) for picture, like in known]
        share = sum(copy is not None and alike(like, copy) for like, copy in copies) / len(copies)
        found.append(Measure(f"copies {name} found", share, "", f"of {len(known)} pictures"))
    pairs = list(combinations([like for _, like in known], 2))
    wrong = sum(alike(*pair) for pair in pairs)
    basis = f"of {len(pairs):,} pairs, true copies among them included"
    return [*found, Measure("pairs taken for copies", float(wrong), "", basis)]


def _saved(image: Image.Image) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=50)
    return Image.open(stream)


def _cut(image: Image.Image, share: float) -> Image.Image:
    across, down = round(image.width * share), round(image.height * share)
    return image.crop((across, down, image.width - across, image.height - down))


def _mean(latencies: Latencies) -> float:
    """Milliseconds."""
    return sum(latencies.seconds) / len(latencies.seconds) * 1000
