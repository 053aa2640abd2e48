"""Ids of a source, looked at many at a time."""

from __future__ import annotations

from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from core.items import ImageSource, Item
from ingestion.rejects import MALFORMED_ROW, Rejection
from ingestion.resuming import SeenIds
from ingestion.sources.source import Candidate

Entry = Candidate | Rejection


def _entry(row: int, item_id: str, *, good: bool) -> Entry:
    if good:
        return Candidate(Item(item_id, ImageSource(data=b"x")), row, "shop.csv")
    return Rejection("broken", MALFORMED_ROW, row, item_id, source="shop.csv")


_ENTRIES = st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=12).map(
    lambda drawn: [_entry(row, each, good=good) for row, (each, good) in enumerate(drawn, 1)]
)


@given(_ENTRIES, st.integers(1, 12))
def test_of_each_id_the_first_entry_counts_however_many_are_looked_at_together(
    entries: list[Entry], together: int
) -> None:
    kept, refused = [], []
    with closing(SeenIds()) as seen:
        for start in range(0, len(entries), together):
            first, twice = seen.sift(entries[start : start + together])
            kept += first
            refused += twice
    ids = [entry.id if isinstance(entry, Rejection) else entry.item.id for entry in entries]
    expected = [
        entry
        for place, entry in enumerate(entries)
        if isinstance(entry, Candidate) and ids.index(entry.item.id) == place
    ]
    assert kept == expected
    candidates = [entry.row for entry in entries if isinstance(entry, Candidate)]
    assert (
        sorted([*(each.row for each in kept), *(each.row or 0 for each in refused)]) == candidates
    )


def test_a_repeated_id_is_told_with_the_row_that_has_it() -> None:
    with closing(SeenIds()) as seen:
        _, (twice,) = seen.sift([_entry(1, "a", good=True), _entry(2, "a", good=True)])
        _, (later,) = seen.sift([_entry(3, "a", good=True)])
    assert "row 1 of shop.csv" in twice.reason
    assert "row 1 of shop.csv" in later.reason


def test_more_ids_than_one_statement_takes_are_known_again() -> None:
    entries = [_entry(row, f"n{row}", good=True) for row in range(1201)]
    with closing(SeenIds()) as seen:
        first, twice = seen.sift(entries)
        assert (len(first), twice) == (1201, [])
        assert len(seen.among([f"n{row}" for row in range(1300)])) == 1201
