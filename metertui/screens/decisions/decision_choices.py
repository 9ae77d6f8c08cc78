"""The decisions that apply to cases of the work list, and what they mean in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from metertui.engine.core import NOT_SAID, WORDS_ONLY, Decision
from metertui.engine.errors import MeterError
from metertui.engine.vee import OF_LINES, UNDOES, Edit, MeterEdits
from metertui.engine.worklist import Cause, ExceptionRow

_ONE_AT_A_TIME: Final = frozenset({"exchange", "correct"})
"""Decisions that ask for values."""
PREVIEW: Final = "preview"
"""The reason of a decision that is only previewed."""
MOST: Final = 500
"""The most cases in one decision that changes figures: each takes about 1 ms of the event loop."""


class Choice(NamedTuple):
    """A decision: key, name, effect, participle for its result, and the causes that it applies to."""

    key: str
    name: str
    does: str
    done: str
    causes: frozenset[Cause]


_MISFITS: Final[frozenset[Cause]] = frozenset({"suspect", "reset", "rejected", "rounding", "estimate", "rollover"})
_STORED: Final[frozenset[Cause]] = _MISFITS | {"drift", "conflict"}
_OPEN: Final[frozenset[Cause]] = _STORED | {"silent", "gap", "refused"}
_ALL: Final[frozenset[Cause]] = _OPEN | {"void", "corrected", "released", "exchanged"}
CHOICES: Final = {
    "accept": Choice("a", "Accept", "close the case and change nothing", "accepted", _OPEN),
    "void": Choice("v", "Void", "do not count the stored reading", "void", _STORED),
    "correct": Choice("w", "Correct", "store the right value in its place", "corrected", _STORED | {"void"}),
    "release": Choice(
        "r", "Release", "count the reading as it is", "released", frozenset({"suspect", "rejected", "estimate"})
    ),
    "exchange": Choice(
        *("x", "Exchange", "the register was exchanged, or rolled over", "exchanged"),
        frozenset({"suspect", "reset", "rounding", "rollover"}),
    ),
    "reask": Choice("k", "Request reading", "note that the meter must be read again", "marked for reading", _OPEN),
    "note": Choice("n", "Note", "add a remark; the case stays open", "noted", _ALL),
}
REASONS: Final = {
    "accept": ("checked, the figures are right", "known, nothing to be done"),
    "void": ("misread", "transmission fault", "test reading"),
    "correct": ("misread, corrected from the photo", "typing error"),
    "release": ("confirmed by a second reading", "the customer confirms the use"),
    "exchange": ("meter exchanged", "register rolled over", "register reset by the fitter"),
    "reask": ("no signal", "to be read by hand"),
    **dict.fromkeys(UNDOES, ("made by mistake", "better known since")),
}
"""Reasons to choose from, by decision."""
_NAMES: Final[dict[Cause, str]] = {
    "rounding": "a rounding, which counts",
    "estimate": "an estimated reading",
    "rollover": "a rollover, which counts",
    "silent": "a silent meter",
    "gap": "a long gap",
    "drift": "a clock that runs ahead",
    "refused": "a refused line",
    "void": "a void reading",
    "corrected": "a corrected reading",
    "released": "a released reading",
    "exchanged": "an exchange",
}


def decisions(what: str, rows: Sequence[ExceptionRow]) -> list[Decision]:
    """Return the decision `what` for each case, without its reason and, for an exchange, without its registers.

    Raises MeterError that names the cases to which the decision does not apply.
    """
    if not rows:
        raise MeterError("no case is selected")
    if len(rows) > MOST and what not in WORDS_ONLY:
        raise MeterError(f"{len(rows)} cases are selected; at most {MOST} can be decided together")
    choice = CHOICES[what]
    if what not in OF_LINES and (why := unknown(rows)):
        raise MeterError(why)
    unfit = [row for row in rows if row.cause not in choice.causes]
    if unfit:
        thing = _NAMES.get(unfit[0].cause, f"a {unfit[0].cause} reading")
        said = f"{choice.name.lower()} does not apply to {thing}"
        if len(rows) > 1:
            said += f"; {_of(unfit, rows)} of that kind; press space to deselect {'it' if len(unfit) == 1 else 'them'}"
        else:
            able = [f"{CHOICES[each].key} {CHOICES[each].name.lower()}" for each in applying(rows)]
            said += f"; {', '.join(able)} do"
        raise MeterError(said)
    if what == "exchange" and len(rows) > 1:
        meters = {row.meter for row in rows}
        raise MeterError(
            f"declare it at one of the {len(rows)} cases of {rows[0].meter}; enter lists them"
            if len(meters) == 1
            else "declare an exchange for one meter at a time"
        )
    if what == "correct" and len(rows) > 1:
        raise MeterError("correct one reading at a time")
    return _once([Decision(what, row.meter, row.time, PREVIEW, wh=_proposed(what, row)) for row in rows])


def applying(rows: Sequence[ExceptionRow]) -> list[str]:
    """Return the decisions that apply to all of some cases, in order."""
    causes, known = {row.cause for row in rows}, all(row.known for row in rows)
    several = len(rows) > 1 or any(row.count > 1 for row in rows)
    return [
        what
        for what, choice in CHOICES.items()
        if causes <= choice.causes and (what in OF_LINES or known) and not (several and what in _ONE_AT_A_TIME)
    ]


def _proposed(what: str, row: ExceptionRow) -> int:
    """Return the value (Wh) that a correction may store: what a conflict brought."""
    return row.wh if what == "correct" and row.cause == "conflict" and row.wh is not None else NOT_SAID


def unknown(rows: Sequence[ExceptionRow]) -> str:
    """Return what can be done about cases of unknown meters, as part of a sentence; empty if all meters are known."""
    strangers = [row for row in rows if not row.known]
    if not strangers:
        return ""
    advice = (
        ": register it on the company screen (F6), and its next readings will be stored"
        if len(rows) == 1 and rows[0].code == "not-registered"
        else ""
    )
    whose = "no meter" if not any(row.meter for row in strangers) else "an unknown meter"
    return f"{_of(strangers, rows)} about {whose}, and can only be accepted (a) or noted (n){advice}"


def undo_decisions(
    events: Sequence[Edit], edits_of: Callable[[str], MeterEdits | None] = lambda _: None
) -> list[Decision]:
    """Return the decisions that undo events. Raises MeterError if there are none.

    `edits_of` gives the edits of a meter that are in force: the voids of a whole time are undone by one decision.
    """
    if not events:
        raise MeterError("there is no decision to undo")
    undo = {done: undone for undone, done in UNDOES.items()}
    voids: dict[str, list[Edit]] = {}
    for event in events:
        if event.kind == "void":
            voids.setdefault(event.meter, []).append(event)
    whole = {meter: each for meter, each in voids.items() if _is_whole_time(each, edits_of(meter))}
    spans = [
        Decision("unvoid", meter, _at(each[0]), PREVIEW, until=_at(each[-1]))
        for meter, each in whole.items()
    ]  # fmt: skip
    others = [event for event in events if event.kind != "void" or event.meter not in whole]
    single = [Decision(undo[event.kind], event.meter, _at(event), PREVIEW, wh=event.wh) for event in others]
    return [*spans, *_once(single)]


def _is_whole_time(voids: list[Edit], edits: MeterEdits | None) -> bool:
    """Return whether several voids of a meter are all of its voids between two instants; they are put in order."""
    if edits is None or len(voids) == 1:
        return False
    voids.sort(key=_at)
    first, last = _at(voids[0]), _at(voids[-1])
    there = [void for at, named in edits.voids.items() if first <= at <= last for void in named.values()]
    return sorted(there, key=_at) == voids


def _at(event: Edit) -> int:
    return event.at or 0


def result_sentence(what: str, count: int, thing: str = "case") -> str:
    """Return the result of a decision about `count` cases, or other things, as a sentence."""
    if what in UNDOES:
        return f"{'1 decision' if count == 1 else f'{count} decisions'} undone: {UNDOES[what]}."
    back = "" if what in ("note", "reask") else "; press u to undo"
    return f"{_counted(count, thing)} {'is' if count == 1 else 'are'} {CHOICES[what].done}{back}."


def _counted(count: int, thing: str) -> str:
    return f"1 {thing}" if count == 1 else f"{count} {thing}s"


def _of(some: Sequence[ExceptionRow], rows: Sequence[ExceptionRow]) -> str:
    if len(rows) == 1:
        return "this case is"
    return f"{len(some)} of the {len(rows)} selected {'is' if len(some) == 1 else 'are'}"


def _once(wanted: list[Decision]) -> list[Decision]:
    """Return each decision once: two cases may be about the same meter and instant."""
    return list(dict.fromkeys(wanted))
