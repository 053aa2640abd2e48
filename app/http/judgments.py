"""What people judge: taken in, and read again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.http.answers import json_answer
from app.http.bodies import JSON, read_json
from app.http.gate import key_of
from app.http.judgment_models import JudgmentsAnswer, JudgmentsBody, JudgmentsTaken
from app.http.openapi import takes
from app.http.service import Service
from app.http.shaping_models import ShapingBody
from app.judging.book import JudgmentBook
from app.judging.judgment import Grade, Preference, Settings, ordered, plain
from app.keys.access import Needed, check
from app.keys.key import Role
from app.search.policy import Viewer
from core.errors import InvalidRequest
from core.items import check_item_id

_MOST_SHOWN = 10_000


def judgment_routes(service: Service) -> APIRouter:
    """/v1/judgments."""
    router = APIRouter(tags=["judgments"])
    book = JudgmentBook(service.wiring.database)

    @router.post(
        "/v1/judgments",
        response_model=JudgmentsTaken,
        summary="Record what a judge thinks of results",
        openapi_extra=takes({JSON: JudgmentsBody}),
    )
    async def record(request: Request) -> Response:
        """Grades of items, and which of two rankings is better. Said again by the same judge, it
        replaces what was said before."""
        body = await read_json(request, JudgmentsBody, service.max_body)
        _check_reach(request, body.collection, Role.WRITE)
        viewer = service.viewer(request)

        def keep() -> None:
            grades, preference = _judgments(body)
            _check_items(service, body, viewer)
            book.record(grades, preference)

        await service.lanes.write.run(keep)
        return json_answer({"graded": len(body.grades), "preferred": body.preferred})

    @router.get(
        "/v1/judgments", response_model=JudgmentsAnswer, summary="The grades that were given"
    )
    async def read(
        request: Request,
        collection: str,
        judge: Annotated[str | None, Query(description="Of this judge alone.")] = None,
        query: Annotated[str | None, Query(description="Of this query alone.")] = None,
    ) -> Response:
        """By query, item and judge."""
        _check_reach(request, collection, Role.WRITE)
        judges = None if judge is None else [judge]
        found = await service.lanes.write.run(
            lambda: book.grades(collection, judges=judges, query=query)
        )
        shown = found[:_MOST_SHOWN]
        return json_answer({"judgments": _listed(shown), "more": len(shown) < len(found)})

    return router


def _check_reach(request: Request, collection: str, role: Role) -> None:
    key = key_of(request)
    if key is not None:
        check(key, Needed(role, collection))


def _judgments(body: JudgmentsBody) -> tuple[list[Grade], Preference | None]:
    """Raises InvalidRequest for what says nothing."""
    query, judge = plain(body.query), body.judge.strip()
    if not query or not judge or not judge.isprintable():
        field = "judge" if query else "query"
        raise InvalidRequest(f"The {field} is blank or no plain text.", field=field)
    if not body.grades and body.preferred is None:
        raise InvalidRequest("Neither a grade nor a preference is given.", field="grades")
    now = datetime.now(UTC)
    rankings = [_settings(one) for one in body.rankings]
    grades = [
        Grade(body.collection, query, item, judge, grade, now, tuple(rankings))
        for item, grade in body.grades.items()
    ]
    if body.preferred is None:
        return grades, None
    if len(rankings) != 2:
        raise InvalidRequest("A preference is between two rankings.", field="rankings")
    one, other = rankings
    first, second, preferred, swapped = ordered(one, other, body.preferred, swapped=body.swapped)
    return grades, Preference(body.collection, query, judge, first, second, preferred, swapped, now)


def _settings(ranking: ShapingBody) -> Settings:
    ranking.shaping()  # raises what is wrong with it
    return ranking.model_dump(exclude_unset=True)


def _check_items(service: Service, body: JudgmentsBody, viewer: Viewer) -> None:
    """Raises CollectionNotFound, and InvalidRequest for an item that the judge can't have seen."""
    for item in body.grades:
        check_item_id(item)
    with service.wiring.catalog.lease(body.collection) as opened:
        points = opened.generation.retrieve(list(body.grades)) if body.grades else []
        seen = {one.id for one in points if viewer.may_see(one.payload, opened.schema)}
    for item in body.grades:
        if item not in seen:
            raise InvalidRequest(
                f"There is no item '{item}' in '{body.collection}' (any more).", field="grades"
            )


def _listed(grades: Sequence[Grade]) -> list[dict[str, Any]]:
    return [
        {
            "query": one.query,
            "item": one.item,
            "judge": one.judge,
            "grade": one.grade,
            "at": one.at.isoformat(timespec="seconds"),
        }
        for one in grades
    ]
