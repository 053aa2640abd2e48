"""`binocle search` with all that it takes; a service that owns the collection answers the same."""

from pathlib import Path
from typing import Any

import pytest

from app.running import made_known
from tests.integration.command import Run
from tests.integration.conftest import Serving

COMMANDS = (
    "red --facets tags,colors --histograms width --limit 3",
    "'red thing tags:r' --understand --recognise filter",
    "'red -blue' --understand --explain",
    "--like b/blue_thing.png --region 0.5,0,0.5,1 --explain",
    "--image pictures/r/red_thing.png --region 0,0,1,0.5",
    "red --group tags --per-group 2 --diversity 0.3 --min-relevance 0.1 --nearest-below",
    "red --aspects joint=1,lexical=0.5 --rerank rescore --no-collapse",
    "--sort=-aspect --facets tags --limit 4",
    """red --filter '{"tags": {"any": ["r", "g"]}}'""",
)
_OF_THE_MOMENT = ("timings_ms", "query_id")


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """What of an answer is the same each time. A service's cursor also says which search it was."""
    same = {name: value for name, value in answer.items() if name not in _OF_THE_MOMENT}
    return {**same, "cursor": (answer["cursor"] or "").split(".")[0]}


def test_a_service_answers_as_the_command_does_itself(
    loaded: Run, start: Serving, tmp_path: Path
) -> None:
    alone = [loaded(f"binocle search things {asked} --json") for asked in COMMANDS]
    assert [ran.err for ran in alone if ran.code] == []
    data = tmp_path / "data"
    with start(data) as live:
        url = str(live.client.base_url).rstrip("/")
        with made_known(data, url, live.wiring.watch.local_token):
            beside = [loaded(f"binocle search things {asked} --json") for asked in COMMANDS]
            wrong = loaded("binocle search things red --filter '{'")
    for asked, one, other in zip(COMMANDS, beside, alone, strict=True):
        assert told(one.json) == told(other.json), asked
    assert (wrong.code, "not JSON" in wrong.err) == (2, True)


def test_pages_go_on_by_the_cursor(loaded: Run) -> None:
    first = loaded("binocle search things red --limit 3 --json").json
    second = loaded(f"binocle search things red --limit 3 --cursor {first['cursor']} --json").json
    ids = [hit["id"] for page in (first, second) for hit in page["hits"]]
    assert len(set(ids)) == 6
    assert f"more: --cursor {first['cursor']}" in loaded("binocle search things red --limit 3").out


def test_counts_and_what_was_understood_are_shown(loaded: Run) -> None:
    shown = loaded("binocle search things 'red tags:r' --understand --facets tags,colors").out
    assert "read: red tags:r" in shown
    assert "tags: r 1" in shown
    browsed = loaded("binocle search things --histograms width").out
    assert "width: " in browsed
    grouped = loaded("binocle search things red --group tags").out
    assert "Group" in grouped


@pytest.mark.parametrize("region", ["1,2,3", "a,b,c,d", "0.5,0,0.6,1", "0,0,0,1", "nan,0,1,1"])
def test_a_region_that_is_none_is_told_in_a_sentence(loaded: Run, region: str) -> None:
    ran = loaded(f"binocle search things --like b/blue_thing.png --region {region}")
    assert ran.code == 2
    assert "region" in ran.err
    assert "Traceback" not in ran.err
