"""What a command says to the owner of a data folder, and hears from it: one JSON object a line. No I/O, no clock.

A request is `{"do": NAME, "with": {…}}`. It is answered by any number of `{"progress": SHARE}` and then by one
`{"result": …}` or `{"error": SENTENCE}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from metertui.engine.errors import MeterError

MAX_LINE_BYTES: Final = 1 << 20
"""The longest line: the names of some thousand files, or a report with all that it lists."""


class Malformed(MeterError):
    """What came is no message of this protocol."""


@dataclass(frozen=True, slots=True)
class Request:
    """Something to do, by its name in the owner's table, with what."""

    do: str
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """The work goes on: the share done, 0 to 1."""

    share: float


@dataclass(frozen=True, slots=True)
class Done:
    """The work is done, and this came of it."""

    result: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The work was not done, and why, in a sentence."""

    why: str


Reply = Progress | Done | Failed


def encode_request(request: Request) -> bytes:
    """A line. Raises MeterError for what is too long for one."""
    return _line({"do": request.do, "with": dict(request.given)})


def encode_reply(reply: Reply) -> bytes:
    """A line. Raises MeterError for what is too long for one."""
    match reply:
        case Progress(share):
            return _line({"progress": round(share, 4)})
        case Done(result):
            return _line({"result": result})
        case Failed(why):
            return _line({"error": why})


def parse_request(line: bytes) -> Request:
    """What a line asks for. Raises Malformed."""
    message = _object(line)
    do, given = message.get("do"), message.get("with", {})
    if not isinstance(do, str) or not isinstance(given, dict) or message.keys() - {"do", "with"}:
        raise Malformed('a request is {"do": NAME, "with": {…}}')
    return Request(do, given)


def parse_reply(line: bytes) -> Reply:
    """What a line answers. Raises Malformed."""
    message = _object(line)
    match message:
        case {"progress": int() | float() as share} if len(message) == 1:
            return Progress(float(share))
        case {"result": result} if len(message) == 1:
            return Done(result)
        case {"error": str(why)} if len(message) == 1:
            return Failed(why)
    raise Malformed("the answer of the process that owns the folder is not understood")


def _line(message: Mapping[str, Any]) -> bytes:
    line = json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"
    if len(line) > MAX_LINE_BYTES:
        raise MeterError(f"this is {len(line)} bytes long, and the owner of the folder takes {MAX_LINE_BYTES}")
    return line


def _object(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise Malformed("a message is a line, and this one has no end")
    if len(line) > MAX_LINE_BYTES:
        raise Malformed(f"a message has {MAX_LINE_BYTES} bytes at most")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:  # not UTF-8, no JSON, thousands of brackets
        raise Malformed("a message is one line of JSON") from error
    if not isinstance(message, dict):
        raise Malformed("a message is a JSON object")
    return message
