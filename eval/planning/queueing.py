"""Queues in closed form: the yardstick of the simulation, and the waiting in the plan.

Erlang C and the waiting time of M/M/c: Kleinrock, Queueing Systems I (1975), section 3.5. M/G/1:
Pollaczek and Khinchine, same book, section 5.6. Fork and join of two M/M/1 queues: Flatto and Hahn
(1984), Nelson and Tantawi (1988).
"""

from __future__ import annotations

import math


def erlang_c(servers: int, load: float) -> float:
    """The chance that an arrival has to wait; `load` is the share of time a server is busy."""
    _check(load)
    offered = servers * load
    blocked = 1.0  # Erlang B by its recursion, which does not overflow
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked / (1 - load * (1 - blocked))


def mm1_mean(rate: float, service: float) -> float:
    """Mean time in an M/M/1 system, seconds."""
    _check(rate * service)
    return service / (1 - rate * service)


def mm1_quantile(rate: float, service: float, rank: float) -> float:
    """The time in an M/M/1 system that the share `rank` does not exceed, seconds."""
    return -math.log1p(-rank) * mm1_mean(rate, service)


def mg1_mean_wait(rate: float, service: float, second_moment: float) -> float:
    """Mean waiting time in M/G/1, seconds; `second_moment` of the service time, seconds^2."""
    _check(rate * service)
    return rate * second_moment / (2 * (1 - rate * service))


def slowest_mean(number: int, mean: float) -> float:
    """Mean of the largest of `number` independent exponentials: `mean` x the harmonic number."""
    return mean * sum(1 / each for each in range(1, number + 1))


def slowest_quantile(number: int, mean: float, rank: float) -> float:
    """Quantile of the largest of `number` independent exponentials."""
    return -mean * math.log(-math.expm1(math.log(rank) / number))


def fork_join_mean(rate: float, service: float) -> float:
    """Mean time until both of two M/M/1 queues that get each arrival are done, seconds."""
    load = rate * service
    return (12 - load) / 8 * mm1_mean(rate, service)


def _check(load: float) -> None:
    if not 0 <= load < 1:
        raise ValueError(f"a queue at a load of {load:.3g} has no steady state")
