"""The operators' page: figures as the service gives them, and nothing that it does not know."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import Page, Route, expect
from tenacity import Retrying, retry_if_result, stop_after_delay

HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def count_requests(page: Page) -> list[str]:
    """Addresses of the requests for figures from now on."""
    asked: list[str] = []
    page.on(
        "request",
        lambda request: (
            asked.append(request.url) if request.url.endswith("/v1/operations") else None
        ),
    )
    return asked


def test_collections_and_traffic_are_shown(page: Page, site: str) -> None:
    httpx.post(f"{site}/v1/collections/colours/search", json={"query": [{"text": "red"}]})
    page.goto("/operators")
    row = page.get_by_role("region", name="Collections").get_by_role(
        "row", name=re.compile("^colours")
    )
    expect(row).to_contain_text("60")
    expect(page.locator("#tiles")).to_contain_text(re.compile(r"State\s*ready"))
    expect(page.get_by_role("region", name="Searches")).to_contain_text("Since the start")
    expect(page.locator("#rejects")).to_have_text("No rejects file lies in the data directory.")


def test_what_the_service_does_not_know_is_said_to_be_unknown(page: Page) -> None:
    def without_record(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "events": False})

    page.route("**/v1/operations", without_record)
    page.route("**/v1/experiments", lambda route: route.fulfill(status=404, json={}))
    page.goto("/operators")
    expect(page.locator("#queries")).to_contain_text("Not known: this service keeps no record")
    expect(page.locator("#experiments")).to_contain_text("Not known")
    # Collections in memory have no size on disk.
    expect(page.get_by_role("row", name=re.compile("^colours"))).to_contain_text("unknown")


def test_figures_come_anew_by_themselves_only_while_they_are_looked_at(page: Page) -> None:
    page.clock.install()
    asked = count_requests(page)
    page.goto("/operators")
    expect(page.locator("#fresh")).to_contain_text("As of")
    with page.expect_response("**/v1/operations"):
        page.clock.run_for(10_000)
    expect(page.locator("#figures")).to_be_visible()
    page.evaluate(HIDE, True)
    seen = len(asked)
    page.clock.run_for(60_000)
    assert len(asked) == seen
    with page.expect_response("**/v1/operations"):
        page.evaluate(HIDE, False)


def test_a_pause_holds_the_figures(page: Page) -> None:
    page.clock.install()
    page.goto("/operators")
    expect(page.locator("#fresh")).to_contain_text("As of")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "true")
    asked = count_requests(page)
    page.clock.run_for(60_000)
    assert asked == []


def test_old_figures_stay_and_are_said_to_be_old(page: Page) -> None:
    page.clock.install()
    page.goto("/operators")
    expect(page.locator("#figures")).to_be_visible()
    page.route("**/v1/operations", lambda route: route.abort())
    page.clock.run_for(10_000)
    expect(page.locator("#late")).to_contain_text("These figures are old")
    expect(page.locator("#figures")).to_be_visible()
    page.unroute("**/v1/operations")
    page.clock.run_for(10_000)
    expect(page.locator("#late")).to_have_text("")


def test_what_people_ask_for_is_shown_as_text(page: Page, site: str) -> None:
    search = f"{site}/v1/collections/colours/search"
    for text in ("<b>red</b>", "<b>red</b>", "wolpertinger"):
        body = {"query": [{"text": text}], "min_relevance": 0.99}
        httpx.post(search, json=body).raise_for_status()
    with page.expect_response("**/operations/queries"):
        page.goto("/operators")
    most = page.get_by_role("region", name="Most asked")
    again = Retrying(retry=retry_if_result(lambda there: not there), stop=stop_after_delay(10))
    again(lambda: page.reload() and most.filter(has_text="wolpertinger").count())
    expect(most.get_by_role("row", name="<b>red</b> 2")).to_be_visible()
    expect(page.get_by_role("region", name="Without results")).to_contain_text("wolpertinger")


def test_experiments_are_shown_with_their_states(page: Page) -> None:
    variants = [{"name": name, "share": 0.5, "changes": [], "stopped": None} for name in "ab"]
    one = {
        "name": "<i>blue</i>",
        "collection": "colours",
        "state": "stopped",
        "unit": "session",
        "traffic": 0.1,
        "interleave": False,
        "variants": variants,
        "created_at": "2026-01-01T00:00:00Z",
        "starts_at": "2026-01-02T00:00:00Z",
        "ends_at": None,
        "stopped_at": "2026-01-03T00:00:00Z",
        "reason": "latency",
        "definition": {},
        "suspended": None,
    }
    page.route("**/v1/experiments", lambda route: route.fulfill(json={"experiments": [one]}))
    page.goto("/operators")
    shown = page.get_by_role("region", name="Experiments")
    for text in ("<i>blue</i>", "stopped: latency", "10 % of sessions", "a 50 %, b 50 %", "Jan 3"):
        expect(shown).to_contain_text(text)
