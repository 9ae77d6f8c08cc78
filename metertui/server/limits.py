"""What clients may take of the server, and whom a limit by peer counts together."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from metertui.server.protocol import MAX_LINE_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client, and all together, may take of the server.

    Of a total each connection has an equal share, but never less than a line: so a thousand meters that come at once
    find room, and ten thousand hostile clients hold no more than ten.
    """

    connections: int = 10_000
    """Connections at once; a further one is told so and closed. Each costs a descriptor and some kilobytes."""
    connections_per_peer: int = 1000
    """The same from one other machine (an IPv6 network of /64 is one); 0: no such limit. Loopback has none."""
    idle_seconds: float = 7200.0
    """A connection on which nothing was answered for so long is closed: meters speak once in half an hour."""
    line_bytes: int = MAX_LINE_BYTES
    """The longest line with its ending; a longer one is refused and not kept."""
    reply_bytes: int = 262_144
    """Replies kept for a client that does not read them, a thousand long ones; then it is not read from either."""
    total_reply_bytes: int = 16_777_216
    """The same for all connections together."""
    input_bytes: int = 262_144
    """Input of one connection that may wait for its turn; then TCP makes the client wait. About one read's worth."""
    total_input_bytes: int = 16_777_216
    """The same for all connections together."""
    failed_auth: int = 5
    """Refused AUTH lines after which a connection is closed: each guess then costs a new connection."""
    linger_seconds: float = 2.0
    """How long what a client still sends is drained after its last reply, which a close at once could destroy."""

    def input_share(self, connections: int) -> int:
        """Bytes of input that may wait on each of so many connections."""
        return max(self.line_bytes, min(self.input_bytes, self.total_input_bytes // max(1, connections)))

    def reply_share(self, connections: int) -> int:
        """Bytes of replies that may wait on each of so many connections."""
        return max(self.line_bytes, min(self.reply_bytes, self.total_reply_bytes // max(1, connections)))


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    address = _address(host)
    return address is not None and address.is_loopback


def peer_network(host: str) -> str:
    """What a limit by peer counts an address as: itself, its /64 in IPv6, or nothing where it is this machine's own."""
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
