"""A shop whose model takes most colours for others, and releases of models that know better."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.bulk_load import BulkLoad
from app.loading import load_collection
from app.release.record import Record
from app.release.run import start
from app.release.work import Tools
from app.search.query import SearchRequest, TextPart
from app.settings import Settings
from app.wiring import Wiring, build
from tests.pictures import picture
from tests.towers import COLOURS, write_bundle

CONFUSED = list(COLOURS)[:9]
"""What the first model takes for something else."""
OF_EACH = 2
SKIPPED = {"skip": "No traffic in a test."}


@dataclass(frozen=True)
class Workshop:
    """A folder with a catalog, an evaluation set over it, and bundles; and a data directory.

    Bundles: 'first' serves; 'better' knows all colours, by the same image tower; 'other' knows
    them by vectors of another space; 'broken' knows none.
    """

    folder: Path
    data: Path

    def spec(self, name: str) -> str:
        return f"bundle:{self.folder / name}"

    def write(self, **changes: Any) -> Path:
        """A release's file; `changes` replace what it says, None takes it out."""
        figure = {"set": "shop.yaml", "task": "colours"}
        document = {
            "collection": "shop",
            "name": "r1",
            "candidate": {"encoder": "bundle:other"},
            "gate": {"gain": [{**figure, "metric": "ndcg@5"}], "no_loss": [figure]},
            "shadow": {"sample": 20},
            "experiment": SKIPPED,
            **changes,
        }
        path = self.folder / "release.yaml"
        kept = {key: value for key, value in document.items() if value is not None}
        path.write_text(yaml.safe_dump(kept))
        return path

    @contextmanager
    def wired(self) -> Iterator[Wiring]:
        settings = Settings.load(data=self.data, encoder=self.spec("first"))
        with closing(build(settings)) as wiring:
            yield wiring

    def release(self, tools: Tools | None = None, **changes: Any) -> Record:
        """Start a release in a process's parts of its own, and let it go as far as it goes."""
        with self.wired() as wiring:
            return start(wiring, self.write(**changes), tools)


def workshop(folder: Path, data: Path) -> Workshop:
    """Makes all, and loads the collection 'shop'."""
    with (folder / "catalog.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["id", "image", "title", "colour"])
        for colour in COLOURS:
            for seed in range(OF_EACH):
                name = f"{colour}-{seed}.png"
                picture(colour, seed=seed).save(folder / name)
                table.writerow([f"{colour}-{seed}", name, f"{colour} thing", colour])
    task = {"kind": "label", "name": "colours", "field": "colour"}
    document = {"name": "shop", "items": {"source": "catalog.csv"}, "tasks": [task]}
    (folder / "shop.yaml").write_text(yaml.safe_dump({**document, "ks": [1, 5, 10]}))
    write_bundle(folder / "first", confused=CONFUSED)
    write_bundle(folder / "better", version="2")
    write_bundle(folder / "other", version="3", turned=True)
    write_bundle(folder / "broken", version="4", turned=True, confused=list(COLOURS))
    made = Workshop(folder, data)
    with made.wired() as wiring:
        load_collection(wiring, BulkLoad("shop", str(folder / "catalog.csv")))
    return made


def serving(wiring: Wiring) -> str:
    """The fingerprint of the model that answers."""
    wiring.catalog.refresh()
    with wiring.catalog.lease("shop") as opened:
        return opened.config.fingerprint


def found(wiring: Wiring, text: str) -> str:
    """The title of the best hit."""
    request = SearchRequest((TextPart(text),), limit=1)
    return str(wiring.searcher().search("shop", request).hits[0].title)
