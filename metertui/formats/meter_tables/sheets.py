"""Sheets of a workbook under one heading: they go on with one series, unless their times are the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

from metertui.engine.errors import DataError
from metertui.formats.meter_tables.roles import Roles
from metertui.formats.meter_tables.shape import Shape, clean
from metertui.formats.said import quoted


def check_sheets(path: Path, form: str, shape: Shape, others: Sequence[Shape], roles: Roles) -> None:
    """Raise DataError where sheets under the heading of `shape` hold other figures for the same times.

    They may be of a meter each, and no row says of which. `form` is what the file is, in words.
    """
    if roles.meter is not None:
        return
    sheets = [shape, *(each for each in others if each is not shape and each.names == shape.names)]
    if any(_contradict(one, other, roles) for one, other in combinations(sheets, 2)):
        which = f"{'arrays' if form == 'JSON' else 'sheets'} {quoted([each.sheet for each in sheets])}"
        raise DataError(
            path,
            None,
            f"the {which} hold different figures for the same times, as of a meter or a channel each; save each as a "
            "file of its own, and import it with its --meter or --columns",
        )


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
