"""`binocle bench calibrate`, wired: what the plan needs to know of this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from app.settings import Settings
from core.errors import InvalidRequest
from encoders.bundle import Threads
from encoders.encoder import detail
from encoders.images import decode_image
from encoders.specs import load_encoder
from eval.bench.calibration import (
    core_seconds,
    engines,
    merge_core_seconds,
    random_reads,
    timed,
)
from eval.bench.index_records import Configuration, Records
from eval.bench.made_vectors import make_set
from eval.bench.quantization import Bench, machine
from eval.bench.synthetic import photo_of_bytes
from eval.planning.constants import Constants
from ingestion.limits import cores

_PHOTO_BYTES = 1_000_000
_TEXTS = (
    "a red flag", "running shoes", "birthday cake with candles", "old computer", "a dog",
    "house with a garden", "green bottle", "man playing the guitar", "fish in the sea", "clock",
)  # fmt: skip


def calibrate(
    settings: Settings,
    bench: Bench,
    wanted: Sequence[Configuration],
    *,
    again: bool = False,
    build: bool = True,
) -> Constants:
    """Indexes first, as far as the file of results doesn't hold them yet, unless nothing is to be
    built; then the encoder, the disk, and merging. Raises InvalidRequest where no index was large
    enough for a graph."""
    records = bench.run(wanted, again=again) if build else Records.read_from(bench.results)
    known = [records.of(each, bench.seed.digest) for each in wanted]
    found = engines(record for record in known if record is not None)
    if not found:
        raise InvalidRequest(
            "No index was large enough to have a graph.",
            hint="Take --sizes of 20,000 points and more, at least two.",
            field="sizes",
        )
    bench.tell("Encoder ...")
    encoder = load_encoder(settings.encoder, threads=Threads(image=1, text=1))
    photo = photo_of_bytes(_PHOTO_BYTES)
    picture = decode_image(photo, at_least=detail(encoder))
    text = timed(lambda n: encoder.encode_texts([_TEXTS[n % len(_TEXTS)]]), 300)
    image = core_seconds(lambda _: encoder.encode_images([picture]), 30)
    decode = core_seconds(lambda _: decode_image(photo, at_least=detail(encoder)), 30)
    bench.tell("Disk ...")
    largest = max(wanted, key=lambda each: each.points * each.dim)
    made = make_set(bench.seed, dim=largest.dim, points=largest.points, work=bench.work)
    return Constants(
        measured_on=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        load=os.getloadavg()[0] / cores(),
        text_encode=text,
        image_encode_core_seconds=image,
        image_decode_core_seconds=decode,
        read=random_reads(made.folder / "vectors.npy"),
        merge_core_seconds=merge_core_seconds(),
        engines=found,
    )
