"""Hard negatives: items that an encoder ranks high for a query, though they are no answer.

query -> the nearest items -> a window of ranks -> without answers and near answers -> negatives
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from core.errors import ImageError
from encoders.encoder import Encoder
from training.pairs.catalog_settings import Frozen
from training.pairs.images import ImageReader, name_of
from training.pairs.mined_file import MinedRow, write_mined
from training.pairs.pair import Side
from training.pairs.place import Progress, quiet
from training.pairs.searcher import Found, Searcher
from training.pairs.skips import Skip

_BATCH = 32


class MiningOptions(Frozen):
    """Which of the found items become negatives."""

    ranks: tuple[int, int] = Field(
        default=(1, 100), description="First and last rank to look at, the right item not counted."
    )
    margin: float = Field(
        default=0.05,
        ge=0,
        le=2,
        description="How far below the right item's cosine a negative's has to be: what is nearer "
        "is likely right, too.",
    )
    count: int = Field(default=8, ge=1, description="Negatives of a query, at most.")
    pick: Literal["hardest", "random"] = Field(
        default="hardest", description="Which of those that qualify; random ones by the seed."
    )
    seed: int = Field(default=0, ge=0, description="Of random picks.")

    @model_validator(mode="after")
    def _ranks_are_ordered(self) -> MiningOptions:
        if not 1 <= self.ranks[0] <= self.ranks[1]:
            raise ValueError("ranks: two numbers from 1, the smaller one first")
        return self


@dataclass(frozen=True)
class MiningQuery:
    """A query with its right item.

    Attributes:
        keys: texts and products that stand for right answers: an item with any of them is no
            negative.
    """

    side: Side
    positive: str
    keys: frozenset[str] = frozenset()


@dataclass
class MiningReport:
    """What came of it: queries written, negatives in all, and why others have none."""

    queries: int = 0
    negatives: int = 0
    without: int = 0  # queries that no item qualifies for: not written
    refused: Counter[str] = field(default_factory=Counter)  # items by 'margin', 'same', 'unknown'
    skips: list[Skip] = field(default_factory=list)


def mine(
    queries: Sequence[MiningQuery],
    searcher: Searcher,
    encoder: Encoder,
    options: MiningOptions,
    target: Path,
    *,
    keys: Callable[[str], frozenset[str] | None],
    progress: Progress = quiet,
) -> MiningReport:
    """Writes the negatives of the queries to `target`; the same input, the same file.

    Args:
        keys: texts and products of an item by its id; None for an item that is not to be used.

    Raises StorageFull and StoreError where the file can't be written.
    """
    report = MiningReport()
    rows: list[MinedRow] = []
    reader = ImageReader(encoder.image_size)
    for start in range(0, len(queries), _BATCH):
        part = queries[start : start + _BATCH]
        for place, vector in _encoded([query.side for query in part], encoder, reader, report):
            row = _mined(start + place, part[place], vector, searcher, options, keys, report)
            if row is not None:
                rows.append(row)
        progress("mining", start + len(part), len(queries))
    report.queries = len(rows)
    report.negatives = sum(len(row.negatives) for row in rows)
    facts = {
        "encoder": encoder.name,
        "fingerprint": encoder.fingerprint,
        **options.model_dump(mode="json"),
    }
    write_mined(rows, facts, target)
    return report


def _encoded(
    sides: Sequence[Side], encoder: Encoder, reader: ImageReader, report: MiningReport
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Place and vector of each query that can be encoded."""
    texts = [(place, side) for place, side in enumerate(sides) if isinstance(side, str)]
    images = []
    for place, side in enumerate(sides):
        if isinstance(side, str):
            continue
        try:
            images.append((place, reader.read(side)))
        except ImageError as error:
            report.skips.append(Skip("queries", name_of(side), str(error)))
    vectors = dict(
        zip(
            [place for place, _ in (*texts, *images)],
            [
                *(encoder.encode_texts([text for _, text in texts]) if texts else ()),
                *(encoder.encode_images([image for _, image in images]) if images else ()),
            ],
            strict=True,
        )
    )
    return iter(sorted(vectors.items(), key=lambda entry: entry[0]))


def _mined(
    number: int,
    query: MiningQuery,
    vector: NDArray[np.float32],
    searcher: Searcher,
    options: MiningOptions,
    keys: Callable[[str], frozenset[str] | None],
    report: MiningReport,
) -> MinedRow | None:
    score = searcher.score(vector, query.positive)
    if score is None:
        reason = "The item is not in the index."
        report.skips.append(Skip("positives", query.positive, reason))
        return None
    first, last = options.ranks
    near = searcher.nearest(vector, last + 1)
    window = [found for found in near if found.id != query.positive][first - 1 : last]
    fit = []
    for found in window:
        reason = _refusal(found, query, score - options.margin, keys)
        if reason:
            report.refused[reason] += 1
        else:
            fit.append(found)
    if not fit:
        report.without += 1
        return None
    chosen = _chosen(fit, options, number)
    return MinedRow(query.side, query.positive, score, chosen)


def _refusal(
    found: Found,
    query: MiningQuery,
    most: float,
    keys: Callable[[str], frozenset[str] | None],
) -> str:
    """Why the item is no negative; '' if it is one."""
    own = keys(found.id)
    if own is None:
        return "unknown"
    if own & query.keys:
        return "same"
    return "margin" if found.score > most else ""


def _chosen(fit: Sequence[Found], options: MiningOptions, number: int) -> list[Found]:
    """At most `count` of them, in their order."""
    if options.pick == "hardest" or len(fit) <= options.count:
        return list(fit[: options.count])
    digest = blake2b(f"{options.seed}|{number}".encode(), digest_size=8).digest()
    random = np.random.default_rng(int.from_bytes(digest, "big"))
    return [fit[place] for place in sorted(random.choice(len(fit), options.count, replace=False))]
