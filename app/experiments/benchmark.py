"""What experiments cost a request: `binocle bench experiments`."""

from __future__ import annotations

from datetime import UTC, datetime

from app.experiments.arranging import Running, arrange
from app.experiments.document import experiment_of
from app.experiments.record import Record
from app.interactions.asker import Asker
from app.search.query import SearchRequest, TextPart
from eval.bench.measures import Measure, time_in_turn

_SETTINGS: tuple[dict[str, object], ...] = (
    {"aspects": {"joint": 1.0, "lexical": 2.0}},
    {"diversity": 0.3},
    {"collapse": False},
    {"min_relevance": 0.1},
    {"budget_ms": 20.0},
)
_WARM = 200


def bench_assignment(requests: int) -> list[Measure]:
    """Milliseconds to decide on a request: one running experiment, and one on each of five
    settings, of which the last is interleaved; everybody takes part."""
    now = datetime.now(UTC)
    running = [_running(number, now) for number in range(len(_SETTINGS))]
    request = SearchRequest(parts=(TextPart("red shoes"),))
    askers = [Asker(user=f"{number:032x}") for number in range(requests + _WARM)]
    calls = [
        lambda number, some=some: arrange(some, askers[number], request, datetime.now(UTC))
        for some in (running[:1], running)
    ]
    names = ("one experiment", "five experiments")
    found = []
    for name, taken in zip(names, time_in_turn(calls, len(askers)), strict=True):
        kept = type(taken)(taken.seconds[_WARM:])
        basis = f"{requests:,} requests"
        found.append(Measure(f"assignment, {name}, p50", kept.p50, "ms", basis))
        found.append(Measure(f"assignment, {name}, p99", kept.p99, "ms", basis, at_most=0.2))
    return found


def _running(number: int, now: datetime) -> Running:
    last = number == len(_SETTINGS) - 1
    variants = [{"name": "control"}, {"name": "new", **_SETTINGS[number]}]
    document = {"name": f"e{number}", "collection": "c", "variants": variants, "interleave": last}
    return Running(Record(experiment_of(document), now, now))
