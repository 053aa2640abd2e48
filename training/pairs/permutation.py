"""A random order of n places, computed place by place, without memory and without replay."""

from __future__ import annotations

from hashlib import blake2b

_ROUNDS = 6
_MASK = 2**64 - 1


class Permutation:
    """A bijection of 0 .. n - 1 onto itself, fixed by `key`.

    A Feistel network over the next power of four, walked on until it is back inside (Black and
    Rogaway, "Ciphers with arbitrary finite domains", 2002): O(1) a place, fewer than four walks on
    average.
    """

    def __init__(self, n: int, *key: int) -> None:
        if n < 1:
            raise ValueError("A permutation has at least one place.")
        self._n = n
        self._half = max(1, ((n - 1).bit_length() + 1) // 2)
        text = ",".join(str(part) for part in key).encode()
        digest = blake2b(text, digest_size=8 * _ROUNDS).digest()
        self._keys = [
            int.from_bytes(digest[8 * turn : 8 * turn + 8], "little") for turn in range(_ROUNDS)
        ]

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, place: int) -> int:
        """Where `place` goes. Raises IndexError outside 0 .. n - 1."""
        if not 0 <= place < self._n:
            raise IndexError(place)
        place = self._encrypted(place)
        while place >= self._n:
            place = self._encrypted(place)
        return place

    def _encrypted(self, value: int) -> int:
        mask = (1 << self._half) - 1
        left, right = value >> self._half, value & mask
        for key in self._keys:
            left, right = right, left ^ (_mixed(right ^ key) & mask)
        return left << self._half | right


def _mixed(value: int) -> int:
    """The finaliser of SplitMix64: every bit of the answer hangs on every bit of `value`."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
