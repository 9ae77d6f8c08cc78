"""What the tests of billing share: a statement as text."""

from __future__ import annotations

from textual.pilot import Pilot

from tests.screens.town import text_of


def paper(pilot: Pilot[None]) -> dict[str, str]:
    """The statement's lines: the first words of each, and the rest."""
    lines = [line.strip(" │╭╮╰╯─") for line in text_of(pilot, "#statement").splitlines()]
    parts = (line.split("  ", 1) for line in lines if line)
    return {name: " ".join(rest[0].split()) if rest else "" for name, *rest in parts}


def words_of(pilot: Pilot[None]) -> str:
    """The statement in one line, without its frame."""
    return " ".join(text_of(pilot, "#statement").replace("│", " ").strip(" ╭╮╰╯─\n").split())
