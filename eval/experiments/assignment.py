"""Who sees which variant: by a salted hash of a user or a session, and of nothing else.

A unit's place is BLAKE2b-64 of its id, keyed by a digest of the salt, as a number from 0 to 1: the
same in every process and on every machine, uniform over units, and independent between salts
(Kohavi, Longbotham, Sommerfield and Henne 2009, Controlled experiments on the web, 4.1.1, on why
hashes will do only if they are as good as cryptographic ones). Whether a unit takes part at all and
which variant it gets are two draws, so more traffic moves nobody from one variant to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

_TRAFFIC = b"traffic"
_VARIANT = b"variant"


def _place(key: bytes, purpose: bytes, unit: str) -> float:
    """From 0 up to 1, uniform over units; independent between keys and between purposes."""
    data = unit.encode(errors="surrogatepass")
    digest = blake2b(data, digest_size=8, key=key, person=purpose).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


@dataclass(frozen=True)
class Assignment:
    """Of one experiment.

    Args:
        salt: of its own, or it is not independent of another one.
        traffic: share of units that take part, 0 to 1.
        shares: (variant, share of those that take part); shares are positive and add up to 1.
    """

    salt: str
    traffic: float
    shares: Sequence[tuple[str, float]]

    _key: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.traffic <= 1 or not self.shares:
            raise ValueError("Traffic lies from 0 to 1, and there are variants.")
        if any(share <= 0 for _, share in self.shares):
            raise ValueError("Each share is more than 0.")
        if abs(sum(share for _, share in self.shares) - 1) > 1e-9:
            raise ValueError("Shares add up to 1.")
        object.__setattr__(self, "_key", blake2b(self.salt.encode(), digest_size=32).digest())

    def takes_part(self, unit: str) -> bool:
        """Whether the unit is in the experiment."""
        return _place(self._key, _TRAFFIC, unit) < self.traffic

    def variant(self, unit: str) -> str | None:
        """The unit's variant; None where it does not take part."""
        if not self.takes_part(unit):
            return None
        drawn = _place(self._key, _VARIANT, unit)
        below = 0.0
        for name, share in self.shares:
            below += share
            if drawn < below:
                return name
        return self.shares[-1][0]  # rounding left a sliver below 1
