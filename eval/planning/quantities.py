"""Quantities as people write them: 150e9, 1.5M, 100ms, 1e8/day, 64GiB, 30%."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from core.errors import InvalidRequest

SECONDS_PER_DAY = 86_400.0
_NUMBER = re.compile(r"\s*([+-]?(?:\d[\d_,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\d\s].*?)?\s*")
_COUNTS: Mapping[str, float] = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "bn": 1e9, "T": 1e12}
_SECONDS: Mapping[str, float] = {
    "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0,
    "d": SECONDS_PER_DAY, "day": SECONDS_PER_DAY, "days": SECONDS_PER_DAY,
}  # fmt: skip
_BYTES: Mapping[str, float] = {
    "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50,
}  # fmt: skip
_PERIODS: Mapping[str, float] = {
    "s": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0,
    "d": SECONDS_PER_DAY, "day": SECONDS_PER_DAY, "week": 7 * SECONDS_PER_DAY,
}  # fmt: skip


def count(text: str, field: str = "") -> float:
    """A number of things, at least 0, such as 150e9, 1_000_000 or 1.5M."""
    return _measured(text, field, _COUNTS, "a number", "150e9, 1_000_000 or 1.5M")


def seconds(text: str, field: str = "") -> float:
    """A duration in seconds, such as 100ms, 2s or 30d; it needs its unit."""
    return _measured(text, field, _SECONDS, "a duration", "100ms, 2s, 3h or 30d")


def size(text: str, field: str = "") -> float:
    """A number of bytes, such as 64GiB or 1.5TB; it needs its unit."""
    return _measured(text, field, _BYTES, "a number of bytes", "200kB, 64GiB or 1.5TB")


def per_second(text: str, field: str = "") -> float:
    """A rate in 1/s, such as 11500, 11500/s or 1e8/day."""
    number, slash, period = text.partition("/")
    such = "11500, 11500/s, 100/min or 1e8/day"
    if slash and period.strip() not in _PERIODS:
        raise _refused(text, field, "a rate", such)
    try:
        value = _measured(number, field, _COUNTS, "a rate", such)
    except InvalidRequest:
        raise _refused(text, field, "a rate", such) from None
    return value / (_PERIODS[period.strip()] if slash else 1.0)


def share(text: str, field: str = "") -> float:
    """A share from 0 to 1, such as 0.3 or 30%."""
    value = _measured(text, field, {"": 1.0, "%": 0.01}, "a share", "0.3 or 30%")
    if value > 1:
        raise InvalidRequest(
            f"{_named(field)} is '{text}', which is more than the whole.",
            hint="Write a share from 0 to 1, such as 0.3 or 30%.",
            field=field or None,
        )
    return value


def shown(value: float, unit: str = "") -> str:
    """A number with three figures and a prefix: 1.5 M, 64 k; 0.25 stays as it is."""
    for factor, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor * 0.9995:
            return f"{value / factor:.3g} {prefix}{unit}"
    return f"{value:.3g} {unit}".rstrip()


def shown_duration(value: float) -> str:
    """Seconds in the unit that reads best: 0.31 ms, 2.5 h, 40 days."""
    for factor, unit in ((SECONDS_PER_DAY, "days"), (3600.0, "h"), (60.0, "min"), (1.0, "s")):
        if value >= 2 * factor or (unit == "s" and value >= 1):
            return (
                f"{value / factor:,.3g} {unit}"
                if value < 1e3 * factor
                else (f"{value / factor:,.0f} {unit}")
            )
    return f"{value * 1e3:.3g} ms"


def _measured(text: str, field: str, units: Mapping[str, float], what: str, such: str) -> float:
    match = _NUMBER.fullmatch(text)
    if match is None or (match[2] or "") not in units:
        raise _refused(text, field, what, such)
    value = float(match[1].replace(",", "").replace("_", "")) * units[match[2] or ""]
    if not math.isfinite(value) or value < 0:
        raise _refused(text, field, what, such)
    return value


def _refused(text: str, field: str, what: str, such: str) -> InvalidRequest:
    return InvalidRequest(
        f"{_named(field)} is '{text}', which is not {what} that can be used.",
        hint=f"Write it like {such}.",
        field=field or None,
    )


def _named(field: str) -> str:
    return f"--{field.replace('_', '-')}" if field else "The quantity"
