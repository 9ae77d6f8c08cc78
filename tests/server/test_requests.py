"""The requests that a client can send: each says the line that it came as."""

from __future__ import annotations

from typing import get_args

from metertui.server.requests import Request


def test_every_request_has_its_line_first() -> None:
    assert {kind._fields[0] for kind in get_args(Request)} == {"line"}
