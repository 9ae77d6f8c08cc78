"""Sheets of a workbook under one heading: they go on with one series.

They do not where their times are the same, or where other meters or units stand above their rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

from metertui.engine.errors import DataError, MeterError
from metertui.formats.meter_tables.plan import meter_above
from metertui.formats.meter_tables.roles import Roles, find_roles
from metertui.formats.meter_tables.shape import Shape, clean
from metertui.formats.meter_tables.words import meaning_of, meter_named
from metertui.formats.said import Said, quoted


def check_sheets(path: Path, form: str, shape: Shape, others: Sequence[Shape], said: Said) -> None:
    """Raise DataError where sheets under the heading of `shape` hold other figures for the same times.

    They may be of a meter each, and no row says of which. Raise it as well where what stands above them names other
    meters or units than above `shape`, or than is `said`. `form` is what the file is, in words.
    """
    roles, *_ = find_roles(path, shape, said)
    sheets = [shape, *(each for each in others if each is not shape and each.names == shape.names)]
    _check_above(path, form, sheets, said)
    _check_directions(path, form, sheets, roles)
    if roles.meter is not None:
        return
    if any(_contradict(one, other, roles) for one, other in combinations(sheets, 2)):
        which = f"{'arrays' if form == 'JSON' else 'sheets'} {quoted([each.sheet for each in sheets])}"
        raise DataError(
            path,
            None,
            f"the {which} hold different figures for the same times, as of a meter or a channel each; save each as a "
            "file of its own, and import it with its --meter or --columns",
        )


def _check_above(path: Path, form: str, sheets: Sequence[Shape], said: Said) -> None:
    """Raise DataError for the first sheet whose rows are read by what stands above those of another one."""
    asked = {"meter": said.meter, "meter in words": said.meter}
    first, *others = (_told_above(path, each, said) for each in sheets)
    for sheet, told in zip(sheets[1:], others, strict=True):
        for what, found in told.items():
            known = first.get(what, "") or asked.get(what, said.unit)
            if known != found:
                kind, name = ("array", "arrays") if form == "JSON" else ("sheet", "sheets")
                why = f"the {kind} '{sheet.sheet}' names '{found}' above its rows, and '{sheets[0].sheet}' "
                why += f"'{first[what]}'" if first.get(what) else "nothing like it"
                raise DataError(path, None, f"{why}; save the {name} as files of their own, and import each")


def _check_directions(path: Path, form: str, sheets: Sequence[Shape], roles: Roles) -> None:
    """Raise DataError where sheets are named by different directions, such as import and export, and no column is."""
    if roles.channel is not None or any(each.directed for each in roles.figures):
        return
    named = {each.sheet: meaning_of(each.sheet).direction or "use" for each in sheets}
    if len({direction.replace("consumed", "use") for direction in named.values()}) > 1:
        what = "arrays" if form == "JSON" else "sheets"
        why = f"the {what} {quoted([*named])} may be use as well as feed-in"
        raise DataError(path, None, f"{why}; save each as a file of its own, and import it with its --columns")


def _told_above(path: Path, shape: Shape, said: Said) -> dict[str, str]:
    """Return the meter and the units of columns that a sheet names itself, by what they are of."""
    told: dict[str, str] = {}
    try:
        every = find_roles(path, shape, said)
    except MeterError:  # too few rows of it show what they are
        return told
    for roles in every:
        if roles.meter is None and (meter := meter_above(shape, roles.figures)):
            told["meter"] = meter
        elif roles.meter is None and (named := [*filter(None, map(meter_named, shape.before))]):
            told["meter in words"] = named[0]
        told |= {f"unit {each.place}": each.unit for each in roles.figures if each.unit}
    return told


def _contradict(one: Shape, other: Shape, roles: Roles) -> bool:
    """Return whether most of the times of the shorter sheet have other cells in the other one.

    A few may: the last time of a month may be the first of the next one as well.
    """
    known, cells = dict(_by_time(one, roles)), dict(_by_time(other, roles))
    different = sum(known.get(time, found) != found for time, found in cells.items())
    return 2 * different > min(len(known), len(cells))


def _by_time(shape: Shape, roles: Roles) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield the first rows of a sheet, each with the cells that say when it is, and what of."""
    named = [each for each in (roles.channel, roles.unit) if each is not None]
    places = [*roles.times.places, *named]
    for row in shape.rows:
        if row.fault is None and len(row.cells) > max(places):
            yield tuple(clean(row.cells[at]) for at in places), row.cells
