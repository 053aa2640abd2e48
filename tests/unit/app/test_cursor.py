import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.cursor import Position, decode_cursor, encode_cursor
from core.errors import InvalidCursor

positions = st.builds(
    Position,
    offset=st.integers(0, 10_000),
    score=st.floats(-1, 1),
    id=st.text(st.characters(codec="utf-8"), max_size=20),
    token=st.none() | st.text(st.characters(codec="utf-8"), max_size=20),
    seen=st.text("abcd-_", max_size=20),
)


@given(positions)
def test_a_cursor_comes_back_as_the_position_it_was(position: Position) -> None:
    cursor = encode_cursor(position, digest="d", generation="g")
    assert decode_cursor(cursor, digest="d", generation="g") == position
    assert cursor.isascii()


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(text, digest="d", generation="g")


@pytest.mark.parametrize(("digest", "generation"), [("other", "g"), ("d", "other")])
def test_a_cursor_of_another_answer_is_refused(digest: str, generation: str) -> None:
    cursor = encode_cursor(Position(), digest=digest, generation=generation)
    with pytest.raises(InvalidCursor):
        decode_cursor(cursor, digest="d", generation="g")


@pytest.mark.parametrize(
    "parts",
    [
        [1, "d", "g", 0, 0.0, "", None, ""],
        [2, "d", "g", -1, 0.0, "", None, ""],
        [2, "d", "g", True, 0.0, "", None, ""],
        [2, "d", "g", 0, "high", "", None, ""],
        [2, "d", "g", 0, 0.0, None, None, ""],
        [2, "d", "g", 0, 0.0, "", 5, ""],
        [2, "d", "g", 0, 0.0, "", None, 7],
        [2, "d", "g", 0, 0.0, "", None],
        {"offset": 0},
        7,
    ],
)
def test_a_forged_cursor_is_refused(parts: object) -> None:
    forged = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()
    with pytest.raises(InvalidCursor):
        decode_cursor(forged, digest="d", generation="g")
