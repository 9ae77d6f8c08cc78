"""The command line, a module a command."""

from __future__ import annotations

from metertui.cli.main import run

__all__ = [
    "run",
]
