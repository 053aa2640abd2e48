"""What pages before have shown, small enough to travel in a cursor."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

_BYTES = 6
"""Of each id's hash: of 1,000 seen beside 10,000 others, two meet once in 30 million answers."""
MOST_SEEN = 1_000
"""Answers that are shaped end after so many hits: their cursors carry what was shown."""


@dataclass(frozen=True)
class Seen:
    """The ids shown so far, hashed to 6 bytes each."""

    hashes: frozenset[bytes] = field(default_factory=frozenset)

    def __contains__(self, item_id: str) -> bool:
        return bool(self.hashes) and _hash(item_id) in self.hashes

    def __len__(self) -> int:
        return len(self.hashes)

    def plus(self, ids: Iterable[str]) -> Seen:
        """These and more."""
        return Seen(self.hashes | {_hash(item_id) for item_id in ids})

    def text(self) -> str:
        """As it stands in a cursor: 8 characters for each."""
        return base64.urlsafe_b64encode(b"".join(sorted(self.hashes))).decode()

    @classmethod
    def of_text(cls, text: str) -> Seen:
        """Raises ValueError where `text` is not what `text()` gives."""
        try:
            data = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError) as error:
            raise ValueError("no list of what was seen") from error
        if len(data) % _BYTES:
            raise ValueError("no list of what was seen")
        parts = range(0, len(data), _BYTES)
        return cls(frozenset(data[at : at + _BYTES] for at in parts))


def _hash(item_id: str) -> bytes:
    return hashlib.blake2b(item_id.encode(errors="surrogatepass"), digest_size=_BYTES).digest()
