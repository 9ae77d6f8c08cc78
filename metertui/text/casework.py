"""Cases of the list of exceptions as text: in a row of a table, in full, and counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.text import Text

from metertui.engine.accounts import Account
from metertui.engine.base import SiteZone, format_kwh
from metertui.engine.worklist import MEANING, NEVER, OF_READINGS, ExceptionRow
from metertui.text import fmt
from metertui.text.plain_text import message, plain

_NOTES: Final = 2
"""How many remarks are shown with a case, the last one first."""
_DONE: Final = {
    "reask": "marked for reading",
    "note": "note",
    "accept": "accepted",
    "release": "released",
    "correct": "corrected",
}
_NAME: Final = 14
NOWHERE: Final = "(none)"


def keyed(rows: Iterable[ExceptionRow]) -> Iterable[tuple[str, ExceptionRow]]:
    """Yield each case with a key that stays the same; equal ones are numbered from the second on.

    Open refused lines stay the same case when another one arrives.
    """
    met: dict[str, int] = {}
    for row in rows:
        kind = "reading" if row.cause in OF_READINGS else row.cause  # its cause may change, and the row stays
        key = f"{kind} {row.meter} {row.time} {row.line}"
        if row.code and row.code != "conflict":
            key = f"{kind} {row.code} {row.meter} {row.decided.at if row.decided else 'open'}"
        met[key] = met.get(key, 0) + 1
        yield (key if met[key] == 1 else f"{key} #{met[key]}"), row


def cells(row: ExceptionRow, zone: SiteZone, room: int, *, chosen: bool) -> tuple[str, ...]:
    """Return a row of the table: marks, meter, time, cause, register, why (cut to `room`), region, decision."""
    decided = row.decided
    value = "" if row.wh is None else f"{format_kwh(row.wh)} kWh is "  # this has a column of its own
    why = f"{row.why}: {row.line}" if row.line else fmt.reason(row.why.removeprefix(value))
    return (
        f"{'●' if chosen else ' '}{'✓' if decided else '✎' if row.notes else ' '}",
        row.meter,
        when(row, zone),
        row.cause,
        "" if row.wh is None else fmt.number(row.wh),
        why if len(why) <= room else f"{why[: room - 1]}…",
        row.region,
        _decided(row),
    )


def beside_why(rows: Iterable[ExceptionRow]) -> tuple[int, int]:
    """Return the width of the columns before and after the reasons of some cases, blanks included."""
    meter, cause, register, region, decided = 5, 5, 12, 6, 7  # of the headings
    for row in rows:
        meter, cause = max(meter, len(row.meter)), max(cause, len(row.cause))
        register = max(register, 0 if row.wh is None else len(fmt.number(row.wh)))
        region, decided = max(region, len(row.region)), max(decided, len(_decided(row)))
    blanks, marks, time, scrollbar = 2, 2, 19, 1
    before = marks + meter + time + cause + register + 6 * blanks + scrollbar
    return before, region + decided + 2 * blanks


def _decided(row: ExceptionRow) -> str:
    decided = row.decided
    return f"{_DONE.get(decided.kind, decided.kind)} by {decided.who}" if decided else "open"


def when(row: ExceptionRow, zone: SiteZone) -> str:
    """Return the time of a case."""
    return "never" if row.time == NEVER else fmt.moment(row.time, zone)


def in_full(row: ExceptionRow, account: Account | None, zone: SiteZone) -> Text:
    """Return a case with all that is known about it. What people said of it comes first, as the end may be cut."""
    parts = [row.meter or "no meter", when(row, zone)]
    parts += [fmt.kwh(row.wh)] if row.wh is not None else []
    parts += [row.region] if row.region else []
    parts += [account.address] if account is not None and account.address else []
    text = Text(overflow="fold")
    text.append_text(plain(" · ".join(parts), style="bold", limit=400))
    for event in (*([row.decided] if row.decided else ()), *row.notes[: -_NOTES - 1 : -1]):
        text.append("\n")
        what = _DONE.get(event.kind, event.kind)
        said = f"{what} by {event.who}, {fmt.moment(event.decided, zone)}: {event.reason}"
        text.append_text(message(said, limit=600))
    text.append("\n")
    text.append_text(message(f"{row.cause}, {MEANING[row.cause]}: {fmt.reason(row.why)}", limit=600))
    if row.line:
        text.append("\nsent: ")
        text.append_text(message(row.line, limit=400))
    return text


def side_by_side(title: str, counted: Sequence[tuple[str, int]], here: str | None) -> Text:
    """Return names with their counts on one line, with a mark at the chosen one."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(title if counted else "", style="dim")
    for name, number in counted:
        mark = name == here
        text.append_text(plain(f" {'▸' if mark else ' '}{name} {fmt.count(number)}", style="bold" if mark else ""))
    return text


def one_below_the_other(title: str, counted: Sequence[tuple[str, int]], here: str | None) -> Text:
    """Return names with their counts as a column, with a mark at the chosen one."""
    text = Text(no_wrap=True)
    text.append(title, style="bold")
    for name, number in counted:
        style = "bold" if name == here else ""
        label = plain(name, style=style, limit=_NAME)
        label.truncate(_NAME, overflow="ellipsis", pad=True)
        text.append(f"\n{'▸' if name == here else ' '} ", style=style)
        text.append_text(label)
        text.append(f"{fmt.count(number):>8}", style=style)
    if not counted:
        text.append("\n  none", style="dim")
    return text
