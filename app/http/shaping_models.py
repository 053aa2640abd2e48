"""How an answer is to be shaped, as requests say it: in a JSON body, and in a query string."""

from __future__ import annotations

from pydantic import BaseModel, Field

from app.http.shapes import Body
from app.search.aspects import checked_weights, weights_of
from app.search.shaping import MAX_PER_GROUP, Group, Shaping, stages_of


class GroupModel(Body):
    """At most n hits of each value of a keyword field."""

    field: str = Field(examples=["product_id"])
    n: int = Field(1, ge=1, le=MAX_PER_GROUP, description="Most hits of one value.")


class ShapingBody(Body):
    """What a request may say beside its query. Left out: as the collection's ranking has it."""

    collapse: bool | None = Field(
        None,
        description="Whether near-duplicates, and images of one product, stand behind the best.",
    )
    list_collapsed: bool = Field(False, description="Tell the ids of what stands behind each hit.")
    group: GroupModel | None = Field(None, description="At most n hits of each value of a field.")
    diversity: float | None = Field(
        None, ge=0, le=1, description="0: by score alone; 1: by difference from the hits before."
    )
    min_relevance: float | None = Field(
        None, ge=0, le=1, description="Leave out hits of less calibrated relevance."
    )
    nearest_below: bool = Field(
        False, description="Where all were left out, tell the nearest of them."
    )
    rerank: list[str] | None = Field(
        None, description="Stages to run, of those configured; an empty list: none."
    )
    budget_ms: float | None = Field(
        None, ge=0, le=10_000, description="Time for re-ranking, in milliseconds."
    )
    aspects: dict[str, float] | None = Field(
        None,
        description="Weights, 0 to 100, of joint (meaning), lexical (words) and appearance (colour "
        "and texture); 1 is as usual. Those not named are left out. None: as suits the query.",
        examples=[{"joint": 1, "lexical": 0.5}],
    )
    unsafe: bool = Field(
        False, description="Also items judged unsafe; for keys that may write, or without keys."
    )

    def shaping(self) -> Shaping:
        """What is wanted of the answer's shape."""
        group = Group(self.group.field, self.group.n) if self.group is not None else None
        return Shaping(
            collapse=self.collapse,
            list_collapsed=self.list_collapsed,
            group=group,
            diversity=self.diversity,
            min_relevance=self.min_relevance,
            nearest_below=self.nearest_below,
            rerank=tuple(self.rerank) if self.rerank is not None else None,
            aspects=checked_weights(self.aspects) if self.aspects is not None else None,
            budget_ms=self.budget_ms,
        )


class ShapingParams(BaseModel):
    """The same in a query string or a form."""

    collapse: bool | None = Field(
        None,
        description="Whether near-duplicates, and images of one product, stand behind the best.",
    )
    list_collapsed: bool = Field(False, description="Tell the ids of what stands behind each hit.")
    group: str | None = Field(None, description="A keyword field to group by.")
    per_group: int = Field(1, ge=1, le=MAX_PER_GROUP, description="Most hits of one group.")
    diversity: float | None = Field(
        None, ge=0, le=1, description="0: by score alone; 1: by difference from the hits before."
    )
    min_relevance: float | None = Field(
        None, ge=0, le=1, description="Leave out hits of less calibrated relevance."
    )
    nearest_below: bool = Field(
        False, description="Where all were left out, tell the nearest of them."
    )
    rerank: str | None = Field(
        None, description="Stages to run, of those configured, with commas; 'none': none."
    )
    budget_ms: float | None = Field(
        None, ge=0, le=10_000, description="Time for re-ranking, in milliseconds."
    )
    aspects: str | None = Field(
        None,
        description="Weights of the aspects of similarity, such as joint=1,lexical=0.5; those not "
        "named are left out. Without it: as suits the query.",
    )
    unsafe: bool = Field(
        False, description="Also items judged unsafe; for keys that may write, or without keys."
    )

    def shaping(self) -> Shaping:
        """What is wanted of the answer's shape."""
        return Shaping(
            collapse=self.collapse,
            list_collapsed=self.list_collapsed,
            group=Group(self.group, self.per_group) if self.group else None,
            diversity=self.diversity,
            min_relevance=self.min_relevance,
            nearest_below=self.nearest_below,
            rerank=stages_of(self.rerank),
            aspects=weights_of(self.aspects) if self.aspects else None,
            budget_ms=self.budget_ms,
        )
