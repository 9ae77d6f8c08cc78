"""Data streams of the Australian market: which register of a meter each stands for.

A suffix names a stream of an NMI (its meter): `E1` is energy that the customer takes, `B1` what the customer feeds in,
the other letters are averages, check meters and reactive energy. An NMI with one stream of a kind has it as its use or
its feed-in. Where it has several, each is a register of its own, and their sum is the use or the feed-in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal, get_args

Direction = Literal["use", "export"]
DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)

SUFFIX: Final = re.compile(r"[A-Z][0-9A-Z]")
_LEFT_OUT: Final = {
    "A": "the average of two other streams",
    "C": "a check meter",
    "D": "the average of two other streams",
    "F": "a check meter",
    "K": "reactive energy",
    "Q": "reactive energy",
    "X": "the net of other streams",
}
_LETTERS: Final = {"use": "t", "export": "e"}


def direction_of(suffix: str) -> Direction | None:
    """Return the way in which the energy of an interval stream flows; None if it is no energy to count."""
    match suffix[:1]:
        case "E":
            return "use"
        case "B":
            return "export"
        case _:
            return None


def are_streams(texts: Iterable[str]) -> bool:
    """Return whether all texts are suffixes, and some of them of energy to count."""
    found = set(texts)
    return all(map(SUFFIX.fullmatch, found)) and any(map(direction_of, found))


def why_left_out(suffix: str) -> str:
    """Return why a stream is not counted."""
    return _LEFT_OUT.get(suffix[:1], "neither use nor feed-in")


def channels(suffixes: Iterable[str], direction: Direction) -> dict[str, str]:
    """Return the channel of each stream that flows one way; `use` for a single one.

    Of several, the digit at the end of the suffix numbers the register, so that another file gives the same; the order
    of the suffixes does where digits are missing or come twice.
    """
    ordered = sorted(set(suffixes))
    if len(ordered) <= 1:
        return dict.fromkeys(ordered, direction)
    numbers = [suffix[-1:] for suffix in ordered]
    if len(set(numbers)) < len(numbers) or not {*numbers} <= {*"123456789"}:
        numbers = [str(place) for place in range(1, len(ordered) + 1)]
    return {suffix: f"{_LETTERS[direction]}{number}" for suffix, number in zip(ordered, numbers, strict=True)}
