"""Pictures of the search page, and how fast it shows its first results.

    binocle ingest examples/catalog/catalog.csv --collection sample && binocle serve
    python examples/page_figures.py pictures http://127.0.0.1:8000 docs/images
    python examples/page_figures.py speed http://127.0.0.1:8000 --collection sample

Playwright is in the project's dev dependencies, Chromium has to be on PATH. The pictures are those
of the documents. Speed opens the page each time with an empty cache, and prints medians.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import typer
from playwright.sync_api import Browser, Locator, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb")
_THUMBNAILS = 60
_WINDOW = {"width": 1920, "height": 1750}
"""Pixels: sixty thumbnails of the sample catalog lie in it."""
_WATCH = """
  addEventListener("DOMContentLoaded", () => {
    const since = {};
    const note = (name, is) => {
      if (name in since || !is()) return;
      since[name] = null;
      const painted = () => setTimeout(() => (since[name] = performance.now()));
      requestAnimationFrame(painted);
    };
    const look = () => {
      const loaded = () => document.querySelectorAll(".tile img:not(.waiting)").length;
      note("results", () => document.querySelector(".tile"));
      note("thumbnails", () => loaded() >= MANY);
      window.__since = since;
      if (Object.keys(since).length < 2) requestAnimationFrame(look);
    };
    look();
  });
"""


@dataclass(frozen=True)
class Shot:
    """A picture to take: of a search, after what a person does then."""

    name: str
    query: dict[str, str]
    size: tuple[int, int]
    scheme: Literal["light", "dark"]
    act: Callable[[Page], Locator | None] | None = None


def _open_first(page: Page) -> Locator:
    page.locator(".tile .open").first.click()
    page.get_by_text("Why this result").click()
    return page.get_by_role("row", name="Meaning")


def _mark(page: Page) -> Locator:
    page.locator(".tile .open").first.click()
    page.get_by_role("button", name="Find a part of it").click()
    return page.locator(".mark")


def _filters(page: Page) -> Locator:
    page.get_by_role("button", name="Filters").click()
    return page.get_by_role("dialog", name="Filters")


SHOTS = (
    Shot("search-desktop", {"q": "birthday cake"}, (1280, 800), "light"),
    Shot("search-phone", {"q": "sailing boat"}, (390, 800), "dark"),
    Shot("search-opened", {"q": "fruit -colour:green"}, (1280, 800), "light", _open_first),
    Shot("search-marked", {"q": "house"}, (390, 800), "light", _mark),
    Shot("search-filters", {"q": "flower"}, (820, 1000), "dark", _filters),
)

cli = typer.Typer(add_completion=False, help=__doc__)
Address = Annotated[str, typer.Argument(help="Of a running service.")]
Collection = Annotated[str, typer.Option(help="Collection to search in.")]


@cli.command()
def pictures(
    address: Address,
    folder: Annotated[Path, typer.Argument(help="Where to write the pictures.")],
    collection: Collection = "sample",
) -> None:
    """Take the pictures that the documents show."""
    with chromium() as browser:
        for shot in SHOTS:
            path = folder / f"{shot.name}.png"
            take(
                browser,
                f"{address}/?{urlencode({'collection': collection, **shot.query})}",
                shot,
                path,
            )
            typer.echo(str(path))


@cli.command()
def speed(
    address: Address,
    collection: Collection = "sample",
    query: Annotated[str, typer.Option(help="Words to search for.")] = "red flag",
    times: Annotated[int, typer.Option(min=1, help="Times to open the page.")] = 7,
) -> None:
    """Print when the first results, and sixty thumbnails, were painted: ms since the start."""
    link = f"{address}/?{urlencode({'collection': collection, 'q': query})}"
    with chromium() as browser:
        runs = [opened(browser, link) for _ in range(times)]
    for name, label in (("results", "First results"), ("thumbnails", f"{_THUMBNAILS} thumbnails")):
        values = sorted(run[name] for run in runs)
        typer.echo(
            f"{label}: {median(values):.0f} ms ({values[0]:.0f} to {values[-1]:.0f}, {times} times)"
        )


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium from PATH."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        typer.echo(f"Error: no Chromium on PATH (looked for {', '.join(_NAMES)}).", err=True)
        raise typer.Exit(1)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        yield browser
        browser.close()


def take(browser: Browser, link: str, shot: Shot, path: Path) -> None:
    """Write the picture `shot` of the page at `link` to `path`."""
    width, height = shot.size
    touched = width < 500
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=shot.scheme,
        has_touch=touched,
        reduced_motion="reduce",
        device_scale_factor=2 if touched else 1,
    )
    page = context.new_page()
    page.goto(link)
    page.locator(".tile img:not(.waiting)").first.wait_for()
    shown = shot.act(page) if shot.act else None
    if shown is not None:
        shown.wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path)
    context.close()


def opened(browser: Browser, link: str) -> dict[str, float]:
    """Milliseconds from the start of the navigation to what was painted, in a fresh context."""
    context = browser.new_context(viewport=_WINDOW)  # type: ignore[arg-type]
    page = context.new_page()
    page.add_init_script(_WATCH.replace("MANY", str(_THUMBNAILS)))
    page.goto(link)
    page.wait_for_function("() => window.__since?.results && window.__since?.thumbnails")
    since: dict[str, Any] = page.evaluate("window.__since")
    context.close()
    return since


if __name__ == "__main__":
    cli()
