"""Which items can be re-embedded, and from what: told before anything is begun."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.reembedding.base import Base
from app.reembedding.images import Origin, Wish, expected
from app.reembedding.originals import Originals
from core.disk import disk_errors
from ingestion.payload import IMAGE


@dataclass(frozen=True)
class Survey:
    """Items by where their images will come from.

    Attributes:
        without: the first ids of those without any image.
        listed: the file that names all of them; None where there are none.
    """

    counts: Mapping[Origin, int]
    without: tuple[str, ...] = ()
    listed: Path | None = None

    @property
    def lost(self) -> int:
        return self.counts.get(Origin.NONE, 0)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


_SHOWN = 5


def survey(base: Base, wish: Wish, listing: Path, sent: Originals | None = None) -> Survey:
    """Looks at every item's payload; opens no image and asks no URL.

    Args:
        listing: where to write the items without an image, one JSON object a line; made only if
            there are some.
        sent: the images that were sent since an earlier run began.
    """
    counts: Counter[Origin] = Counter()
    without: list[str] = []
    with disk_errors():
        listing.unlink(missing_ok=True)
        for page in base.pages(vectors=False):
            lost = []
            for point in page:
                origin = expected(point.payload, wish, sent)
                counts[origin] += 1
                if origin is Origin.NONE:
                    lost.append({"id": point.id, "image": point.payload.get(IMAGE)})
            if lost:
                listing.parent.mkdir(parents=True, exist_ok=True)
                with listing.open("a", encoding="utf-8") as stream:
                    stream.writelines(json.dumps(each) + "\n" for each in lost)
                without += [str(each["id"]) for each in lost]
                del without[_SHOWN:]
    return Survey(dict(counts), tuple(without), listing if without else None)
