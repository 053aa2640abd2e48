"""Chromium and the site it visits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.site import live_site
from tests.pictures import encoded, picture

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox",  # needs privileges that containers lack
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            # Counting lines doubles the time that the service takes for a page, and what a page
            # asks for is measured in tests/integration.
            item.add_marker(pytest.mark.no_cover)


# Of the package, not the session: while Playwright runs, the thread has a running event loop,
# which tests elsewhere may want to start themselves.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A headless Chromium from PATH; skips where there is none."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip(f"no Chromium on PATH (looked for {', '.join(_NAMES)})")
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def site(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a live service with the collection of tests/browser/site.py."""
    with live_site(tiny_bundle, tmp_path_factory.mktemp("site")) as address:
        yield address


@contextmanager
def new_page(chromium: Browser, site: str) -> Iterator[Page]:
    """A desktop window on a site. Fails a test whose page broke its policy or raised an error."""
    # What moves is painted anew and waited for, and no test is about it.
    context = chromium.new_context(
        base_url=site, viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda message: wrong.append(message.text) if "Security Policy" in message.text else None,
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((site, "data:", "blob:"))
            else wrong.append(f"request to {request.url}")
        ),
    )
    yield page
    context.close()
    assert not wrong


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A desktop window on the site."""
    with new_page(chromium, site) as page:
        yield page


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A blue picture as large as a phone takes them: 4000 x 3000 pixels, JPEG."""
    path = tmp_path / "holiday.jpg"
    path.write_bytes(encoded(picture("blue").resize((4000, 3000)), "JPEG"))
    return path
