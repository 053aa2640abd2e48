"""axe-core, the accessibility checker, run on a page as it stands."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

_SOURCE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_GRAVE = ("serious", "critical")
_OF_COLOUR = ["color-contrast", "link-in-text-block"]

_END = """() => document.getAnimations().forEach((one) =>
  one.effect.getComputedTiming().endTime === Infinity ? one.cancel() : one.finish())"""


def grave_violations(page: Page, *, colours_only: bool = False) -> list[str]:
    """Serious and critical violations of WCAG 2.2 AA and of good practice, each with its elements.

    `colours_only` leaves out what can't depend on the colour scheme: all rules but those of colour.
    Animations and transitions are ended first: a half transparent text has a contrast of its own.
    """
    page.evaluate(_END)
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SOURCE)
    rules = {"runOnly": {"type": "rule", "values": _OF_COLOUR}} if colours_only else {}
    found: dict[str, Any] = page.evaluate(
        "(options) => axe.run(options)", {"resultTypes": ["violations"], **rules}
    )
    assert found["passes"], "nothing was looked at"
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: "
        + "; ".join(f"{node['html'][:160]} {node['failureSummary']}" for node in one["nodes"][:4])
        for one in found["violations"]
        if one["impact"] in _GRAVE
    ]
