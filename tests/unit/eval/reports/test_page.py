"""The HTML page: complete in itself, well formed, safe, and readable without sight."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.errors import SettingsError
from eval.reports.document import Document, from_json, to_json
from eval.reports.page import html
from eval.reports.pictures import Pictures
from tests.unit.eval.reports.conftest import ATTACK, RTL, Measured

VOID = {"meta", "img", "link", "br", "hr", "input"}
REFERRING = {"src", "href", "action", "data", "srcset", "poster", "formaction", "background"}


class Outline(HTMLParser):
    """What a page has: its elements, its texts, and whether its tags close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.misnested: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.misnested.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


def outline(text: str) -> Outline:
    parser = Outline()
    parser.feed(text)
    parser.close()
    return parser


@pytest.fixture(scope="module")
def page(measured: Measured) -> str:
    return html(measured.document, measured.evaluations, measured.baselines)


@pytest.fixture(scope="module")
def plain(measured: Measured) -> Document:
    """The zero-shot task alone, which has no plot."""
    return measured.document.model_copy(
        update={
            "evaluations": measured.document.evaluations[2:],
            "baselines": (),
            "comparisons": (),
            "robustness": (),
        }
    )


@pytest.fixture(scope="module")
def parsed(page: str) -> Outline:
    return outline(page)


def test_every_tag_is_closed_in_order(parsed: Outline) -> None:
    assert parsed.misnested == []
    assert parsed.open == []


def test_no_reference_leads_out_of_the_page(page: str, parsed: Outline) -> None:
    references = [
        value
        for _, attributes in parsed.elements
        for name, value in attributes.items()
        if name.split(":")[-1] in REFERRING
    ]
    assert references
    assert all(one and one.startswith(("#", "data:image/webp;base64,")) for one in references)
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page
    assert "http:" not in page
    assert "https:" not in page


def test_every_link_within_the_page_has_its_target_once(parsed: Outline) -> None:
    ids = [str(attributes["id"]) for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {str(one["href"])[1:] for one in parsed.all("a", "use") if one.get("href")}
    assert links <= set(ids)


def test_nothing_that_a_name_holds_becomes_an_element(page: str, parsed: Outline) -> None:
    assert parsed.all("script") == []
    assert not [name for _, one in parsed.elements for name in one if name.startswith("on")]
    assert {"x"} & {one.get("src") for one in parsed.all("img")} == set()
    assert any(ATTACK in text for text in parsed.texts)
    assert parsed.texts.count(ATTACK) >= 2
    assert "default-src 'none'" in page


def test_pictures_have_words_and_tables_have_headers(parsed: Outline) -> None:
    assert all(one.get("alt") for one in parsed.all("img"))
    assert all(one.get("role") == "img" and one.get("aria-label") for one in parsed.all("svg"))
    assert len(parsed.all("caption")) == len(parsed.all("table")) > 5
    assert all(one.get("scope") in ("col", "row") for one in parsed.all("th"))
    scrolling = [one for one in parsed.all("div") if one.get("class") == "scroll"]
    assert all(one.get("tabindex") == "0" and one.get("aria-label") for one in scrolling)
    assert parsed.all("html")[0]["lang"] == "en"


def test_empty_long_and_right_to_left_queries_are_shown(page: str, parsed: Outline) -> None:
    assert "(empty text)" in parsed.texts
    assert RTL in parsed.texts
    shown = [text for text in parsed.texts if text.startswith("blue blue")]
    assert shown
    assert all(len(text) <= 301 for text in shown)
    assert 'dir="auto"' in page


def test_changed_queries_tell_both_ranks_and_hits_are_marked(parsed: Outline) -> None:
    assert "Better than before" in parsed.texts
    ranks = [text for text in parsed.texts if text.startswith("First relevant at rank 1, by the")]
    assert ranks
    assert "✓" in parsed.texts
    assert any("relevant" in str(one["alt"]) for one in parsed.all("img"))


def test_what_was_left_out_is_told(parsed: Outline) -> None:
    assert any("can't be used, left out: 1" in text for text in parsed.texts)


def test_no_more_than_the_budget_goes_into_pictures(measured: Measured, plain: Document) -> None:
    bare = html(plain, measured.evaluations[2:], (), Pictures(budget=0))
    some = html(plain, measured.evaluations[2:], (), Pictures(budget=1000))
    assert "the page has no room for more pictures" in bare
    assert "data:image" not in bare
    uris = re.findall(r"data:image/webp;base64,[^\"]+", some)
    assert 0 < sum(map(len, uris)) <= 1000


def test_a_page_can_be_made_of_a_document_that_was_read_back(plain: Document) -> None:
    text = html(from_json(to_json(plain)))
    assert "<img" not in text
    assert outline(text).all("table")


def test_a_page_of_one_evaluation_without_a_title_is_well_formed(plain: Document) -> None:
    parsed = outline(html(plain.model_copy(update={"title": "  "})))
    assert parsed.misnested == []
    assert "Evaluation" in parsed.texts
    assert "p, adjusted" not in parsed.texts


def test_two_encoders_that_were_studied_share_the_plots(measured: Measured) -> None:
    model = measured.robustness[0]
    other = replace(model, encoder="another", conditions=model.conditions[:2])
    document = measured.document.model_copy(
        update={
            "evaluations": measured.document.evaluations[:1],
            "baselines": (),
            "comparisons": (),
            "robustness": (other, model),
        }
    )
    parsed = outline(html(document))
    dark = next(
        str(one["aria-label"])
        for one in parsed.all("svg")
        if str(one["aria-label"]).startswith("low-light")
    )
    assert dark.index("tiny: ") < dark.index("another: ")
    assert parsed.texts.count("Robustness") == 2  # the heading, and the word that is explained


@pytest.mark.parametrize("library", ["jinja2", "matplotlib"])
def test_a_missing_library_is_named_with_the_extra_that_has_it(
    measured: Measured, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(SettingsError, match=r"binocle\[report\]"):
        html(measured.document)


def test_the_same_document_gives_the_same_page(measured: Measured) -> None:
    one = measured.document.model_copy(
        update={"evaluations": measured.document.evaluations[:1], "robustness": ()}
    )
    first, second = (html(one, measured.evaluations[:1]) for _ in range(2))
    assert first == second
