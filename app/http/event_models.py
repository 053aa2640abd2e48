"""Requests and answers about events as OpenAPI describes them."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from app.http.shapes import Answer, Body
from app.interactions.told import Told


class EventsBody(Body):
    """Events; a single one may be sent without the list around it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {
                            "query_id": "0cp9l2h1a4q2k0dj0jq5bqv1mb3h8f3v1u2dg",
                            "item": "mug/1",
                            "action": "click",
                            "position": 3,
                        }
                    ]
                }
            ]
        }
    )

    events: list[Told] = Field(description="In any order.")


class RefusedEvent(Answer):
    index: int = Field(description="Of the event in the request, from 0.")
    problem: str


class EventsAnswer(Answer):
    accepted: int = Field(description="Events that are kept; sent again by key, they count once.")
    refused: list[RefusedEvent] = Field(description="Events that are not kept, with the reason.")
