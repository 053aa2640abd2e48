"""The old and the new vectors on the same queries, before the one takes the other's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from app.reembedding.base import Base, nearest_of
from core.errors import EncoderMismatch, SourceError
from encoders.encoder import Encoder, Vectors
from eval.retrieval.qrels import read_qrels
from eval.retrieval.rows import read_rows
from qdrant.store import JOINT, Generation

DEPTH = 10
_TITLES = 200
_NEIGHBOURS = 100
_TEXT = ("text", "title", "caption", "q")
_ID = ("query_id", "query-id", "qid", "id", "query")


@dataclass(frozen=True)
class Asked:
    """Texts to compare by; `relevant` are the ids of what each should find, where that is known."""

    texts: tuple[str, ...] = ()
    relevant: tuple[frozenset[str], ...] = ()
    what: str = "titles"


@dataclass(frozen=True)
class Compared:
    """Attributes:
    overlap: mean share of the old 10 nearest that are among the new 10, 0 to 1.
    recall: mean share of the relevant items among the 10 nearest, old and new; None without any.
    """

    what: str
    queries: int
    overlap: float
    recall: tuple[float, float] | None = None


@dataclass(frozen=True)
class Comparison:
    """What was compared, and what could not be."""

    rows: tuple[Compared, ...]
    notes: tuple[str, ...] = field(default=())


def asked_from(queries: Path | None, qrels: Path | None) -> Asked | None:
    """The texts of files; None where no file is given.

    Args:
        queries: a text a line (.txt), or rows with the columns query_id and text.
        qrels: judgments; without `queries`, what they call queries are the texts themselves.

    Raises SourceError.
    """
    if qrels is None:
        return None if queries is None else Asked(tuple(_texts(queries).values()), what="queries")
    judged = read_qrels(qrels)
    texts = _texts(queries) if queries is not None else {each: each for each in judged}
    known = [query for query in judged if query in texts]
    if not known:
        raise SourceError(
            f"No query of {qrels} has a text in {queries}.",
            hint="Both name queries by query_id.",
            field="qrels",
        )
    relevant = [frozenset(i for i, grade in judged[q].items() if grade > 0) for q in known]
    return Asked(tuple(texts[query] for query in known), tuple(relevant), "queries")


def compare(
    base: Base,
    generation: Generation,
    old: Encoder | EncoderMismatch,
    new: Encoder,
    asked: Asked | None,
) -> Comparison:
    """Overlap of the nearest 10 of sampled items and of texts, and recall where it is known.

    Args:
        asked: None takes titles of sampled items.
        old: the encoder of `base`, or why it can't be had; then no text can be asked of it.
    """
    sample = _sample(base)
    rows = []
    neighbours = _neighbours(base, generation, [each for each, _ in sample[:_NEIGHBOURS]])
    if neighbours is not None:
        rows.append(neighbours)
    if asked is None:
        titles = dict.fromkeys(title for _, title in sample[:_TITLES] if title)
        asked = Asked(tuple(titles))
    if not asked.texts:
        return Comparison(tuple(rows), ("No item has a title to ask for.",))
    if isinstance(old, EncoderMismatch):
        return Comparison(tuple(rows), (f"Texts were not compared: {old.message}",))
    before = base.nearest(old.encode_texts(asked.texts), DEPTH)
    after = nearest_of(generation, new.encode_texts(asked.texts), DEPTH)
    recall = None
    if asked.relevant:
        recall = (_recall(before, asked.relevant), _recall(after, asked.relevant))
    rows.append(Compared(asked.what, len(asked.texts), _overlap(before, after), recall))
    return Comparison(tuple(rows))


def _sample(base: Base) -> list[tuple[str, str]]:
    """Ids and titles of the first points: in the order of hashes of their ids, so any of them."""
    points = (point for page in base.pages(vectors=False) for point in page)
    return [(each.id, str(each.payload.get("title", ""))) for each in islice(points, _TITLES)]


def _neighbours(base: Base, generation: Generation, ids: Sequence[str]) -> Compared | None:
    old = {point.id: point for point in base.retrieve(ids, with_vectors=True)}
    new = {point.id: point for point in generation.retrieve(ids, with_vectors=True)}
    both = [each for each in ids if each in old and each in new]
    if not both:
        return None
    # One more each: an item finds itself.
    before = base.nearest(_stacked([old[each].vectors[JOINT] for each in both]), DEPTH + 1)
    after = nearest_of(generation, _stacked([new[each].vectors[JOINT] for each in both]), DEPTH + 1)
    return Compared(
        "items like an item", len(both), _overlap(_less(both, before), _less(both, after))
    )


def _less(own: Sequence[str], found: Sequence[Sequence[str]]) -> list[list[str]]:
    return [
        [each for each in row if each != me][:DEPTH] for me, row in zip(own, found, strict=True)
    ]


def _stacked(rows: Sequence[Vectors]) -> Vectors:
    return np.stack(rows).astype(np.float32)


def _overlap(before: Sequence[Sequence[str]], after: Sequence[Sequence[str]]) -> float:
    shares = [
        len({*old} & {*new}) / max(1, len(old)) for old, new in zip(before, after, strict=True)
    ]
    return float(np.mean(shares)) if shares else 0.0


def _recall(found: Sequence[Sequence[str]], relevant: Sequence[frozenset[str]]) -> float:
    shares = [
        len({*row} & wanted) / min(len(wanted), DEPTH)
        for row, wanted in zip(found, relevant, strict=True)
        if wanted
    ]
    return float(np.mean(shares)) if shares else 0.0


def _texts(path: Path) -> Mapping[str, str]:
    """Text by query id. Raises SourceError."""
    if path.suffix.lower() == ".txt":
        try:
            lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"Can't read {path}: {error}.", field="queries") from None
        found = {line: line for line in lines if line}
    else:
        rows = read_rows(path)
        text = rows.column((*_TEXT, "query"), "queries")
        known = next((name for name in _ID if name in rows.columns and name != text), text)
        found = {str(row.get(known)): str(row.get(text) or "") for _, row in rows.rows()}
        found = {each: words for each, words in found.items() if words.strip()}
    if not found:
        raise SourceError(f"{path} holds no query.", field="queries")
    return found
