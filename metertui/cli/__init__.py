"""The command line: a module for each command or group of commands."""

from __future__ import annotations

from metertui.cli.main import run

__all__ = ["run"]
