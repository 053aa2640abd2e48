"""What a collection tells of its fields."""

from __future__ import annotations

from app.collection import OpenCollection
from app.field_facts import field_facts
from qdrant.exact import ExactStore
from tests.contract.samples import config, point


def test_a_field_that_few_items_have_shows_examples_all_the_same() -> None:
    """The group of near-duplicates is one of these, and its values can't be counted usefully."""
    generation = ExactStore().create("shop", config())
    generation.upsert([point(f"i{number}", number) for number in range(300)])
    present, *_, last = generation.ids()
    (there,) = generation.retrieve([last])
    generation.set_payload(last, {**there.payload, "duplicate_group": present})
    facts = {each.name: each for each in field_facts(OpenCollection(generation))}
    assert (facts["duplicate_group"].count, facts["duplicate_group"].examples) == (1, (present,))
