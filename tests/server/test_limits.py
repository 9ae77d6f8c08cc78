"""The limits: the shares of memory, which addresses count as one, and which are of this machine."""

from __future__ import annotations

import pytest

from metertui.server.limits import input_share, is_loopback, peer_host, peer_network, reply_share
from metertui.settings import Settings


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("127.0.0.1", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
    ],
)
def test_connections_are_counted_by_address_or_network(host: str, counted: str) -> None:
    assert peer_network(host) == counted


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("localhost.evil.example", False),
        ("unknown", False),
    ],
)
def test_loopback_is_this_machine_alone(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def test_an_ipv4_peer_has_its_ipv4_address_at_any_socket() -> None:
    assert [peer_host(host) for host in ("::ffff:10.0.0.7", "10.0.0.7", "fe80::1%eth0", "unknown")] == [
        *("10.0.0.7", "10.0.0.7", "fe80::1%eth0", "unknown")
    ]


def test_each_connection_has_an_equal_share_and_never_less_than_a_line() -> None:
    stated = Settings(
        max_line_bytes=100, reply_buffer_bytes=1000, reply_buffers_bytes=5000,
        input_buffer_bytes=2000, input_buffers_bytes=8000,
    )  # fmt: skip
    assert [reply_share(stated, count) for count in (0, 1, 5, 10, 50, 1000)] == [1000, 1000, 1000, 500, 100, 100]
    assert [input_share(stated, count) for count in (0, 1, 4, 8, 80, 1000)] == [2000, 2000, 2000, 1000, 100, 100]
