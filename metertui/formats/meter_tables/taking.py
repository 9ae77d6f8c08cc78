"""What a table is taken for, column by column, for a person who may know better."""

from __future__ import annotations

from collections.abc import Sequence

from metertui.formats.meter_tables.figure_columns import Figures
from metertui.formats.meter_tables.plan import Plan
from metertui.formats.meter_tables.row_series import not_energy
from metertui.formats.meter_tables.shape import MISSING, Shape, clean
from metertui.formats.meter_tables.words import unit_of
from metertui.formats.said import Series, Taken

_FIRST = 3
"""Cells of a column that are shown."""
_OF_ITS_ROW = "METER"
"""In place of the meter where each row names its own."""


def taken_of(form: str, shape: Shape, plans: Sequence[Plan], mapped: str, notes: Sequence[str]) -> Taken:
    """Return what a table is taken for, by plans that may still lack something.

    `mapped` is the name of the mapping by which it is known; `notes` are what else was decided.
    """
    one = plans[0]
    series = [_column(shape, plans, at) for at in range(len(shape.names))]
    slots = one.roles.slots
    if slots:
        parts = Series(f"{len(slots)} parts of a day", _register(one, one.figures[0]), one.figures[0].unit)
        series = [parts if at == slots[0] else each for at, each in enumerate(series) if at not in slots[1:]]
    units = {each.text: each.unit for each in one.row_texts if unit_of(each.unit) or not each.unit}
    series += [
        _row_series(one, *each) for each in units.items() if each[0] and not not_energy(each[0], one.figures[0].unit)
    ]
    stamps = one.stamps if one.kind != "register" or one.stamps == "start" else ""
    zone = one.zone.name if one.names_no_zone else ""
    return Taken(form, one.kind, series, one.meter, zone, stamps, one.order, mapped, notes)


def _column(shape: Shape, plans: Sequence[Plan], at: int) -> Series:
    roles = {place: role for plan in plans for place, role in plan.other_roles().items()}
    figures = [(plan, each) for plan in plans for each in plan.figures if each.place == at and each.channel]
    name, number = shape.names[at], at + 1
    first = _first(shape, at)
    if figures:
        plan, each = figures[0]
        role = "+".join(one.channel for _, one in figures)
        return Series(name, _register(plan, each), each.unit, "", role, number, first)
    why = next((why for plan in plans if (why := plan.roles.left_out.get(at))), "")
    asked = [each for plan in plans for each in plan.figures if each.place == at]
    unit = asked[0].unit if asked else ""
    return Series(name, "", unit, why, roles.get(at, ""), number, first)


def _row_series(plan: Plan, text: str, unit_text: str) -> Series:
    """Return a series of rows, by its text and that of its unit."""
    unit = unit_of(unit_text) or plan.figures[0].unit
    channel = plan.roles.series.channel_of(text)
    if not channel:
        return Series(text, "", unit, plan.roles.series.why_left_out(text))
    if any(f"'{text}'" in need.fact for need in plan.needs):
        return Series(text, "", unit)
    meter = plan.meter or plan.figures[0].meter or _OF_ITS_ROW
    return Series(text, _identifier(meter, channel), unit, "", channel)


def _register(plan: Plan, figures: Figures) -> str:
    return _identifier(plan.meter or figures.meter or _OF_ITS_ROW, figures.channel)


def _identifier(meter: str, channel: str) -> str:
    return meter if channel == "use" else f"{meter}:{channel}"


def _first(shape: Shape, at: int) -> list[str]:
    """Return the first cells of a column that are not empty."""
    found = []
    for row in shape.rows:
        cell = clean(row.cells[at]) if at < len(row.cells) else ""
        if cell.lower() not in MISSING:
            found.append(cell)
            if len(found) == _FIRST:
                break
    return found
