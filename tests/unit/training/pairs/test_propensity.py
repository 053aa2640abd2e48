import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import SourceError
from eval.experiments.interleaving import coins, team_draft
from training.pairs.propensity import Events, harvested, randomised

TRUE = 1 / np.arange(1, 9) ** 0.8


def simulated(queries: int, pages: int, *, shuffled: bool = False, seed: int = 0) -> Events:
    """Clicks of people who look at position k with probability TRUE[k], on pages whose order
    follows relevance with some noise (or not at all)."""
    random = np.random.default_rng(seed)
    relevance = random.beta(0.7, 2, (queries, 1, 16)).repeat(pages, 1)
    noise = random.normal(0, 0.2, relevance.shape)
    order = np.argsort(noise if shuffled else noise - relevance, -1)[:, :, :8]
    right = np.take_along_axis(relevance, order, -1)
    clicked = random.random(right.shape) < right * TRUE
    group = order + 16 * np.arange(queries)[:, None, None]
    position = np.broadcast_to(np.arange(8), order.shape)
    return Events(group.ravel(), position.ravel(), clicked.ravel())


def click_rates(events: Events) -> NDArray[np.float64]:
    rates = np.bincount(events.position, events.clicked) / np.bincount(events.position)
    return rates / rates[0]


@pytest.mark.parametrize(("queries", "pages"), [(3000, 4), (200, 60)])
def test_moved_items_tell_the_propensities(queries: int, pages: int) -> None:
    events = simulated(queries, pages)
    assert harvested(events, 8) == pytest.approx(TRUE, rel=0.15)
    assert click_rates(events)[7] < 0.6 * TRUE[7]  # what would come of clicks alone


def test_pages_of_random_order_tell_the_propensities() -> None:
    events = simulated(3000, 4, shuffled=True)
    assert randomised(events, 8) == pytest.approx(TRUE, rel=0.1)


def test_without_position_bias_all_propensities_are_equal() -> None:
    group = np.repeat(np.arange(400), 3)
    position = np.tile(np.arange(3), 400)
    clicked = np.arange(1200) // 3 % 10 < 3
    assert harvested(Events(group, position, clicked), 3) == pytest.approx(np.ones(3), abs=0.01)


def test_a_position_that_nothing_links_to_the_first_takes_the_value_above() -> None:
    group = np.array([0, 0, 1, 1, 2, 2, 3, 3] * 50)
    position = np.array([0, 1, 0, 1, 2, 3, 2, 3] * 50)
    clicked = np.array([1, 0, 1, 1, 1, 0, 0, 1] * 50, dtype=bool)
    found = harvested(Events(group, position, clicked), 5)
    assert found[0] == 1
    assert found[1] == pytest.approx(0.5, abs=0.01)
    assert found[2:].tolist() == [found[1]] * 3


def test_items_that_never_moved_tell_nothing() -> None:
    events = Events(np.arange(8), np.arange(8), np.ones(8, dtype=bool))
    with pytest.raises(SourceError, match="can't be told from relevance"):
        harvested(events, 8)


def test_random_pages_without_clicks_tell_nothing() -> None:
    events = Events(np.zeros(2, int), np.array([0, 1]), np.array([False, True]))
    with pytest.raises(SourceError, match="random order"):
        randomised(events, 2)


def test_groups_in_chunks_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    events = simulated(50, 4)
    whole = harvested(events, 8)
    monkeypatch.setattr("training.pairs.propensity._CHUNK", 7)
    assert harvested(events, 8) == pytest.approx(whole)


def moved(pages: int, seed: int, *, interleaved: bool) -> Events:
    """Clicks on pages that move items on purpose: two rankings interleaved by team draft, or one
    ranking of which two neighbours are swapped at random."""
    random = np.random.default_rng(seed)
    queries, length = 300, len(TRUE)
    relevance = random.beta(0.7, 2, (queries, 12))
    rankings = [np.argsort(random.normal(0, 0.25, relevance.shape) - relevance) for _ in range(2)]
    columns: list[tuple[int, int, bool]] = []
    for query in range(queries):
        for page in range(pages):
            first, second = (ranking[query].tolist() for ranking in rankings)
            if interleaved:
                sides = [("one", [str(i) for i in first]), ("two", [str(i) for i in second])]
                tossed = coins("test", str(query), str(page))
                order = [int(i) for i in team_draft(sides[0], sides[1], length, tossed).ids]
            else:
                order, at = first[:length], int(random.integers(length - 1))
                order[at], order[at + 1] = order[at + 1], order[at]
            chance = relevance[query, order] * TRUE
            clicks = random.random(length) < chance
            columns += [(12 * query + i, k, bool(clicks[k])) for k, i in enumerate(order)]
    group, position, clicked = (np.array(column) for column in zip(*columns, strict=True))
    return Events(group, position, clicked)


@pytest.mark.parametrize("interleaved", [True, False], ids=["team draft", "swapped neighbours"])
def test_interleaved_and_swapped_pages_tell_the_propensities(interleaved: bool) -> None:
    events = moved(40, 3, interleaved=interleaved)
    assert harvested(events, len(TRUE)) == pytest.approx(TRUE, rel=0.2)
