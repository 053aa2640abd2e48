"""The shop: drawn things, their titles, and what its people really want.

A thing has a colour, a shape and a pattern. Titles tell the first two. People have words for the
patterns that nobody wrote down anywhere: what they mean shows in what they click.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path

import yaml
from PIL import Image, ImageDraw

COLOURS = {
    "red": (220, 30, 30),
    "green": (30, 160, 50),
    "blue": (40, 60, 220),
    "yellow": (240, 220, 40),
    "purple": (140, 40, 170),
    "orange": (250, 140, 30),
}
SHAPES = ("circle", "square", "triangle", "cross")
WORDS = {"modern": "plain", "sporty": "striped", "vintage": "dotted"}
"""The people's word for each pattern: the hidden preference."""
_SIZE = 48


@dataclass(frozen=True)
class Thing:
    """An item of the catalog."""

    id: str
    colour: str
    shape: str
    pattern: str

    @property
    def title(self) -> str:
        return f"{self.colour} {self.shape}"


@dataclass(frozen=True)
class Shop:
    """The things of a shop, `each` of every colour, shape and pattern."""

    colours: tuple[str, ...] = tuple(COLOURS)[:4]
    shapes: tuple[str, ...] = SHAPES
    each: int = 3

    @property
    def things(self) -> list[Thing]:
        kinds = [(c, s, p) for c in self.colours for s in self.shapes for p in WORDS.values()]
        many = [kind for kind in kinds for _ in range(self.each)]
        return [Thing(f"t{number}", *kind) for number, kind in enumerate(many)]

    @property
    def queries(self) -> list[str]:
        """What people ask: their word for a pattern, a colour, a shape."""
        return [f"{w} {c} {s}" for w in WORDS for c in self.colours for s in self.shapes]

    def wish(self, query: str, thing: Thing) -> float:
        """How much people who ask this want that thing, 0 to 1."""
        word, _, title = query.partition(" ")
        if thing.title != title:
            return 0.0
        return 1.0 if thing.pattern == WORDS[word] else 0.05

    def write(self, folder: Path) -> None:
        """The pictures, catalog.csv, and the two evaluation sets of the gate.

        wishes.yaml: whether people find what they want; its judgments are the hidden preferences.
        titles.yaml: whether plain titles are still found as they were.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "catalog.csv").open("w", newline="") as stream:
            table = csv.writer(stream)
            table.writerow(["id", "image", "title"])
            for thing in self.things:
                drawn(thing).save(folder / f"{thing.id}.png")
                table.writerow([thing.id, f"{thing.id}.png", thing.title])
        with (folder / "queries.tsv").open("w") as stream:
            stream.write("query_id\ttext\tword\n")
            for number, query in enumerate(self.queries):
                stream.write(f"q{number}\t{query}\t{query.split()[0]}\n")
        with (folder / "wishes.qrels").open("w") as stream:
            for number, query in enumerate(self.queries):
                for thing in self.things:
                    if self.wish(query, thing) == 1:
                        stream.write(f"q{number} 0 {thing.id} 1\n")
        items = {"source": "catalog.csv"}
        judged = {"kind": "judged", "name": "wishes", "queries": "queries.tsv",
                  "qrels": "wishes.qrels", "slices": ["word"]}  # fmt: skip
        label = {"kind": "label", "name": "titles", "field": "title"}
        for name, task in (("wishes", judged), ("titles", label)):
            document = {"name": name, "items": items, "tasks": [task], "ks": [1, 5, 10]}
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def drawn(thing: Thing) -> Image.Image:
    """The picture of a thing, 48 x 48 pixels, somewhere near the middle."""
    where = random.Random(thing.id)
    left, top = where.randint(3, 9), where.randint(3, 9)
    right, bottom = left + 36, top + 36
    mask = Image.new("L", (_SIZE, _SIZE), 0)
    pen = ImageDraw.Draw(mask)
    if thing.shape == "circle":
        pen.ellipse((left, top, right, bottom), fill=255)
    elif thing.shape == "square":
        pen.rectangle((left, top, right, bottom), fill=255)
    elif thing.shape == "triangle":
        pen.polygon([(left, bottom), (right, bottom), ((left + right) // 2, top)], fill=255)
    else:
        pen.rectangle((left + 12, top, right - 12, bottom), fill=255)
        pen.rectangle((left, top + 12, right, bottom - 12), fill=255)
    cloth = Image.new("RGB", (_SIZE, _SIZE), COLOURS[thing.colour])
    pen = ImageDraw.Draw(cloth)
    if thing.pattern == "striped":
        for at in range(-_SIZE, _SIZE, 9):
            pen.line((at, 0, at + _SIZE, _SIZE), fill=(255, 255, 255), width=3)
    elif thing.pattern == "dotted":
        for x in range(0, _SIZE, 8):
            for y in range(0, _SIZE, 8):
                pen.ellipse((x, y, x + 3, y + 3), fill=(0, 0, 0))
    picture = Image.new("RGB", (_SIZE, _SIZE), (245, 245, 245))
    picture.paste(cloth, mask=mask)
    return picture
