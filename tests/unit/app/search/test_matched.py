"""Which words of a query an item has."""

from app.search.matched import matched_terms
from core.fields import FieldType, Schema

SCHEMA = Schema({"brand": FieldType.KEYWORD, "price": FieldType.FLOAT})
ITEM = {
    "title": "Red running shoe (runs!)",
    "tags": ["shoes", "sport"],
    "brand": "Runner",
    "price": 3.0,
    "_thumbnail": "shoe",
}


def test_words_are_matched_by_their_stems_and_told_as_they_stand() -> None:
    assert matched_terms("shoes for a run", ITEM, SCHEMA) == {
        "title": ["running", "shoe", "runs"],
        "tags": ["shoes"],
    }


def test_function_words_and_no_text_match_nothing() -> None:
    assert matched_terms("for a lamp", {"title": "for a shoe"}, SCHEMA) == {}
    assert matched_terms(None, ITEM, SCHEMA) == {}
    assert matched_terms("...", ITEM, SCHEMA) == {}
