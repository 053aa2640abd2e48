"""The page's files by themselves; these tests need no browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.http.assets import MEDIA_TYPES, without_comments
from app.http.page import PAGES, WEB

FILES = sorted(path for path in WEB.rglob("*") if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
_IMPORT = re.compile(r'from "(\.{1,2}/[\w./]+)"')
_ON_DEMAND = re.compile(r'import\("(\.{1,2}/[\w./]+)"\)')
_STATIC = re.compile(r'(?:href|src)="/static/([\w./]+)')


def imported(path: Path) -> list[Path]:
    """The scripts that a script imports."""
    return [(path.parent / name).resolve() for name in _IMPORT.findall(path.read_text())]


def on_demand(path: Path) -> list[Path]:
    """The scripts that a script imports once it needs them."""
    return [(path.parent / name).resolve() for name in _ON_DEMAND.findall(path.read_text())]


def loaded_by(page: Path) -> set[Path]:
    """All files that a page loads to begin with, itself among them."""
    found, waiting = {page}, [WEB / name for name in _STATIC.findall(page.read_text())]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imported(path) if path.suffix == ".js" else []
    return found


def name_of(path: Path) -> str:
    return str(path.relative_to(WEB))


def all_of(page: Path) -> set[Path]:
    """All files that a page may come to load, itself among them."""
    found: set[Path] = set()
    waiting = list(loaded_by(page))
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [*imported(path), *on_demand(path)] if path.suffix == ".js" else []
    return found


@pytest.mark.parametrize("page", PAGES.values(), ids=name_of)
def test_all_script_and_style_of_a_page_is_at_most_150_kb_as_it_is_sent(page: Path) -> None:
    files = [path for path in all_of(page) if path.suffix in MEDIA_TYPES]
    assert sum(len(without_comments(path.read_text()).encode()) for path in files) <= 150_000


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_no_text_of_a_script_goes_over_several_lines(script: Path) -> None:
    """Or a line of it might look like a comment, and not be sent."""
    for line in without_comments(script.read_text()).splitlines():
        assert re.sub(r"\\.", "", line).count("`") % 2 == 0


def test_comments_between_the_lines_are_not_sent() -> None:
    script = """// What it is for.
import { a } from "./a.js"; // why

  /**
   * What it does * and / does not.
   */
  const address = "https://a.example/*"; /* here */
  // the end"""
    sent = """import { a } from "./a.js"; // why

  const address = "https://a.example/*"; /* here */
"""
    assert without_comments(script) == sent


def test_the_search_page_asks_at_once_for_every_script_it_begins_with() -> None:
    page = PAGES["/"]
    early = set(re.findall(r'rel="modulepreload" href="/static/([\w.]+)"', page.read_text()))
    scripts = {path.name for path in loaded_by(page) if path.suffix == ".js"}
    assert early == scripts - {"main.js"}
    needed, waiting = {WEB / "main.js"}, [WEB / "main.js"]
    while waiting:
        new = set(imported(waiting.pop())) - needed
        needed |= new
        waiting += new
    assert early == {path.name for path in needed} - {"main.js"}


def test_every_file_is_loaded_by_some_page() -> None:
    later = {found for path in SCRIPTS for found in on_demand(path)}
    assert set().union(later, *map(loaded_by, PAGES.values())) == set(FILES)


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_never_makes_markup_of_text(path: Path) -> None:
    unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert not re.search(unsafe, path.read_text())


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_names_no_other_host(path: Path) -> None:
    hosts = set(re.findall(r"https?://[\w.-]+", path.read_text()))
    assert hosts <= {"http://www.w3.org"}


@pytest.mark.parametrize("page", PAGES.values(), ids=name_of)
def test_a_page_has_no_script_or_style_within(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_what_a_script_imports_is_there(path: Path) -> None:
    assert {*imported(path), *on_demand(path)} <= set(FILES)
