"""The simulations of `binocle experiments simulate`, as tables."""

from __future__ import annotations

from collections.abc import Iterator

from eval.experiments.click_models import Cascade, ClickModel, PositionBased
from eval.experiments.sensitivity import Rankings, Sensitive
from eval.experiments.showing import simulated
from eval.experiments.study import Crowd, decided, decided_of_returning, planned
from eval.reports.tables import NONE, Table, row

_TRIED = (*range(100, 1_000, 100), *range(1_000, 3_001, 250))
_MODELS: dict[str, ClickModel] = {"position-based": PositionBased(), "cascade": Cascade()}


def simulated_tables(effect: float, simulations: int, seed: int) -> Iterator[Table]:
    """One after the other, as each is done."""
    crowd = Crowd()
    units = planned(crowd, effect, seed=seed)
    shared = {"simulations": simulations, "scale": effect, "seed": seed}
    alike = decided(crowd, lift=0.0, units=units["fixed"], **shared)  # type: ignore[arg-type]
    rows = [
        (f"difference {lift:g}", decided(crowd, lift=lift, units=count, **shared))  # type: ignore[arg-type]
        for lift in (effect, 2 * effect)
        for count in units.values()
    ]
    yield simulated(alike, rows, effect)
    yield _returning(crowd, effect, simulations, seed)
    yield _interleaved(simulations, seed)


def _returning(crowd: Crowd, effect: float, simulations: int, seed: int) -> Table:
    some = min(simulations, 500)
    wrong = decided_of_returning(
        crowd, users=500, looks=30, simulations=some, scale=effect, seed=seed
    )
    return Table(
        "The same users all the time, no difference",
        ("Test", "Decided"),
        (row("sequential, any time", [f"{wrong:.1%}"]),),
        (f"500 users a variant, 30 looks, {some} simulations: every decision is wrong.",),
    )


def _interleaved(simulations: int, seed: int) -> Table:
    rows = []
    for name, model in _MODELS.items():
        for noise in (1.5, 2.0, 3.0):
            rankings = Rankings.made(noise=noise, seed=seed)
            some = min(simulations, 300)
            found = Sensitive(rankings, model, some, seed=seed).sessions(_TRIED)
            sessions = (found.groups, found.interleaved)
            told = [NONE if each is None else f"{each:,}" for each in sessions]
            ratio = NONE
            if found.groups is not None and found.interleaved is not None:
                ratio = f"{found.groups / found.interleaved:.1f} x"
            rows.append(row(f"{name}, {found.gain:+.3f}", [*told, ratio]))
    return Table(
        "Sessions until a better ranking is found, with power 0.8",
        ("Click model, gain in click rate", "In groups", "Interleaved", "Fewer by"),
        tuple(rows),
        (f"Of those tried, up to {_TRIED[-1]:,}; a dash: not with these.",),
    )
