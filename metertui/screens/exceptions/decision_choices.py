"""What can be decided about cases on the list of exceptions, and what it means, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from metertui.engine.core import Decision
from metertui.engine.errors import MeterError
from metertui.engine.vee import UNDOES, Event
from metertui.engine.worklist import Cause, ExceptionRow

PREVIEW: Final = "preview"
"""The reason while it is only looked at what would be."""
MOST: Final = 500
"""Cases that are decided about together: each costs a millisecond or so, while no reading is taken in."""


class Choice(NamedTuple):
    """Something to do: its key, its name, what it does, what came of it, and about which causes it can be done."""

    key: str
    name: str
    does: str
    done: str
    causes: frozenset[Cause]


_MISFITS: Final[frozenset[Cause]] = frozenset({"suspect", "reset", "rejected"})
_STORED: Final[frozenset[Cause]] = _MISFITS | {"drift", "conflict"}
_OPEN: Final[frozenset[Cause]] = _STORED | {"silent", "gap", "refused"}
_ALL: Final[frozenset[Cause]] = _OPEN | {"void", "released", "exchanged"}
CHOICES: Final = {
    "accept": Choice("a", "Accept", "leave it as it is: someone has looked", "accepted", _OPEN),
    "void": Choice("v", "Void", "do not count the stored reading", "void", _STORED),
    "release": Choice("r", "Release", "count the reading as it is", "released", frozenset({"suspect", "rejected"})),
    "exchange": Choice(
        "x", "Exchange", "the register was exchanged, or rolled over", "exchanged", frozenset({"suspect", "reset"})
    ),
    "reask": Choice("k", "Ask again", "note that the meter is to be read again", "asked again", _OPEN),
    "note": Choice("n", "Note", "keep a remark with it; it stays open", "noted", _ALL),
}
_NAMES: Final[dict[Cause, str]] = {
    "silent": "a silent meter",
    "gap": "a long gap",
    "drift": "a clock that runs ahead",
    "refused": "a refused line",
    "void": "a void reading",
    "released": "a released reading",
    "exchanged": "an exchange",
}


def decisions(what: str, rows: Sequence[ExceptionRow]) -> list[Decision]:
    """What it is to decide `what` about some cases, the reason still to come; an exchange's registers too.

    Raises MeterError that says of which cases it is nothing.
    """
    if not rows:
        raise MeterError("there is nothing here to decide about")
    if len(rows) > MOST:
        raise MeterError(f"{len(rows)} cases are chosen; at most {MOST} are decided about together")
    choice = CHOICES[what]
    if why := unknown(rows):
        raise MeterError(why)
    unfit = [row for row in rows if row.cause not in choice.causes]
    if unfit:
        thing = _NAMES.get(unfit[0].cause, f"a {unfit[0].cause} reading")
        raise MeterError(f"{choice.name.lower()} is nothing for {thing}; {_of(unfit, rows)} of that kind")
    if what == "exchange" and len(rows) > 1:
        raise MeterError("an exchange is declared for one meter at a time")
    return _once([Decision(what, row.meter, row.time, PREVIEW) for row in rows])


def unknown(rows: Sequence[ExceptionRow]) -> str:
    """Why nothing can be decided about cases of which some are of no known meter; empty where all are."""
    strangers = [row for row in rows if not row.known]
    if not strangers:
        return ""
    one = "; register it on Company (F6), and what it sends next is taken" if len(rows) == 1 and rows[0].meter else ""
    return f"{_of(strangers, rows)} about no meter of this site: there is nothing to decide about{one}"


def undoings(events: Sequence[Event]) -> list[Decision]:
    """What it is to take decisions back. Raises MeterError where there is none."""
    if not events:
        raise MeterError("there is no decision to take back")
    undo = {done: undone for undone, done in UNDOES.items()}
    return _once([Decision(undo[event.what], event.meter, event.at or 0, PREVIEW) for event in events])


def told(what: str, count: int) -> str:
    """What came of it, in a sentence."""
    if what in UNDOES:
        return f"{'1 decision is' if count == 1 else f'{count} decisions are'} taken back: {UNDOES[what]}."
    back = "" if what in ("note", "reask") else "; u takes it back"
    return f"{_cases(count)} {'is' if count == 1 else 'are'} {CHOICES[what].done}{back}."


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"


def _of(some: Sequence[ExceptionRow], rows: Sequence[ExceptionRow]) -> str:
    if len(rows) == 1:
        return "this case is"
    return f"{len(some)} of the {len(rows)} chosen {'is' if len(some) == 1 else 'are'}"


def _once(wanted: list[Decision]) -> list[Decision]:
    """Each once: two cases may be about the same meter and instant."""
    return list(dict.fromkeys(wanted))
