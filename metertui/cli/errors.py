"""Errors of the command line alone."""

from __future__ import annotations


class UsageError(Exception):
    """Wrong usage of a command; the text explains it in one sentence. The exit code is 2."""
