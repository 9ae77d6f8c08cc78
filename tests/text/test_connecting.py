"""How meters connect, in words and lines to copy."""

from __future__ import annotations

from metertui.text.connecting import invitation


def test_invitation_has_lines_to_copy_that_fit_80_columns() -> None:
    text = invitation("127.0.0.1:7107", ".venv/bin/metertui").plain
    assert "or take in a file" in text
    assert "| nc -N 127.0.0.1 7107" in text
    assert ".venv/bin/metertui simulate --port 7107" in text
    assert max(map(len, text.splitlines()[1:])) <= 80


def test_invitation_writes_an_address_of_ipv6_without_its_brackets() -> None:
    assert "nc -N ::1 7107" in invitation("[::1]:7107", "metertui").plain


def test_invitation_without_a_port_says_that_none_is_open() -> None:
    assert "no port is open" in invitation("", "metertui").plain
