"""What only the command line can go wrong with."""

from __future__ import annotations


class UsageError(Exception):
    """Words that ask for nothing that can be done; its text explains in one sentence."""
