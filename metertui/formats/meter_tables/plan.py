"""How a table is read: what its columns are taken for, and all that must be known beside them.

What neither the table nor a person says is asked for by the names of options; until then a plan is not complete, and
shows what the table is taken for so far.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, Literal

import numpy as np

from metertui.engine.base import DAY, SECOND, SiteZone
from metertui.engine.errors import DataError, Refused
from metertui.formats.meter_tables.evidence import Evidence
from metertui.formats.meter_tables.figure_columns import (
    NO_FIGURES,
    TARIFFS,
    Figures,
    is_identifier,
    is_meter_id,
    is_power,
)
from metertui.formats.meter_tables.roles import Roles, holds_registers
from metertui.formats.meter_tables.row_series import RowText, series_of_streams
from metertui.formats.meter_tables.series_stats import Stats, stats_of
from metertui.formats.meter_tables.shape import Shape
from metertui.formats.meter_tables.whole_use import check_whole_use
from metertui.formats.meter_tables.words import POWER_UNITS, is_named, meaning_of, meter_rank, plain, rate_of, unit_of
from metertui.formats.said import (
    Asking,
    DateOrder,
    Kind,
    Need,
    Said,
    agreed,
    is_utc,
    not_said,
    quoted,
    unclear,
    zone_of,
)
from metertui.formats.tables import DecimalMark

_ORDER_NAMED: Final = re.compile(
    r"\b([dtjg]{1,2}|m{1,2}|[yja]{2,4})[./-](m{1,2}|[dtjg]{1,2})[./-]([yja]{2,4}|[dtjg]{1,2})\b"
)

_UTC_NAMED: Final = re.compile(
    r"(?<![A-Za-z])(?:UTC|GMT)(?:\s*([+-])\s*([0-9]{1,2})(?::?([0-9]{2}))?)?(?![A-Za-z0-9])", re.IGNORECASE
)
_NOT_UTC: Final = re.compile(r"\b(?:not|non|no|nicht|kein|niet|geen)\W{0,3}(?:UTC|GMT)", re.IGNORECASE)
_FEW: Final = 4
"""Rows that may contradict others: those of an hour that comes twice."""
_SEASONS: Final = np.array([1_735_732_800, 1_751_371_200]) * SECOND
"""January and July of a year, µs UTC."""


@dataclass(frozen=True)
class Plan:
    """How one of the series that stand side by side in a table is read."""

    roles: Roles
    kind: Kind | Literal[""]
    figures: Sequence[Figures]
    """The columns of figures that are read; a unit that is empty stands in the column of units."""
    order: DateOrder | Literal[""]
    marks: Mapping[int, DecimalMark]
    negated: frozenset[int]
    """The columns whose feed-in is written negative."""
    zone: SiteZone
    """The zone of times that name none."""
    stamps: str
    stats: Stats
    meter: str
    """The meter of rows that name none."""
    names_no_zone: bool = False
    """Whether a time names no zone."""
    needs: Sequence[Need] = ()
    """What must be said before the series can be read; what is empty above is among it."""
    row_texts: Sequence[RowText] = ()
    """What rows say of the series that they are of."""

    def columns(self) -> set[int]:
        """Return the columns that are read."""
        roles = self.roles
        others = [roles.meter, roles.unit, roles.channel, *(each.status for each in self.figures)]
        figures = [each.place for each in self.figures if each.place >= 0]
        return {*roles.times.places, *roles.slots, *figures, *(at for at in others if at is not None)}

    def other_roles(self) -> dict[int, str]:
        """Return what the columns are that hold no figures, in the words of `--columns`."""
        roles = self.roles
        named = {roles.meter: "meter", roles.unit: "unit", roles.channel: "channel"}
        named |= {each.status: "quality" for each in self.figures}
        return roles.times.roles() | {at: role for at, role in named.items() if at is not None}

    def leaving_out(self, columns: Mapping[int, str]) -> Plan:
        """Return the plan with further columns that are left out, and why."""
        return replace(self, roles=replace(self.roles, left_out={**self.roles.left_out, **columns}))

    def step_days(self) -> int:
        """Return how many days an interval lasts whose only time is a day."""
        return max(1, self.stats.step // DAY)


def make_plan(path: Path, shape: Shape, roles: Roles, said: Said, evidence: Evidence, site: SiteZone) -> Plan:
    """Return how a table is read, as far as it and a person say. Raises DataError where they contradict each other."""
    asking = Asking(roles.needs)
    if roles.channel is not None and roles.series.are_streams:  # known from the first rows until here
        roles = replace(roles, series=series_of_streams(evidence.texts.get(roles.channel, ()), evidence.series))
    zone = asking.noted(lambda: _zone(path, shape, roles, said, evidence, site), site)
    order: DateOrder | Literal[""] = ""
    order = asking.noted(lambda: _order(path, shape, roles, said, evidence), order)
    marks = _marks(path, shape, roles, evidence)
    stats = stats_of(shape, roles, order or "dmy", roles.figures, marks)
    figures, kind = roles.figures, said.kind
    if roles.are_decided:
        undecided: tuple[Kind | Literal[""], list[Figures]] = said.kind, figures
        kind, figures = asking.noted(lambda: _kind(path, roles, stats, said), undecided)
        same = f"the same energy, as {'intervals' if kind == 'register' else 'registers'}"
        taken = {each.place for each in figures}
        left_out = {each.place: same for each in roles.figures if each.place not in taken}
        roles = replace(roles, left_out={**roles.left_out, **left_out})
        figures = [
            asking.noted(partial(_with_unit, path, shape, roles, each, said, evidence, stats), each) for each in figures
        ]
        if kind == "interval" and not said.columns.keys() & TARIFFS:
            asking.noted(partial(check_whole_use, path, shape, figures, marks), None)
        if roles.channel is not None:
            check = partial(roles.series.check, path, evidence.series, kind, figures[0].unit, stats.clashing)
            asking.noted(check, None)
    else:
        kind = asking.noted(lambda: _kind_of_undecided(path, roles, stats, said), "")
        if not any(each.unit for each in figures):
            asking.noted(lambda: _with_unit(path, shape, roles, NO_FIGURES, said, evidence, stats), NO_FIGURES)
    asking.noted(lambda: _check_unknown(path, shape, evidence), None)
    meter = asking.noted(lambda: _meter(path, shape, roles, figures, said, evidence), "")
    negated = frozenset(each.place for each in figures if _is_negated(each, evidence))
    stamps = asking.noted(lambda: _stamps(path, shape, roles, kind, stats, said, evidence), "")
    if not asking.needs:
        _check_times(path, shape, figures, stats)
    needs, series = tuple(asking.needs), sorted(evidence.series)
    return Plan(roles, kind, figures, order, marks, negated, zone, stamps, stats, meter, evidence.bare, needs, series)


def _check_unknown(path: Path, shape: Shape, evidence: Evidence) -> None:
    """Raise NotSaid for a column that may say which series of a meter a row is of, in texts that nobody knows."""
    for (place, _), texts in evidence.unknown.items():
        if len(texts) > 1:
            name = shape.names[place]
            why = f"column '{name}' may tell series apart, and {quoted(sorted(texts))} are not known"
            raise unclear(path, "columns", why, f"--columns channel={name}, or --columns time=NAME,kwh=NAME without it")


def _check_times(path: Path, shape: Shape, figures: Sequence[Figures], stats: Stats) -> None:
    """Raise DataError where many rows contradict others: the column by which they differ is not known."""
    for each in figures:
        few = _FEW if each.place >= 0 else 0  # of days, each with many figures, one is not few
        if stats.contradicting[each.place] > max(few, stats.filled[each.place] // 4):
            other = f"another '{shape.names[each.place]}'" if each.place >= 0 else "other figures"
            why = f"many rows have the time of another one, and {other}"
            give = "--columns with the column that tells them apart, such as clock=NAME, meter=NAME or channel=NAME"
            raise DataError(path, None, f"{why}; give {give}")


def _stamps(path: Path, shape: Shape, roles: Roles, kind: str, stats: Stats, said: Said, evidence: Evidence) -> str:
    """Return which end of an interval the one time of a row is; empty where it does not matter."""
    one = not roles.times.is_pair and not roles.slots and not stats.day_only
    regular = bool(stats.step) and stats.regular
    if kind == "register":
        if said.stamps == "start" and not roles.times.is_pair and not (regular and stats.alike):
            why = "its times are not at regular intervals, so that no register can be that at the end of one"
            raise DataError(path, None, f"{why}; leave out --stamps")
        return said.stamps
    if not one or roles.times_are_a_guess:
        return said.stamps if not kind else ""
    shown = "end" if evidence.ends_days else ""
    stamps = agreed(path, "stamps", said.stamps, _stamps_named(shape, roles) or shown)
    if kind and not regular:
        why = "its times are not at regular intervals, so that no row says how long its interval is"
        raise unclear(path, "columns", why, "--columns start=NAME,end=NAME, or --kind register")
    return stamps


def _is_negated(figures: Figures, evidence: Evidence) -> bool:
    """Return whether feed-in is written negative."""
    fed = figures.channel in ("export", "production") or re.fullmatch("e[1-9]", figures.channel) is not None
    return fed and figures.place in evidence.negative - evidence.positive


def _order(path: Path, shape: Shape, roles: Roles, said: Said, evidence: Evidence) -> DateOrder:
    texts = [text for at in roles.times.dates() for text in (shape.names[at], *shape.context[at])]
    named = {order for text in texts if (order := _order_named(text))}
    found = named.pop() if len(named) == 1 else ""
    try:
        order = evidence.dates.decide(said.date_order or found)
    except Refused as error:
        raise DataError(path, None, error.why) from error
    if order is None:
        raise not_said(path, "date_order", evidence.dates.doubt)
    return order


def _order_named(text: str) -> DateOrder | None:
    """Return the order that the name of a column shows: `DD.MM.YYYY hh:mm`."""
    found = _ORDER_NAMED.search(plain(text))
    if found is None:
        return None
    letters = "".join("m" if part[0] == "m" else "y" if len(part) > 2 else "d" for part in found.groups())
    orders: dict[str, DateOrder] = {"dmy": "dmy", "mdy": "mdy", "ymd": "ymd"}
    return orders.get(letters)


def _marks(path: Path, shape: Shape, roles: Roles, evidence: Evidence) -> dict[int, DecimalMark]:
    marks: dict[int, DecimalMark] = {}
    for place, figures in evidence.figures.items():
        try:
            marks[place] = figures.decide() if figures.is_proven() else evidence.shared.decide()
        except Refused as error:
            if not roles.are_decided:
                marks[place] = "."
                continue
            name = shape.names[place] if place >= 0 else "of energy"
            raise DataError(path, None, f"column {name}: {error.why}") from error
    return marks


def _with_unit(
    path: Path, shape: Shape, roles: Roles, figures: Figures, said: Said, evidence: Evidence, stats: Stats
) -> Figures:
    """Return a column of figures with its unit; it stays empty where each row names it."""
    if roles.unit is not None:
        units = {unit for text in evidence.texts.get(roles.unit, ()) if (unit := unit_of(text))}
        if said.unit and units - {said.unit}:
            agreed(path, "unit", said.unit, ", ".join(sorted(units)))
        if units.difference(POWER_UNITS) or said.unit in POWER_UNITS:
            return replace(figures, unit=said.unit)
    found = figures.unit or _unit_of_series(roles, evidence)
    name = shape.names[figures.place] if figures.place >= 0 else ""
    if rate_of(name) not in (None, stats.length or stats.step):
        found = ""
        if not said.unit:
            why = f"column '{name}' is energy by something else than the intervals of the file"
            give = "--unit kWh if it is the energy of each interval, or --unit kW if it is kWh in an hour"
            raise unclear(path, "unit", why, give)
    if found in POWER_UNITS and not said.unit:
        raise is_power(path, name, found)
    return replace(figures, unit=agreed(path, "unit", said.unit, found))


def _unit_of_series(roles: Roles, evidence: Evidence) -> str:
    """Return the unit that all series name which the rows are of: a power only where none names energy."""
    named = [evidence.texts.get(roles.channel, set())] if roles.channel is not None else []
    said = [meaning_of(text) for texts in named for text in texts]
    energy = {each.unit for each in said if not each.not_energy}
    units = energy or {each.unit for each in said if each.not_energy == "power"}
    return units.pop() if len(units) == 1 else ""


def _stamps_named(shape: Shape, roles: Roles) -> str:
    """Return which end of an interval the name of the column says that its time is."""
    names = [shape.names[at] for at in roles.times.start if shape.named]
    start, end = (any(is_named(kind, name) for name in names) for kind in ("start", "end"))
    return "" if start == end else "start" if start else "end"


def _kind(path: Path, roles: Roles, stats: Stats, said: Said) -> tuple[Kind | Literal[""], list[Figures]]:
    """Return whether figures are registers or energy of intervals, and those that are."""
    figures = roles.figures
    registers = [each for each in figures if each.register]
    others = [each for each in figures if not each.register]
    if registers and others:
        kind: Kind = said.kind or ("register" if _are_better(registers, others, stats) else "interval")
        return kind, registers if kind == "register" else others
    found = "interval" if said.unit in POWER_UNITS else _kind_found(figures, stats, roles)
    if found == "doubtful" or not found:
        if not said.kind:
            raise not_said(path, "kind")
        found = said.kind
    if said.kind and said.kind != found and (registers or _falls(figures, stats)):
        agreed(path, "kind", said.kind, found)
    return said.kind or ("register" if found == "register" else "interval"), figures


def _kind_of_undecided(path: Path, roles: Roles, stats: Stats, said: Said) -> Kind | Literal[""]:
    """Return what figures are of which no one knows yet which are taken; nothing where that may tell."""
    found = {_kind_found([each], stats, roles) for each in roles.figures}
    if said.kind:
        return said.kind
    if "doubtful" in found:
        raise not_said(path, "kind")
    return "register" if found == {"register"} else "interval" if found == {"interval"} else ""


def _falls(figures: Sequence[Figures], stats: Stats) -> bool:
    """Return whether the figures of a column fall, as those of a register do not."""
    return any(stats.courses[each.place] == "interval" for each in figures)


def _are_better(registers: Sequence[Figures], others: Sequence[Figures], stats: Stats) -> bool:
    """Return whether registers know as many rows as the energy of intervals beside them, and never fall.

    Where that energy changes, registers that do not are none.
    """
    if all(each.place in stats.still for each in registers) and any(each.place not in stats.still for each in others):
        return False
    known = max(stats.filled[each.place] for each in registers) >= max(stats.filled[each.place] for each in others)
    return known and all(stats.courses[each.place] != "interval" for each in registers)


def _kind_found(figures: Sequence[Figures], stats: Stats, roles: Roles) -> str:
    """Return `register` or `interval` as names and figures tell; `doubtful`, or nothing, if they do not."""
    courses = {stats.courses[each.place] for each in figures} - {""}
    if "sums" in courses and not roles.slots and not roles.times.is_pair:
        return "register" if all(each.register for each in figures) else "doubtful"
    if all(each.register for each in figures):
        return "doubtful" if "interval" in courses else "register"
    if roles.slots or roles.times.is_pair or "interval" in courses:
        return "doubtful" if "register" in courses and not roles.times.is_pair else "interval"
    says = all(each.says_energy for each in figures)
    if "register" in courses:
        return "doubtful" if says or "doubtful" in courses else "register"
    return "interval" if says or (not courses and all(each.directed for each in figures)) else "doubtful"


def _meter(path: Path, shape: Shape, roles: Roles, figures: Sequence[Figures], said: Said, evidence: Evidence) -> str:
    """Return the meter of rows that name none; empty where every row, or every column, names its own."""
    if roles.meter is not None:
        found = sorted(evidence.texts.get(roles.meter, set()) - {""})
        is_known = is_identifier if holds_registers(shape, roles.meter) else is_meter_id
        if said.meter and (len(found) > 1 or any(map(is_known, found))):
            agreed(path, "meter", said.meter, " and ".join(found[:4]))
        return said.meter
    above = {each.meter for each in figures} - {""}
    if len(above) > 1 or (above and all(each.meter for each in figures) and _are_ids_of_columns(shape, figures)):
        return ""
    return agreed(path, "meter", said.meter, meter_above(shape, figures))


def meter_above(shape: Shape, figures: Sequence[Figures]) -> str:
    """Return the meter that stands above the rows of a table; empty where none does."""
    above = {each.meter for each in figures} - {""}
    return next((each for each in (*sorted(above), *_meters_before(shape)) if is_meter_id(each)), "")


def _are_ids_of_columns(shape: Shape, figures: Sequence[Figures]) -> bool:
    return all(each.place >= 0 and shape.names[each.place] == each.meter for each in figures)


def _meters_before(shape: Shape) -> list[str]:
    """Return the meter that the rows before a table name, the surest first."""
    found = [
        (meter_rank(texts[0]), texts[1])
        for texts in shape.before
        if len(texts) == 2 and any(map(str.isdigit, texts[1]))
    ]
    return [value for rank, value in sorted(found, key=lambda each: -each[0]) if rank and " " not in value]


def _zone(path: Path, shape: Shape, roles: Roles, said: Said, evidence: Evidence, site: SiteZone) -> SiteZone:
    """Return the zone of times that name none; that of the site where all name theirs."""
    texts = [
        text
        for at in roles.times.places
        for text in ((shape.names[at] if shape.named else ""), *shape.context[at])
        if text
    ]
    named = [found for text in texts if (found := _UTC_NAMED.search(text)) and not _NOT_UTC.search(text)]
    offset = next((f"{found[1]}{int(found[2]):02d}:{found[3] or '00'}" for found in named if found[1]), "")
    if offset:
        return _zone_at(path, said.zone, offset, site if not evidence.bare else None)
    if named and said.zone and not is_utc(said.zone):
        raise DataError(path, None, f"the file says UTC, which --zone {said.zone} contradicts")
    if named:
        return SiteZone("UTC")
    if not evidence.bare:
        return zone_of(path, said.zone) if said.zone else site
    if not said.zone:
        raise not_said(path, "zone")
    return zone_of(path, said.zone)


def _zone_at(path: Path, said: str, offset: str, otherwise: SiteZone | None) -> SiteZone:
    """Return the zone of times whose column names an offset from UTC, all year `otherwise` if none is said.

    Raises NotSaid, DataError.
    """
    if not said and otherwise is not None:
        return otherwise
    if not said:
        fact = f"the times are UTC{offset}, all year or with summer time"
        raise unclear(path, "zone", fact, f"--zone {offset}, or a zone such as --zone Europe/Vienna")
    zone, stated = zone_of(path, said), zone_of(path, offset)
    if not any(zone.wall_clock(at) == stated.wall_clock(at) for at in _SEASONS):
        raise DataError(path, None, f"the file says UTC{offset}, which --zone {said} contradicts")
    return zone
