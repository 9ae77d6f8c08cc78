"""The requests that a client can send, as the parser makes them of its lines."""

from __future__ import annotations

from typing import NamedTuple


class Read(NamedTuple):
    """`READ`: a register read. `timestamp` is None for the time of the server."""

    line: str
    meter: str
    kwh: str
    timestamp: str | None


class Estimate(NamedTuple):
    """`READ` with the quality `E` or `S`: a register read that is not actual."""

    line: str
    meter: str
    kwh: str
    timestamp: str | None
    quality: str
    """In capitals."""


class Register(NamedTuple):
    """`REGISTER`: a new account. `fields` are in order, with names in lower case that may be repeated."""

    line: str
    meter: str
    fields: tuple[tuple[str, str], ...]


class Stop(NamedTuple):
    """`STOPSERVER`: close the day."""

    line: str


class Ping(NamedTuple):
    """`PING`."""

    line: str


class Help(NamedTuple):
    """`HELP`."""

    line: str


class Auth(NamedTuple):
    """`AUTH`. Its `line` does not contain the secret, since refused lines are written to files."""

    line: str
    name: str
    secret: str


class Quit(NamedTuple):
    """`QUIT`."""

    line: str


class Bad(NamedTuple):
    """A line that is not a valid request: `code` is the error code on the wire, `why` one sentence."""

    line: str
    code: str
    why: str


class Web(NamedTuple):
    """A line of HTTP: a browser is at the other end, and a page from anywhere may have written what follows."""

    line: str


Request = Read | Estimate | Register | Stop | Ping | Help | Auth | Quit | Bad | Web
"""Every request has `line`, the text that was sent, without its ending."""
