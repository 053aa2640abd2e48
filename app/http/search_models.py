"""Requests and answers of searches as OpenAPI describes them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.http.models import ProblemAnswer
from app.http.shapes import EXAMPLE_IMAGE, Answer, Body
from app.http.shaping_models import ShapingBody, ShapingParams
from app.search.query import Recognise


class RegionModel(Body):
    """A part of an image, as shares of its width and height."""

    x: float = Field(ge=0, le=1, description="Left edge.")
    y: float = Field(ge=0, le=1, description="Upper edge.")
    w: float = Field(gt=0, le=1, description="Width; x + w is at most 1.")
    h: float = Field(gt=0, le=1, description="Height; y + h is at most 1.")


class RecognisedValue(Answer):
    words: str = Field(description="As they stand in the text.")
    field: str
    value: str


class UnderstoodText(Answer):
    """What a text that was read by the grammar of the one box was understood to say."""

    read: str = Field(description="The box in its plain form; it reads back as the same.")
    text: str = Field(description="What is searched for by meaning.")
    without: list[str] = Field(description="What hits should be far from.")
    filter: dict[str, Any] | None = Field(description="What hits have to fulfil.")
    recognised: list[RecognisedValue] = Field(description="Words that are values of fields.")
    recognise: Recognise
    notes: list[str] = Field(description="What may have been meant otherwise.")


class QueryPart(Body):
    """One part of a query: exactly one of text, image, image_url, id and vector."""

    text: str | None = Field(None, description="What to look for, in words.", examples=["red flag"])
    image: str | None = Field(None, description="An image file, as base64 or as a data: URL.")
    image_url: str | None = Field(None, description="An image to fetch, http or https.")
    id: str | None = Field(None, description="An item of this collection; it is left out itself.")
    vector: list[float] | None = Field(None, description="A vector of the collection's space.")
    weight: float = Field(
        1.0, ge=-1000, le=1000, description="Share in the query; negative: less of this."
    )
    region: RegionModel | None = Field(
        None, description="Of image, image_url or id: only this part of the image."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> QueryPart:
        kinds = (self.text, self.image, self.image_url, self.id, self.vector)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("Each part has exactly one of text, image, image_url, id and vector.")
        if self.region is not None and (self.text is not None or self.vector is not None):
            raise ValueError("Only an image, an image_url or an id has a region.")
        return self


class SearchBody(ShapingBody):
    """A search. Without `query`, the collection (or what passes the filter) as it comes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"query": [{"text": "running shoes"}], "limit": 10},
                {
                    "query": [{"text": "red"}, {"id": "shoe-17", "weight": 0.5}],
                    "filter": {"brand": ["acme", "globex"], "price": {"lt": 50}},
                    "facets": ["brand"],
                },
                {"query": [{"image": EXAMPLE_IMAGE}]},
                {
                    "query": [
                        {"id": "shoe-17", "region": {"x": 0.5, "y": 0, "w": 0.5, "h": 0.5}},
                        {"text": "in blue"},
                    ]
                },
                {"query": [{"text": "shoes under 50 -leather brand:acme"}], "understand": True},
            ]
        }
    )

    query: list[QueryPart] = Field([], max_length=20, description="The weighted parts.")
    filter: dict[str, Any] | None = Field(None, description="Which items may be found.")
    limit: int = Field(20, ge=1, description="Most hits on the page; 200 unless set otherwise.")
    cursor: str | None = Field(None, description="Of the page before; only for the same query.")
    facets: list[str] = Field([], max_length=20, description="Fields whose values to count.")
    histograms: dict[str, int | list[float]] = Field(
        {},
        max_length=5,
        description="Number fields to count in bins: the most bins, or their edges.",
        examples=[{"price": 10}, {"price": [0, 50, 100]}],
    )
    sort: str | None = Field(
        None, description="Without a query: a field to sort by; with a minus, largest first."
    )
    explain: bool = Field(False, description="Tell how the order came about.")
    partial: bool = Field(
        False,
        description="Answer with the hits alone where the store fails after they were found; what "
        "is missing is named.",
    )
    understand: bool = Field(
        False, description="Read the wanted texts by the grammar of the one box."
    )
    recognise: Recognise = Field(
        "off",
        description="With understand: what to do about words that are values of keyword fields.",
    )


class SearchParams(ShapingParams):
    """The short form of a search."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: str | None = Field(
        None,
        description="Text to look for, by the grammar of the one box; leave it out to browse.",
        examples=["blue running shoes under 50 -leather category:shoes before:2026"],
    )
    filter: str | None = Field(None, description="The filter, as JSON.")
    limit: int = Field(20, ge=1, description="Most hits on the page.")
    cursor: str | None = Field(None, description="Of the page before.")
    facets: str | None = Field(None, description="Fields whose values to count, with commas.")
    histograms: str | None = Field(
        None, description="Number fields to count in at most ten bins, with commas."
    )
    sort: str | None = Field(
        None, description="Without q: a field to sort by; with a minus, largest first."
    )
    explain: bool = Field(False, description="Tell how the order came about.")
    partial: bool = Field(
        False,
        description="Answer with the hits alone where the store fails after they were found; what "
        "is missing is named.",
    )
    understand: bool = Field(
        True, description="Read q by the grammar of the one box; false: as plain text."
    )
    recognise: Recognise = Field(
        "off", description="What to do about words of q that are values of keyword fields."
    )


class SearchForm(SearchParams):
    """The form of a search with an uploaded image."""

    image: Any = Field(
        None,
        description="The image file.",
        json_schema_extra={"type": "string", "format": "binary"},
    )


class SimilarParams(ShapingParams):
    """What `similar` takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filter: str | None = Field(None, description="The filter, as JSON.")
    limit: int = Field(20, ge=1, description="Most hits on the page.")
    cursor: str | None = Field(None, description="Of the page before.")


class HitModel(Answer):
    id: str
    score: float | None = Field(
        description="What hits are ranked by: the cosine, -1 to 1, unless aspects were fused or "
        "stages re-ranked; null in a browse."
    )
    relevance: float | None = Field(
        description="Calibrated, 0 to 1: the chance that this answers the query; null where the "
        "encoder is not calibrated for this kind of query."
    )
    title: str
    payload: dict[str, Any] = Field(description="The item's public fields.")
    thumbnail: str | None = Field(description="Path of a small copy of the image.")
    alike: int | None = Field(None, description="Near-duplicates that stand behind it, if any.")
    alike_ids: list[str] | None = Field(None, description="Theirs, with list_collapsed only.")
    group: str | None = Field(None, description="Its value of the field that hits are grouped by.")
    explanation: dict[str, Any] | None = Field(None, description="With explain only.")


class HistogramBin(Answer):
    """Items from `from` on and below `to`; the last bin holds its `to`, too."""

    from_: float = Field(alias="from")
    to: float
    count: int


class FacetValue(Answer):
    value: str | int | bool
    count: int


class SearchAnswer(Answer):
    hits: list[HitModel]
    total: int | None = Field(
        description="Items that pass the filter, exactly; null only where it is missing."
    )
    cursor: str | None = Field(description="For the next page; null after the last.")
    facets: dict[str, list[FacetValue]]
    histograms: dict[str, list[HistogramBin]] | None = Field(
        None, description="Of the fields asked for, lowest bin first."
    )
    timings_ms: dict[str, float] = Field(description="Of each stage, in milliseconds.")
    collection: str
    generation: str
    explanation: dict[str, Any] | None = Field(None, description="With explain only.")
    understood: list[UnderstoodText] | None = Field(
        None, description="With understand only: of each wanted text, what it was taken to say."
    )
    no_match: bool | None = Field(
        None, description="True where nothing is good enough to be an answer to the query."
    )
    nearest_below: list[HitModel] | None = Field(
        None, description="Then, with nearest_below only: the nearest of what was cut off."
    )
    query_id: str = Field(description="Ties events to this search; all its pages have the same.")
    experiments: dict[str, str] | None = Field(
        None, description="Of each running experiment that this search is in, the variant."
    )
    missing: list[str] | None = Field(
        None, description="With partial only: what the store could not tell, such as 'total'."
    )


class SuggestParams(BaseModel):
    """What `suggest` takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: str = Field(
        description="What is typed so far; `field:beginning` asks for values of that field.",
        examples=["runing sh"],
    )
    limit: int = Field(8, ge=1, le=50, description="Most suggestions.")


class Suggestion(Answer):
    text: str
    kind: Literal["value", "tag", "title", "query", "field"]
    field: str | None = Field(description="Where the text is from; null for a query.")
    count: int = Field(description="Items that have it, of those that were read.")
    box: str = Field(description="What the box says once the suggestion is taken.")


class SuggestAnswer(Answer):
    suggestions: list[Suggestion] = Field(description="Best first.")
    corrected: str | None = Field(description="What was typed, as it should be spelt; else null.")
    ready: bool = Field(description="False while they are gathered for the first time.")


class BatchBody(Body):
    """Many searches of one collection."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"searches": [{"query": [{"text": "red"}]}, {"query": [{"text": "blue"}]}]}
            ]
        }
    )

    searches: list[dict[str, Any]] = Field(
        min_length=1,
        description="Each as a search takes it.",
        json_schema_extra={"items": {"$ref": "#/components/schemas/SearchBody"}},
    )


class BatchResult(Answer):
    """The answer to one search of a batch, or the problem with it."""

    answer: SearchAnswer | None
    problem: ProblemAnswer | None


class BatchAnswer(Answer):
    results: list[BatchResult] = Field(description="In the order of the searches.")
