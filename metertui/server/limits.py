"""The limits that protect clients from each other, and the addresses that the limit per peer counts as one."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from metertui.server.protocol import MAX_LINE_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """The resources that one client, and all clients together, may use.

    Of a total each connection has an equal share, but never less than a line. So there is room for a thousand meters
    that connect at once, and ten thousand hostile clients use no more memory than ten.
    """

    connections: int = 10_000
    """Connections at once; further ones are refused. Each costs a file descriptor and some kilobytes."""
    connections_per_peer: int = 1000
    """Connections from one other machine (an IPv6 network of /64 counts as one); 0: no limit. Loopback has none."""
    idle_seconds: float = 7200.0
    """A connection with no reply for so long is closed; meters send once in half an hour."""
    line_bytes: int = MAX_LINE_BYTES
    """The longest line with its ending; a longer one is refused and discarded."""
    reply_bytes: int = 262_144
    """Replies kept for a client that does not read them, a thousand long ones; then nothing more is read from it."""
    total_reply_bytes: int = 16_777_216
    """The same of all connections together."""
    input_bytes: int = 262_144
    """Input of one connection that may wait; then TCP makes the client wait. About what one read returns."""
    total_input_bytes: int = 16_777_216
    """The same of all connections together."""
    failed_auth: int = 5
    """Failed AUTH lines after which a connection is closed, so that further guesses need a new connection."""
    linger_seconds: float = 2.0
    """How long input is still read after the last reply, which closing at once could destroy."""

    def input_share(self, connections: int) -> int:
        """Return the bytes of input that may wait on each of so many connections."""
        return max(self.line_bytes, min(self.input_bytes, self.total_input_bytes // max(1, connections)))

    def reply_share(self, connections: int) -> int:
        """Return the bytes of replies that may wait on each of so many connections."""
        return max(self.line_bytes, min(self.reply_bytes, self.total_reply_bytes // max(1, connections)))


def is_loopback(host: str) -> bool:
    """Return whether an address is a loopback address of this machine."""
    address = _address(host)
    return address is not None and address.is_loopback


def peer_network(host: str) -> str:
    """Return what the limit per peer counts: the address, its /64 network in IPv6, or "" for a loopback address."""
    address = _address(host)
    if address is None:
        return host
    if address.is_loopback:
        return ""
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
