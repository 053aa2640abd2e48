"""Who asks, as far as it was told, in a form that names nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import InvalidRequest

USER = "Binocle-User"
SESSION = "Binocle-Session"
CLIENT = "Binocle-Client"
RECORD = "Binocle-Record"
"""'no' for a search that no person asked for: of a page's counts, a judge's, a monitor's."""
_MAX_IDENTITY = 200
_MAX_CLIENT = 40
_MAX_AGENT = 200
_DIGEST = 16


@dataclass(frozen=True)
class Asker:
    """Who sent a request.

    Attributes:
        user, session: keyed hashes, 32 hexadecimal digits; None where not told.
        client: what asked: 'page', 'api', or a name it gave.
        agent: the program's name for itself (User-Agent), to tell bots by; None where it may not
            be kept.
        recorded: whether the search is one to record.
    """

    user: str | None = None
    session: str | None = None
    client: str = "api"
    agent: str | None = None
    recorded: bool = True


NOBODY = Asker()


class Identities:
    """Hashes what users and sessions are called, with the secret of the installation.

    The hash is keyed BLAKE2b: without the secret, nobody can try names out against it.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.blake2b(secret, digest_size=32, person=b"identity").digest()

    def user(self, name: str) -> str:
        """The hash of a user's name."""
        return self._digest(name, b"user")

    def session(self, name: str) -> str:
        """The hash of a session's name."""
        return self._digest(name, b"session")

    def asker(self, headers: Mapping[str, str]) -> Asker:
        """Who sent these headers, whose names may be in any case.

        Where they say `DNT: 1` or `Sec-GPC: 1`, nothing that tells people apart is taken. Raises
        InvalidRequest for names that are too long.
        """
        client = headers.get(CLIENT, "api").strip() or "api"
        _check(CLIENT, client, _MAX_CLIENT)
        if not client.isprintable():
            raise InvalidRequest(f"{CLIENT} has characters that can't be shown.", field=CLIENT)
        user, session = _name(headers, USER), _name(headers, SESSION)
        _check(USER, user, _MAX_IDENTITY)
        _check(SESSION, session, _MAX_IDENTITY)
        recorded = headers.get(RECORD, "").strip().lower() != "no"
        if headers.get("dnt") == "1" or headers.get("sec-gpc") == "1":
            return Asker(client=client, recorded=recorded)
        return Asker(
            user=self.user(user) if user else None,
            session=self.session(session) if session else None,
            client=client,
            agent=headers.get("user-agent", "")[:_MAX_AGENT],
            recorded=recorded,
        )

    def _digest(self, name: str, kind: bytes) -> str:
        data = name.encode(errors="surrogatepass")
        return hashlib.blake2b(data, key=self._key, digest_size=_DIGEST, person=kind).hexdigest()


def _name(headers: Mapping[str, str], header: str) -> str:
    """The name as it was meant: headers arrive as Latin-1, and are sent as UTF-8."""
    name = headers.get(header, "")
    try:
        return name.encode("latin-1").decode()
    except UnicodeError:
        return name


def _check(header: str, value: str, most: int) -> None:
    if len(value) > most:
        raise InvalidRequest(
            f"The header {header} has {len(value):,} characters; {most} are allowed.", field=header
        )
