"""The page's files by themselves; these tests need no browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.http.page import WEB

FILES = sorted(WEB.iterdir())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]


def test_all_files_together_are_at_most_150_kb() -> None:
    assert sum(path.stat().st_size for path in FILES) <= 150_000


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_never_makes_markup_of_text(path: Path) -> None:
    unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert not re.search(unsafe, path.read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_names_no_other_host(path: Path) -> None:
    hosts = set(re.findall(r"https?://[\w.-]+", path.read_text()))
    assert hosts <= {"http://www.w3.org"}


def test_the_page_has_no_script_or_style_within() -> None:
    text = (WEB / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_what_a_script_imports_is_there(path: Path) -> None:
    names = re.findall(r'from "\./([\w.]+)"', path.read_text())
    assert {WEB / name for name in names} <= set(FILES)
