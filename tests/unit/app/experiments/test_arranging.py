from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.experiments.arranging import Arranged, Running, arrange
from app.experiments.document import experiment_of
from app.experiments.record import Record, StoppedVariant
from app.interactions.asker import NOBODY, Asker
from app.search.query import SearchRequest, TextPart, VectorPart
from app.search.shaping import Shaping

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ASKED = SearchRequest(parts=(TextPart("red"),))
NEW = {"name": "new", "diversity": 0.5}


def record(*variants: dict[str, Any], **changes: Any) -> Record:
    given = [{"name": "control"}, *(variants or (NEW,))]
    wanted = experiment_of({"name": "e", "collection": "c", "variants": given, **changes})
    return Record(wanted, NOW, NOW)


def asker(variant: str, of: Record) -> Asker:
    """Somebody who gets this variant."""
    assignment = of.experiment.assignment()
    units = (f"u{number}" for number in range(1_000))
    unit = next(each for each in units if assignment.variant(each) == variant)
    return Asker(user=unit, session=unit)


def arranged(who: Asker, *records: Record, request: SearchRequest = ASKED) -> Arranged:
    return arrange([Running(each) for each in records], who, request, NOW)


def untouched(found: Arranged) -> bool:
    return not found.variants and [way.request for way in found.ways] == [found.plain]


def test_a_variant_takes_the_place_of_what_the_request_leaves_open() -> None:
    given = record()
    found = arranged(asker("new", given), given)
    assert found.variants == {"e": "new"}
    assert found.ways[0].request.shaping == Shaping(diversity=0.5)
    control = arranged(asker("control", given), given)
    assert control.variants == {"e": "control"}
    assert control.ways[0].request == ASKED


def test_a_request_that_says_so_itself_is_in_no_variant() -> None:
    given = record()
    wish = replace(ASKED, shaping=Shaping(diversity=0.9))
    for variant in ("control", "new"):  # neither, or the variants would not be alike
        assert untouched(arranged(asker(variant, given), given, request=wish))
    other = replace(ASKED, shaping=Shaping(collapse=False))
    assert arranged(asker("new", given), given, request=other).variants == {"e": "new"}


def test_a_browse_is_in_no_experiment() -> None:
    given = record()
    assert untouched(arranged(asker("new", given), given, request=SearchRequest()))


def test_nobody_known_is_in_no_experiment() -> None:
    given = record()
    assert untouched(arranged(NOBODY, given))
    session = record(unit="session")
    assert untouched(arranged(replace(asker("new", given), session=None), session))


def test_vectors_of_one_space_are_not_sent_into_another() -> None:
    given = record({"name": "new", "generation": "g2"})
    vector = SearchRequest(parts=(VectorPart((1.0, 0.0)),))
    assert untouched(arranged(asker("new", given), given, request=vector))
    found = arranged(asker("new", given), given)
    assert found.ways[0].generation == "g2"


@pytest.mark.parametrize("when", [timedelta(days=-1), timedelta(days=5)])
def test_before_its_start_and_after_its_end_nothing_is_changed(when: timedelta) -> None:
    given = replace(record(), ends_at=NOW + timedelta(days=1))
    who = asker("new", given)
    assert arrange([Running(given)], who, ASKED, NOW).variants
    assert untouched(arrange([Running(given)], who, ASKED, NOW + when))


def test_a_stopped_variant_is_answered_as_without_the_experiment() -> None:
    given = replace(record(), stopped_variants={"new": StoppedVariant(NOW, "slow")})
    assert untouched(arranged(asker("new", given), given))
    assert arranged(asker("control", given), given).variants == {"e": "control"}


def test_two_experiments_change_one_request_together() -> None:
    one = record()
    other = record({"name": "flat", "collapse": False}, name="f", salt="another")
    found = [arranged(Asker(user=f"u{n}"), one, other) for n in range(400)]
    pairs = {tuple(each.variants.values()) for each in found}
    assert len(pairs) == 4
    both = next(each for each in found if tuple(each.variants.values()) == ("new", "flat"))
    assert both.ways[0].request.shaping == Shaping(diversity=0.5, collapse=False)


def test_interleaving_answers_in_both_ways() -> None:
    given = record(interleave=True)
    found = arranged(Asker(user="anybody"), given)
    assert found.variants == {"e": "interleaved"}
    assert [way.request.shaping.diversity for way in found.ways] == [None, 0.5]
    assert found.drawn is not None
    assert found.drawn.names == ("control", "new")


def test_a_group_is_interleaved_within() -> None:
    group = record({"name": "flat", "collapse": False}, name="f")
    found = arranged(asker("flat", group), group, record(interleave=True))
    assert [way.request.shaping.collapse for way in found.ways] == [False, False]
    assert found.variants == {"f": "flat", "e": "interleaved"}


def test_only_the_share_of_traffic_takes_part() -> None:
    given = record(traffic=0.2)
    inside = [bool(arranged(Asker(user=f"u{n}"), given).variants) for n in range(2_000)]
    assert 0.15 < sum(inside) / len(inside) < 0.25


def test_a_search_goes_on_by_what_ran_when_it_began() -> None:
    given = replace(record(), stopped_at=NOW + timedelta(minutes=1))
    who, running = asker("new", given), [Running(given)]
    assert arrange(running, who, ASKED, NOW).variants == {"e": "new"}
    assert untouched(arrange(running, who, ASKED, NOW + timedelta(minutes=1)))
    assert untouched(arrange(running, who, ASKED, NOW - timedelta(minutes=1)))
