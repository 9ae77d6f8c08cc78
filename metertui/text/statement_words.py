"""What a statement says beside its figures: what it rests on, its notes, its periods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from metertui.engine.base import SiteZone
from metertui.engine.billing import Charge, ShownBill, Statement
from metertui.engine.usage import Edge
from metertui.text import fmt, time_labels


def basis_sentence(bill: Statement, zone: SiteZone, *, where: str = " (F7 says why)") -> str:
    """Return in one sentence what a bill is based on: how many readings, and how its ends are known.

    `where` tells where to look for readings that are not counted.
    """
    readings = fmt.counted(bill.readings, "reading") if bill.readings else "no reading of this month"
    them = (
        "it is" if bill.readings == 1 else f"{fmt.count(bill.suspect)} of them {'is' if bill.suspect == 1 else 'are'}"
    )
    doubt = f"; {them} not counted{where}" if bill.suspect else ""
    if bill.opening is None or bill.closing is None:
        if not bill.readings:
            return "There is no data for this month: no reading of it is stored."
        stored = f"{readings} of it {'is' if bill.readings == 1 else 'are'} stored"
        return f"There is no data for this month, though {stored}{doubt}."
    if bill.opening.quality == bill.closing.quality:
        ends = _known(bill.opening, "start and at the end", zone)
    else:
        ends = f"{_known(bill.opening, 'start', zone)} and {_known(bill.closing, 'end', zone)}"
    # Without one register that opens the bill, it is that of several, or of intervals from files.
    several = bill.readings and bill.opening.wh is None
    of = " or intervals of all registers: their sum" if several else ": the register"
    return f"Based on {readings}{of} {ends}{doubt}."


def _known(edge: Edge, end: str, zone: SiteZone) -> str:
    """Return how the register at an end of the month is known."""
    match edge.quality:
        case "actual":
            return f"was read at the {end}"
        case "estimated":
            return f"is estimated at the {end}"
        case "substituted":
            return f"is substituted at the {end}"
        case "first":
            return f"is known from its first reading on, {edge_moment(edge, zone)}"
        case _:
            return f"is known up to its last reading, {edge_moment(edge, zone)}"


def edge_moment(edge: Edge, zone: SiteZone) -> str:
    """Return when the register at an end of the month was known."""
    return time_labels.moment(zone.local(edge.time))


def edge_note(edge: Edge | None, zone: SiteZone) -> str:
    """Return when and how the register at an end of the month is known; "" where it is not."""
    return f"{edge_moment(edge, zone)}, {fmt.QUALITY[edge.quality]}" if edge else ""


def changes_since(shown: ShownBill) -> list[str]:
    """Return what was billed in addition to an issued bill, and what is not billed yet, in sentences."""
    return [
        f"{words}: {fmt.change(figures.usage_wh)} kWh, {fmt.money_change(figures.total)} {shown.bill.currency} with tax"
        for figures, words in (
            (shown.adjustments, "Billed in addition since it was issued"),
            (shown.adjustment, "Not billed yet, because of later readings, corrections, tariffs or rules"),
        )
        if any(figures)
    ]


def charge_notes(charges: Sequence[Charge]) -> list[str]:
    """Return the notes of charges behind their numbers, each note once."""
    places: dict[str, list[str]] = {}
    for place, charge in enumerate(charges, 1):
        if charge.note:
            places.setdefault(charge.note, []).append(str(place))
    return [f"{', '.join(numbers)}) {fmt.for_people(note)}" for note, numbers in places.items()]


def charge_period(charge: Charge, zone: SiteZone) -> str:
    """Return `1 Feb – 14 Feb` for whole days, the last included; with the times if they are not whole."""
    first, last = zone.local(charge.start), zone.local(charge.end)
    if _is_midnight(first) and _is_midnight(last):
        last -= timedelta(days=1)
    return " – ".join(f"{at.day:>2} {at:%b}" + ("" if _is_midnight(at) else f" {at:%H:%M}") for at in (first, last))


def _is_midnight(at: datetime) -> bool:
    return at.replace(microsecond=0).time() == time.min
