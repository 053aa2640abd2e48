"""WordNet's words and glosses for the image classifier's thousand classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from timm.data import ImageNetInfo

NOUNS = Path("/usr/share/wordnet/data.noun")
"""Where Debian's wordnet-base puts its nouns; their byte offsets are the classes' ids."""

_ABSTRACT = frozenset(
    [
        "entity",
        "physical entity",
        "object",
        "whole",
        "artifact",
        "living thing",
        "organism",
        "instrumentality",
        "matter",
        "substance",
        "abstraction",
        "causal agent",
        "chordate",
        "vertebrate",
        "conveyance",
        "unit",
        "part",
        "thing",
        "psychological feature",
        "attribute",
        "relation",
        "group",
        "placental",
        "device",
        "solid",
        "structure",
        "physical object",
        "implement",
        "natural object",
        "geological formation",
        "domestic animal",
    ]
)


@dataclass(frozen=True)
class Synset:
    """A noun's meaning: its words, most usual first, its gloss, the offset of its parent."""

    words: tuple[str, ...]
    gloss: str
    parent: int | None


def read_nouns(path: Path = NOUNS) -> dict[int, Synset]:
    """All noun synsets by offset."""
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    return dict(parse_line(line) for line in lines if line[:1].isdigit())


def parse_line(line: str) -> tuple[int, Synset]:
    """The offset and synset of one line of `data.noun` (format: wndb(5WN))."""
    facts, _, gloss = line.partition(" | ")
    parts = facts.split()
    count = int(parts[3], 16)
    words = tuple(word.replace("_", " ") for word in parts[4 : 4 + 2 * count : 2])
    pointers = parts[5 + 2 * count :]
    kinds, targets = pointers[::4], pointers[1::4]
    parent = next((int(t) for k, t in zip(kinds, targets, strict=False) if k in ("@", "@i")), None)
    return int(parts[0]), Synset(words, gloss.split(";")[0].split('"')[0].strip(), parent)


def ancestors(nouns: dict[int, Synset], offset: int) -> list[str]:
    """First words of the synset's ancestors, nearest first, up to where they say nothing."""
    answer = []
    parent = nouns[offset].parent
    while parent is not None and nouns[parent].words[0].lower() not in _ABSTRACT:
        answer.append(nouns[parent].words[0].lower())
        parent = nouns[parent].parent
    return answer


def class_texts(nouns: dict[int, Synset]) -> list[tuple[str, ...]]:
    """For each ImageNet class, in the classifier's order, texts that are true of its photos."""
    offsets = [int(name[1:]) for name in ImageNetInfo().label_names()]
    return [_texts(nouns, offset) for offset in offsets]


def _texts(nouns: dict[int, Synset], offset: int) -> tuple[str, ...]:
    synset = nouns[offset]
    first, above = synset.words[0], ancestors(nouns, offset)
    texts = [first, first, f"a photo of a {first}", f"a {first}", *synset.words[1:4]]
    texts += [f"{first}, {synset.gloss}"[:120], synset.gloss[:100]]
    texts += [f"a {above[0]}", *above[:4]] if above else []
    return tuple(text.lower() for text in texts)
