"""The TCP port for meters, and the Unix socket for commands."""

from __future__ import annotations

from metertui.server import control, socket_file
from metertui.server.control import ControlSocket
from metertui.server.control_protocol import (
    MAX_LINE_BYTES,
    Done,
    Failed,
    Progress,
    Request,
    encode_request,
    parse_reply,
)
from metertui.server.limits import Limits
from metertui.server.listener import Listener

__all__ = [
    "MAX_LINE_BYTES",
    "ControlSocket",
    "Done",
    "Failed",
    "Limits",
    "Listener",
    "Progress",
    "Request",
    "control",
    "encode_request",
    "parse_reply",
    "socket_file",
]
