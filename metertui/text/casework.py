"""Cases of the list of exceptions as text: in a row of a table, in full, and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.text import Text

from metertui.engine.accounts import Account
from metertui.engine.base import MINUTE, SiteZone, format_kwh
from metertui.engine.worklist import AUTOMATIC, MEANING, NEVER, OF_READINGS, Cause, ExceptionRow
from metertui.text import fmt, time_labels
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
_SIGNS: Final[Mapping[Cause, str]] = {
    "suspect": "▲",
    "reset": "▼",
    "rejected": "△",
    "rounding": "▽",
    "estimate": "△",
    "rollover": "↻",
    "silent": "…",
    "gap": "≈",
    "drift": "»",
    "conflict": "≠",
    "refused": "✗",
}
"""What stands before a cause; before one that is a decision, a tick."""
_DECIDED: Final = "✓"
INKS: Final[Mapping[str, str]] = {
    **dict.fromkeys("▲▼△▽", "suspect"),
    **dict.fromkeys("≠✗", "refused"),
    "≈": "estimated",
    "↻": "success",
    "»": "warning",
    "…": "text-muted",
    _DECIDED: "success",
}
"""The colours of the signs, as names of the theme."""
_BELOW: Final[Mapping[Cause, str]] = {
    "silent": "That is likely, by the mean of the days before, whose usage is below.",
    "gap": "Below is what is known of that time; if nothing is, the mean of the days before is at stake.",
}
"""What the usage that is explained has to do with the energy at stake, by cause."""
_DECIDABLE: Final = (
    "That is the most that a decision about the reading changes; below is the usage between the readings beside it."
)
_UNKNOWN: Final = "–"
NOWHERE: Final = "(none)"


def keyed(rows: Iterable[ExceptionRow]) -> Iterable[tuple[str, ExceptionRow]]:
    """Yield each case with a key that stays the same; equal ones are numbered from the second on.

    Open refused lines stay the same case when another one arrives.
    """
    met: dict[str, int] = {}
    for row in rows:
        kind = "reading" if row.cause in OF_READINGS else row.cause  # its cause may change, and the row stays
        key = f"{kind} {row.meter} {row.time} {row.line}"
        if row.count > 1:
            key = f"{row.cause} {row.meter} {'decided' if row.decided else 'open'}"
        if row.code and row.code != "conflict":
            key = f"{kind} {row.code} {row.meter} {row.decided.at if row.decided else 'open'}"
        met[key] = met.get(key, 0) + 1
        yield (key if met[key] == 1 else f"{key} #{met[key]}"), row


def sign(cause: Cause) -> str:
    """Return the sign of a cause, which has a colour in INKS."""
    return _SIGNS.get(cause, _DECIDED)


def cause_of(row: ExceptionRow) -> str:
    """Return the cause of a row with its sign, and how many cases it stands for."""
    return f"{sign(row.cause)} {f'{fmt.count(row.count)} × ' if row.count > 1 else ''}{row.cause}"


def energy_at_stake(row: ExceptionRow) -> str:
    """Return the energy at stake in kWh; a dash if it is unknown."""
    return _UNKNOWN if row.stake_wh is None else fmt.number(row.stake_wh)


def age(instant: int, now: int) -> str:
    """Return how long ago an instant is, in one unit."""
    if instant == NEVER:
        return "never"
    return "now" if now - instant < MINUTE else fmt.duration(now - instant, units=1)


def case_headings(currency: str) -> tuple[str, ...]:
    """Return the headings of `cells`: of figures they begin with ">", of texts that are never cut with "="."""
    return ("  ", "=cause", "=meter", ">stake kWh", f">{currency}", ">age", "why", "region", "decided")


def cells(row: ExceptionRow, now: int, *, chosen: bool) -> tuple[str, ...]:
    """Return a row of the table of cases, as it is at an instant (µs UTC).

    They are marks, cause, meter, kWh at stake, their price, age, why, region and decision.
    """
    return (
        f"{'●' if chosen else ' '}{'✓' if row.decided else '✎' if row.notes else ' '}",
        cause_of(row),
        row.meter or _UNKNOWN,
        energy_at_stake(row),
        fmt.money(row.stake_cents),
        age(row.since if row.count > 1 else row.time, now),
        _why(row),
        row.region if row.region or row.known else _UNKNOWN,
        _decided(row),
    )


def _why(row: ExceptionRow) -> str:
    value = "" if row.wh is None else f"{format_kwh(row.wh)} kWh is "  # the pane has it
    return f"{row.why}: {row.line}" if row.line else fmt.for_people(row.why.removeprefix(value))


def region_headings(currency: str) -> tuple[str, ...]:
    """Return the headings of `region_cells`, in the same way."""
    return ("  ", "region", ">silent", ">likely kWh", f">{currency}", ">longest")


def region_cells(row: ExceptionRow, now: int, *, chosen: bool) -> tuple[str, ...]:
    """Return a row of the table of silent meters by region, as it is at an instant (µs UTC).

    They are marks, region, meters, kWh that they are likely to have used since, their price, and the longest silence.
    """
    return (
        "● " if chosen else "  ",
        f"{sign(row.cause)} {row.region or NOWHERE}",
        fmt.count(row.count),
        energy_at_stake(row),
        fmt.money(row.stake_cents),
        age(row.since, now),
    )


def _decided(row: ExceptionRow) -> str:
    decided = row.decided
    if decided is None and row.cause in AUTOMATIC:
        return "automatically"
    return f"{_DONE.get(decided.kind, decided.kind)} by {decided.who}" if decided else "open"


def when(row: ExceptionRow, zone: SiteZone) -> str:
    """Return the time of a case."""
    return "never" if row.time == NEVER else _local(row.time, zone)


def _local(instant: int, zone: SiteZone) -> str:
    return time_labels.moment(zone.local(instant))


def in_full(row: ExceptionRow, account: Account | None, zone: SiteZone, currency: str) -> Text:
    """Return a case with all that is known about it: where the meter is comes last, as the end may be cut."""
    text = Text(overflow="fold")
    if row.cause == "silent" and row.count > 1:
        return _silent_region(text, row, zone, currency)
    parts = [row.meter or "no meter", when(row, zone)]
    parts += [fmt.kwh(row.wh)] if row.wh is not None else []
    text.append_text(plain(" · ".join(parts), style="bold", limit=400))
    if row.count > 1:
        between = f"from {_local(row.since, zone)} to {_local(row.until, zone)}"
        text.append(f"\nthe heaviest of {fmt.count(row.count)} cases {between}: enter lists them")
    if row.stake_wh is not None:
        text.append(f"\nat stake {_stake(row, currency)}", style="bold")
        text.append(f", the sum of {fmt.count(row.count)} cases, each decided alone" if row.count > 1 else "")
    for event in (*([row.decided] if row.decided else ()), *row.notes[: -_NOTES - 1 : -1]):
        text.append("\n")
        what = _DONE.get(event.kind, event.kind)
        said = f"{what} by {event.who}, {_local(event.decided, zone)}: {event.reason}"
        text.append_text(message(said, limit=600))
    text.append("\n")
    text.append_text(message(f"{row.cause}, {MEANING[row.cause]}: {fmt.for_people(row.why)}", limit=600))
    if row.line:
        text.append("\nsent: ")
        text.append_text(message(row.line, limit=400))
    where = " · ".join(part for part in (row.region, account.address if account is not None else "") if part)
    return text.append("\n").append_text(message(where, limit=400)) if where else text


def stake_in_words(row: ExceptionRow, currency: str, of: int = 1) -> str:
    """Return what is at stake in a case, the heaviest `of` several, and what the usage round it has to do with that."""
    case = row.cause if of == 1 else f"The heaviest of {fmt.count(of)} cases, {row.cause}"
    why = fmt.for_people(row.why)
    if row.stake_wh is None:
        return f"{_capital(case)}: {why}. Below is the usage up to the reading."
    return f"{_capital(case)}, at stake {_stake(row, currency)}: {why}. {_BELOW.get(row.cause, _DECIDABLE)}"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _stake(row: ExceptionRow, currency: str) -> str:
    priced = "" if row.stake_cents is None else f", {fmt.money(row.stake_cents)} {currency} with tax"
    return f"{fmt.kwh(row.stake_wh)}{priced}"


def _silent_region(text: Text, row: ExceptionRow, zone: SiteZone, currency: str) -> Text:
    """Return what is known of the silent meters of a region."""
    text.append_text(plain(row.region or NOWHERE, style="bold", limit=400))
    text.append(f" · {fmt.count(row.count)} silent meters, the longest since ", style="bold")
    text.append("ever" if row.since == NEVER else _local(row.since, zone), style="bold")
    if row.stake_wh is not None:
        text.append(f"\nlikely used since: {_stake(row, currency)}\nthe most by ")
        text.append_text(plain(row.meter))
    return text.append("\nenter lists them one by one")


def side_by_side(title: str, counted: Sequence[tuple[str, int]], here: str | None) -> Text:
    """Return names with their counts on one line, with a mark at the chosen one."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(title if counted else "", style="dim")
    for name, number in counted:
        mark = name == here
        text.append_text(plain(f" {'▸' if mark else ' '}{name} {fmt.count(number)}", style="bold" if mark else ""))
    return text
