"""Which network addresses may be fetched from: those of the public internet."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from core.errors import ImageUnreadable

Resolve = Callable[[str, int], Sequence[str]]
"""All addresses of a host, by name and port."""

_NAT64 = IPv6Network("64:ff9b::/96")


def resolve(host: str, port: int) -> list[str]:
    """The host's addresses, each once. Raises OSError when there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether the address, and any IPv4 address wrapped in it, lies on the public internet."""
    ip = ip_address(address.partition("%")[0])
    return all(part.is_global and not part.is_multicast for part in (ip, *_wrapped(ip)))


def check_public(host: str, addresses: Sequence[str]) -> None:
    """Raises ImageUnreadable unless all are public: one private among them is reason for doubt."""
    if not all(is_public(address) for address in addresses):
        raise ImageUnreadable(
            f"'{host}' is an address of a private network; images are not fetched from there.",
            hint="If this is your own network, BINOCLE_FETCH__ALLOW_PRIVATE=true allows it.",
        )


def _wrapped(ip: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(ip, IPv4Address):
        return []
    found = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64:
        found.append(IPv4Address(int(ip) & 0xFFFFFFFF))
    return [part for part in found if part is not None]
