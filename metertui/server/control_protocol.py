"""The messages between a command and the owner of a data folder: one JSON object a line. No I/O, no clock.

The owner begins: `{"accepted": true}` says that it takes a request from this connection. A request is
`{"do": NAME, "with": {…}}`. The replies are any number of `{"progress": SHARE}`, with `"rows": N` where rows are
counted, and of `{"part": …}`, a part of a long answer, and then one `{"result": …}` or `{"error": SENTENCE}`. A request
is sent only once the connection is accepted: the system queues connections for an owner that is stopped, and what was
sent on them would be obeyed when it goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from metertui.engine.errors import MeterError

MAX_LINE_BYTES: Final = 1 << 20
"""The longest line: the names of some thousand files, or the report of an import."""


class MalformedMessage(MeterError):
    """The line is no message of this protocol."""


class TooLong(MeterError):
    """The message is longer than a line may be."""


@dataclass(frozen=True, slots=True)
class Request:
    """A command, by its name in the table of owner_commands.py, with its arguments."""

    command: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The owner takes a request from this connection."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The command is running; `share` of it is done, 0 to 1, and so many rows where it is about rows."""

    share: float
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer that is too long for one line; what JSON has."""

    content: Any


@dataclass(frozen=True, slots=True)
class Done:
    """The command is done, with a result that JSON has."""

    result: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The command failed; the reason in a sentence."""

    reason: str


Reply = Accepted | Progress | Part | Done | Failed


def encode_request(request: Request) -> bytes:
    """Return the line of a message. Raises TooLong."""
    return _encode_line({"do": request.command, "with": dict(request.arguments)})


def encode_reply(reply: Reply) -> bytes:
    """Return the line of a message. Raises TooLong."""
    match reply:
        case Accepted():
            return _encode_line({"accepted": True})
        case Progress(share, rows):
            return _encode_line({"progress": round(share, 4)} | ({} if rows is None else {"rows": rows}))
        case Part(content):
            return _encode_line({"part": content})
        case Done(result):
            return _encode_line({"result": result})
        case Failed(why):
            return _encode_line({"error": why})


def parse_request(line: bytes) -> Request:
    """Return the request of a line. Raises MalformedMessage."""
    message = _parse_object(line)
    do, given = message.get("do"), message.get("with", {})
    if not isinstance(do, str) or not isinstance(given, dict) or message.keys() - {"do", "with"}:
        raise MalformedMessage('a request is {"do": NAME, "with": {…}}')
    return Request(do, given)


def parse_reply(line: bytes) -> Reply:
    """Return the reply of a line. Raises MalformedMessage."""
    message = _parse_object(line)
    match message:
        case {"accepted": True} if len(message) == 1:
            return Accepted()
        case {"progress": int() | float() as share} if len(message) == 1:
            return Progress(float(share))
        case {"progress": int() | float() as share, "rows": int() as rows} if len(message) == 2:
            return Progress(float(share), rows)
        case {"part": content} if len(message) == 1:
            return Part(content)
        case {"result": result} if len(message) == 1:
            return Done(result)
        case {"error": str(why)} if len(message) == 1:
            return Failed(why)
    raise MalformedMessage("the process that owns the folder sent an unknown reply; is it another version?")


def _encode_line(message: Mapping[str, Any]) -> bytes:
    line = json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"
    if len(line) > MAX_LINE_BYTES:
        raise TooLong(f"the message has {len(line)} bytes; it must not exceed {MAX_LINE_BYTES}")
    return line


def _parse_object(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise MalformedMessage("a message ends with a newline")
    if len(line) > MAX_LINE_BYTES:
        raise MalformedMessage(f"a message must not exceed {MAX_LINE_BYTES} bytes")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, or thousands of brackets
        raise MalformedMessage("a message is one line of JSON") from error
    if not isinstance(message, dict):
        raise MalformedMessage("a message is a JSON object")
    return message
