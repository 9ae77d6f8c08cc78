"""Counts with their nouns."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, which takes an s in the plural."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
