"""The made-up shop: three weeks in which people find more of what they want, and one in
which a broken model is kept from them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import torch

from app.release.record import State, Step
from app.settings import Settings
from app.wiring import build
from examples.closed_loop.shop import WORDS, Shop, drawn
from tests.stores import store_root

SHOP = Shop()


def test_what_people_click_makes_the_model_better_each_week_and_a_broken_one_is_refused(
    tmp_path: Path,
) -> None:
    from examples.closed_loop.towers import first_model
    from examples.closed_loop.weeks import COLLECTION, Loop, Plan

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    plan = Plan(SHOP, bundle=False)
    plan.shop.write(tmp_path)
    model = first_model(tmp_path, steps=60)
    try:
        with store_root() as root:
            settings = Settings.load(data=root.parent, encoder=f"st:{model}")
            with closing(build(settings)) as wiring:
                loop = Loop(wiring, tmp_path, plan, model)
                weeks = [loop.week(number) for number in (1, 2, 3)]
                best = weeks[-1].record.facts(Step.TRAIN)["fingerprint"]
                broken = loop.broken(4)
                with wiring.catalog.lease(COLLECTION) as opened:
                    serving = opened.config.fingerprint
    finally:
        torch.set_num_threads(threads)
    found = [weeks[0].before, *(week.after for week in weeks)]
    assert all(week.published for week in weeks), [week.record.why for week in weeks]
    assert found == sorted(found)
    assert found[-1] > found[0] + 0.15
    assert [week.before for week in weeks[1:]] == pytest.approx(found[1:-1], abs=1e-3)
    assert broken.record.state is State.REFUSED
    assert "Lost" in broken.record.why
    assert broken.after < 0.5 < broken.before
    assert serving == best


def test_titles_do_not_tell_what_people_want() -> None:
    titles = {thing.title for thing in SHOP.things}
    assert not any(word in title for word in WORDS for title in titles)
    (query, *_) = SHOP.queries
    wanted = [thing for thing in SHOP.things if SHOP.wish(query, thing) == 1]
    assert len(wanted) == SHOP.each
    assert {thing.pattern for thing in wanted} == {WORDS[query.split()[0]]}


def test_things_look_as_they_are() -> None:
    plain, striped = (
        next(t for t in SHOP.things if (t.shape, t.pattern) == ("square", pattern))
        for pattern in ("plain", "striped")
    )
    middle = (24, 24)
    assert drawn(plain).getpixel(middle) == (220, 30, 30)
    assert (255, 255, 255) in {drawn(striped).getpixel((24, y)) for y in range(16, 32)}
