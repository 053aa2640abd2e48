"""Examples with their pictures made small, ready for the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.items import ImageSource
from eval.reports.showing import Example, Gallery, Looking, Shown
from eval.reports.thumbnails import Thumbnail, Thumbnails
from ingestion.fetch import Fetcher

_TAIL = 20
"""Characters of an id below a picture: the last ones, for ids of a catalog often begin alike."""
_LONGEST = 300
"""Characters of a text that the page shows."""


@dataclass(frozen=True)
class Pictures:
    """What the page shows of queries and items.

    Args:
        looking: how many of each.
        side: longest side of a thumbnail, in pixels.
        budget: bytes of all thumbnails together; where they are used up, the page says so.
        fetcher: reads images that are URLs; without one they are not shown.
    """

    looking: Looking = field(default_factory=Looking)
    side: int = 144
    budget: int = 8_000_000
    fetcher: Fetcher | None = None

    def thumbnails(self) -> Thumbnails:
        """A fresh budget: one for each page."""
        return Thumbnails(self.budget, self.side, self.fetcher)


@dataclass(frozen=True)
class MemberView:
    """A query or an item: either a text or a thumbnail; `name` is the end of a long id."""

    id: str
    name: str
    hit: bool
    text: str | None
    thumbnail: Thumbnail | None


@dataclass(frozen=True)
class ExampleView:
    """A query's card."""

    query: MemberView
    ranks: str
    relevant_label: str
    relevant: tuple[MemberView, ...]
    found_label: str
    found: tuple[MemberView, ...]
    before: tuple[MemberView, ...]


@dataclass(frozen=True)
class GalleryView:
    """The cards under a heading."""

    title: str
    explanation: str
    examples: tuple[ExampleView, ...]


def gallery_views(found: Sequence[Gallery], thumbnails: Thumbnails) -> tuple[GalleryView, ...]:
    """The galleries with thumbnails, which are made in the order in which they are shown."""
    return tuple(
        GalleryView(
            one.title,
            one.explanation,
            tuple(_example(example, thumbnails) for example in one.examples),
        )
        for one in found
    )


def _example(example: Example, thumbnails: Thumbnails) -> ExampleView:
    more = example.relevant_count - len(example.relevant)
    return ExampleView(
        query=_member(example.query, thumbnails),
        ranks=_ranks(example),
        relevant_label=f"Relevant{f', and {more:,} more' if more > 0 else ''}",
        relevant=_members(example.relevant, thumbnails),
        found_label="Found" if example.before else "Found, best first",
        found=_members(example.found, thumbnails),
        before=_members(example.before, thumbnails),
    )


def _ranks(example: Example) -> str:
    """Such as 'First relevant at rank 3, before at 41'."""
    if example.rank is None:
        return ""
    before = "" if example.rank_before is None else f", by the baseline at {example.rank_before:,}"
    return f"First relevant at rank {example.rank:,}{before}"


def _members(members: Sequence[Shown], thumbnails: Thumbnails) -> tuple[MemberView, ...]:
    return tuple(_member(one, thumbnails) for one in members)


def _member(one: Shown, thumbnails: Thumbnails) -> MemberView:
    hit = one.grade > 0
    if isinstance(one.member, ImageSource):
        return MemberView(one.id, _tail(one.id), hit, None, thumbnails.of(one.member))
    text = one.member if len(one.member) <= _LONGEST else f"{one.member[:_LONGEST]}…"
    return MemberView(one.id, _tail(one.id), hit, text, None)


def _tail(name: str) -> str:
    return name if len(name) <= _TAIL else f"…{name[-_TAIL:]}"
