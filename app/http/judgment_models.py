"""Judgments in requests and answers of the API as OpenAPI describes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from app.http.shapes import Answer, Body
from app.http.shaping_models import ShapingBody
from app.judging.judgment import LONGEST_JUDGE, LONGEST_QUERY

_MOST_GRADES = 500


class JudgmentsBody(Body):
    """What one judge says of the results of one query."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "collection": "shop",
                    "query": "red shoe",
                    "judge": "ada",
                    "grades": {"shoe-17": 3, "shoe-4": 0},
                    "rankings": [{}, {"aspects": {"joint": 1, "lexical": 2}}],
                    "preferred": "second",
                    "swapped": True,
                }
            ]
        }
    )

    collection: str
    query: str = Field(min_length=1, max_length=LONGEST_QUERY)
    judge: str = Field(min_length=1, max_length=LONGEST_JUDGE, description="Who judges.")
    grades: dict[str, Annotated[int, Field(ge=0, le=3)]] = Field(
        {},
        max_length=_MOST_GRADES,
        description="By item: 0 not relevant, 1 a little, 2 relevant, 3 perfect.",
    )
    rankings: list[ShapingBody] = Field(
        [], max_length=2, description="The two that were shown, as searches take them."
    )
    preferred: Literal["first", "second", "tie"] | None = Field(
        None, description="Which of the two rankings answers better."
    )
    swapped: bool = Field(False, description="Whether the second ranking stood on the left.")


class JudgmentsTaken(Answer):
    graded: int
    preferred: Literal["first", "second", "tie"] | None


class GradeModel(Answer):
    query: str
    item: str
    judge: str
    grade: int
    at: str


class JudgmentsAnswer(Answer):
    judgments: list[GradeModel]
    more: bool = Field(description="Whether there are more than the 10,000 that are told.")
