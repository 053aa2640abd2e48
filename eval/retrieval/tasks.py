"""What is evaluated: queries, a gallery, and which items answer which query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from core.errors import SourceError
from core.items import ImageSource

Member: TypeAlias = str | ImageSource
"""A text or an image, as query or as item."""

Qrels: TypeAlias = Mapping[str, Mapping[str, float]]
"""Grade by item id by query id; only grades over 0 say that an item is relevant."""

Attributes: TypeAlias = Mapping[str, Sequence[str | None]]
"""Values by attribute name, one for each query or item in their order; None: has no value."""


@dataclass(frozen=True)
class RetrievalTask:
    """Queries, a gallery and judgments. The direction follows from the types of the members.

    Args:
        query_ids: distinct, one for each of `queries`.
        item_ids: distinct, one for each of `items`.
        qrels: see `Qrels`. Queries of the same answer may share one inner mapping, so that a label
            of many items costs no memory for each of its queries.
        attributes: of the queries, for slices.
        item_attributes: of the items, for slices: a query counts in the slice of every value that
            one of its relevant items has.
        exclude_self: a query's own item, which has the query's id, is taken out of the gallery for
            that query.
        relevant_from: least grade that counts as relevant in the binary metrics (all but nDCG).
        drop_unknown: leave out judgments of ids that are not there, whatever is asked elsewhere.

    Raises SourceError when there is no query or no item, when an id is there twice, and when texts
    and images are mixed.
    """

    name: str
    query_ids: Sequence[str]
    queries: Sequence[Member]
    item_ids: Sequence[str]
    items: Sequence[Member]
    qrels: Qrels = field(repr=False)
    attributes: Attributes = field(default_factory=dict, repr=False)
    item_attributes: Attributes = field(default_factory=dict, repr=False)
    exclude_self: bool = False
    relevant_from: float = 0.0
    drop_unknown: bool = False

    def __post_init__(self) -> None:
        check_members(self.name, "query", self.query_ids, self.queries)
        check_members(self.name, "item", self.item_ids, self.items)
        check_attributes(self.name, self.attributes, len(self.queries))
        check_attributes(self.name, self.item_attributes, len(self.items))

    @property
    def direction(self) -> str:
        """Such as 'text->image'."""
        return f"{kind_of(self.queries)}->{kind_of(self.items)}"


@dataclass(frozen=True)
class ZeroShotTask:
    """Images to be put into classes that are known by their names alone.

    Args:
        labels: the class of each item; every one is among `classes`.
        classes: names of the classes, distinct.
        templates: texts with one '{}' for the name of the class; a class is the mean of its texts'
            vectors (Radford et al. 2021, Learning transferable visual models from natural language
            supervision, section 3.1.4).
        attributes: of the items, for slices; the class is one without being named here.

    Raises SourceError as RetrievalTask does, and for labels, classes or templates that can't be.
    """

    name: str
    item_ids: Sequence[str]
    items: Sequence[ImageSource]
    labels: Sequence[str]
    classes: Sequence[str]
    templates: Sequence[str] = ("{}",)
    attributes: Attributes = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        check_members(self.name, "item", self.item_ids, self.items)
        check_attributes(self.name, {"class": self.labels, **self.attributes}, len(self.items))
        check_members(self.name, "class", self.classes, self.classes)
        missing = sorted(set(self.labels) - set(self.classes))
        if missing:
            raise SourceError(f"Task '{self.name}' has items of a class it does not name: "
                              f"{', '.join(missing[:5])}.")  # fmt: skip
        bad = [template for template in self.templates if template.count("{}") != 1]
        if bad or not self.templates:
            raise SourceError(
                f"Task '{self.name}' has a template without a place for the class: "
                f"{bad[0]!r}." if bad else f"Task '{self.name}' has no template.",
                hint="Write {} where the name of the class goes, as in 'a photo of a {}'.",
                field="templates",
            )  # fmt: skip

    @property
    def direction(self) -> str:
        return "zero-shot"


Task: TypeAlias = RetrievalTask | ZeroShotTask


def kind_of(members: Sequence[Member]) -> str:
    """'text' or 'image', by the first of them."""
    return "text" if isinstance(members[0], str) else "image"


def check_members(task: str, what: str, ids: Sequence[str], members: Sequence[Member]) -> None:
    """Raises SourceError unless there is at least one, ids are distinct, and all of one kind."""
    if len(ids) != len(members):
        raise SourceError(f"Task '{task}' has {len(ids)} {what} ids for {len(members)} members.")
    if not members:
        raise SourceError(f"Task '{task}' has no {what}.", hint="There is nothing to evaluate.")
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        twice = next(one for one in ids if one in seen or seen.add(one))  # type: ignore[func-returns-value]
        raise SourceError(f"Task '{task}' has the {what} id '{twice}' more than once.")
    texts = sum(isinstance(member, str) for member in members)
    if texts not in (0, len(members)):
        raise SourceError(f"Task '{task}' mixes {texts} texts with {len(members) - texts} images.")


def check_attributes(task: str, attributes: Attributes, count: int) -> None:
    """Raises SourceError unless every attribute has one value for each of `count` members."""
    for name, values in attributes.items():
        if len(values) != count:
            raise SourceError(
                f"Task '{task}': attribute '{name}' has {len(values)} values for {count}."
            )
