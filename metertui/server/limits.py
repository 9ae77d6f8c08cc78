"""The shares of clients in the memory of the server, and the addresses that the limit per peer counts as one."""

from __future__ import annotations

import ipaddress

from metertui.settings import Settings


def input_share(settings: Settings, connections: int) -> int:
    """Return the bytes of input that may wait on each of so many connections.

    Of a total each connection has an equal share, but never less than a line. So there is room for a thousand meters
    that connect at once, and ten thousand hostile clients use no more memory than ten.
    """
    most, total = settings.input_buffer_bytes, settings.input_buffers_bytes
    return max(settings.max_line_bytes, min(most, total // max(1, connections)))


def reply_share(settings: Settings, connections: int) -> int:
    """Return the bytes of replies that may wait on each of so many connections, shared in the same way."""
    most, total = settings.reply_buffer_bytes, settings.reply_buffers_bytes
    return max(settings.max_line_bytes, min(most, total // max(1, connections)))


def is_loopback(host: str) -> bool:
    """Return whether an address is a loopback address of this machine."""
    address = _address(host)
    return address is not None and address.is_loopback


def peer_host(host: str) -> str:
    """Return the address of a peer as people write it: that of an IPv4 peer at an IPv6 socket is its IPv4 address."""
    return str(_address(host) or host)


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
