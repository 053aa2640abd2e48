"""Batches: what goes together, what waits, what fails alone. Towers wait for a sign, not a time."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.batching import Batcher, Pace
from app.telemetry import Telemetry
from core.errors import EncoderError, EncoderUnavailable, TooLarge
from encoders.encoder import Vectors


class Tower:
    """Answers a number's double; refuses 13; can be held until it is told to go on."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.entered = threading.Event()

    def encode(self, numbers: Sequence[int]) -> Vectors:
        self.runs.append(list(numbers))
        self.entered.set()
        assert self.go_on.wait(10)
        if 13 in numbers:
            raise EncoderError("13 brings bad luck.")
        return np.array([[2 * number] for number in numbers], dtype=np.float32)


@asynccontextmanager
async def batching(
    encode: Callable[[Sequence[int]], Vectors], telemetry: Telemetry | None = None, **pace: float
) -> AsyncIterator[Batcher[int]]:
    batcher = Batcher("text", encode, Pace(**pace), telemetry or Telemetry())  # type: ignore[arg-type]
    batcher.start()
    try:
        yield batcher
    finally:
        await batcher.close()


def numbers(results: Sequence[object]) -> list[object]:
    return [r if isinstance(r, Exception) else float(r[0]) for r in results]  # type: ignore[index]


def test_requests_at_the_same_time_share_a_run() -> None:
    tower = Tower()

    async def run() -> list[list[object]]:
        async with batching(tower.encode, max_size=8, max_wait_s=10) as batcher:
            answers = await asyncio.gather(*[batcher.encode([n, n + 1]) for n in (0, 10, 20, 30)])
            return [numbers(answer) for answer in answers]

    assert asyncio.run(run()) == [[0, 2], [20, 22], [40, 42], [60, 62]]
    assert tower.runs == [[0, 1, 10, 11, 20, 21, 30, 31]]


def test_a_lone_request_waits_no_longer_than_it_must() -> None:
    tower = Tower()

    async def run() -> None:
        async with batching(tower.encode, max_size=1000, max_wait_s=0) as batcher:
            assert numbers(await batcher.encode([7])) == [14]

    asyncio.run(run())
    assert tower.runs == [[7]]


def test_while_the_tower_runs_the_next_batch_gathers() -> None:
    tower = Tower()
    tower.go_on.clear()

    async def run() -> None:
        async with batching(tower.encode, max_size=100, max_wait_s=0) as batcher:
            first = asyncio.create_task(batcher.encode([1]))
            await asyncio.to_thread(tower.entered.wait, 10)
            rest = [asyncio.create_task(batcher.encode([n])) for n in (2, 3, 4)]
            await asyncio.sleep(0)
            tower.go_on.set()
            assert [numbers(await task) for task in (first, *rest)] == [[2], [4], [6], [8]]

    asyncio.run(run())
    assert tower.runs == [[1], [2, 3, 4]]


def test_more_than_fits_goes_in_several_runs() -> None:
    tower = Tower()

    async def run() -> list[object]:
        async with batching(tower.encode, max_size=3, max_wait_s=0) as batcher:
            return numbers(await batcher.encode(range(8)))

    assert asyncio.run(run()) == [2 * n for n in range(8)]
    assert [len(run) for run in tower.runs] == [3, 3, 2]


def test_what_the_tower_refuses_fails_alone() -> None:
    tower = Tower()

    async def run() -> tuple[list[object], list[object]]:
        async with batching(tower.encode, max_size=4, max_wait_s=10) as batcher:
            good, mixed = await asyncio.gather(batcher.encode([1, 2]), batcher.encode([13, 3]))
            return numbers(good), numbers(mixed)

    good, (bad, three) = asyncio.run(run())
    assert good == [2, 4]
    assert isinstance(bad, EncoderError)
    assert three == 6


def test_a_tower_that_gives_too_few_vectors_is_an_error_not_a_wait() -> None:
    async def run() -> list[object]:
        async with batching(lambda n: np.zeros((0, 1), np.float32), max_wait_s=0) as batcher:
            return numbers(await batcher.encode([1, 2]))

    assert all(isinstance(result, EncoderError) for result in asyncio.run(run()))


def test_what_would_wait_too_long_is_refused_at_once() -> None:
    tower = Tower()
    tower.go_on.clear()

    async def run() -> None:
        async with batching(tower.encode, max_size=1, max_wait_s=0, max_waiting=3) as batcher:
            first = asyncio.create_task(batcher.encode([1]))
            await asyncio.to_thread(tower.entered.wait, 10)
            waiting = asyncio.create_task(batcher.encode([2, 3, 4]))
            await asyncio.sleep(0)
            with pytest.raises(EncoderUnavailable, match="Too much waits"):
                await batcher.encode([5])
            with pytest.raises(TooLarge, match="4 at once; 3 may wait"):
                await batcher.encode([5, 6, 7, 8])
            tower.go_on.set()
            assert numbers(await first) + numbers(await waiting) == [2, 4, 6, 8]

    asyncio.run(run())


def test_what_nobody_waits_for_any_more_is_left_out() -> None:
    tower = Tower()
    tower.go_on.clear()

    async def run() -> None:
        async with batching(tower.encode, max_size=10, max_wait_s=0) as batcher:
            first = asyncio.create_task(batcher.encode([1]))
            await asyncio.to_thread(tower.entered.wait, 10)
            gone = asyncio.create_task(batcher.encode([2]))
            stays = asyncio.create_task(batcher.encode([3]))
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            tower.go_on.set()
            assert numbers(await first) + numbers(await stays) == [2, 6]

    asyncio.run(run())
    assert tower.runs == [[1], [3]]


def test_at_the_end_nobody_is_left_waiting() -> None:
    tower = Tower()

    async def run() -> None:
        async with batching(tower.encode, max_size=10, max_wait_s=100) as batcher:
            waiting = asyncio.create_task(batcher.encode([1]))
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(run())


def test_runs_are_counted() -> None:
    telemetry, tower = Telemetry(), Tower()

    async def run() -> None:
        async with batching(tower.encode, telemetry, max_size=2, max_wait_s=0) as batcher:
            await batcher.encode([1, 2, 3])

    asyncio.run(run())
    value = telemetry.registry.get_sample_value
    labels = {"tower": "text"}
    assert value("binocle_batch_size_count", labels) == 2
    assert value("binocle_batch_size_sum", labels) == 3
    assert value("binocle_batch_wait_seconds_count", labels) == 3
    assert value("binocle_batch_waiting", labels) == 0


@settings(deadline=None, max_examples=30)
@given(
    requests=st.lists(st.lists(st.integers(0, 20), min_size=1, max_size=6), max_size=8),
    size=st.integers(1, 7),
)
def test_everyone_gets_their_own(requests: list[list[int]], size: int) -> None:
    """However requests fall into batches, each gets its own answers in its own order."""
    tower = Tower()

    async def run() -> list[list[object]]:
        async with batching(tower.encode, max_size=size, max_wait_s=0) as batcher:
            answers = await asyncio.gather(*[batcher.encode(one) for one in requests])
            return [numbers(answer) for answer in answers]

    for asked, answered in zip(requests, asyncio.run(run()), strict=True):
        for number, result in zip(asked, answered, strict=True):
            assert isinstance(result, EncoderError) if number == 13 else result == 2 * number
    assert all(len(run) <= size for run in tower.runs)
