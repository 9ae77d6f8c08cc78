"""The TCP server for meters, and the Unix socket for commands."""

from __future__ import annotations

from metertui.server import control, control_protocol, socket_file
from metertui.server.control import ControlSocket
from metertui.server.control_protocol import MAX_LINE_BYTES, Done, Failed, Request, encode_request, parse_reply
from metertui.server.listener import Listener
from metertui.server.owner_commands import COMMANDS, Call, Command

__all__ = [
    "COMMANDS",
    "MAX_LINE_BYTES",
    "Call",
    "Command",
    "ControlSocket",
    "Done",
    "Failed",
    "Listener",
    "Request",
    "control",
    "control_protocol",
    "encode_request",
    "parse_reply",
    "socket_file",
]
