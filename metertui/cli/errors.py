"""Errors of the command line alone."""

from __future__ import annotations


class Interrupted(Exception):
    """A command that was interrupted from the keyboard; the text says what becomes of it. The exit code is 130."""


class UsageError(Exception):
    """Wrong usage of a command; the text explains it in one sentence. The exit code is 2."""
