"""How a table is read: what its columns are taken for, and all that must be known beside them.

A plan is complete or there is none: what neither the table nor a person says is asked for by the name of an option.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from metertui.engine.base import DAY, SiteZone
from metertui.engine.errors import DataError, MeterError, Refused
from metertui.formats.meter_tables.energies import energy_reader
from metertui.formats.meter_tables.evidence import Evidence
from metertui.formats.meter_tables.figure_columns import Figures, is_meter_id, is_power
from metertui.formats.meter_tables.roles import Roles
from metertui.formats.meter_tables.series_stats import Stats, stats_of
from metertui.formats.meter_tables.shape import Shape
from metertui.formats.meter_tables.words import is_named, meter_rank, plain, unit_of
from metertui.formats.said import DateOrder, Kind, Said, agreed, not_said
from metertui.formats.tables import DecimalMark

_OFFSET: Final = re.compile(r"([+-])([0-9]{1,2})(?::?(00))?")
_ORDER_NAMED: Final = re.compile(
    r"\b([dtjg]{1,2}|m{1,2}|[yja]{2,4})[./-](m{1,2}|[dtjg]{1,2})[./-]([yja]{2,4}|[dtjg]{1,2})\b"
)


@dataclass(frozen=True)
class Plan:
    """How one of the series that stand side by side in a table is read."""

    roles: Roles
    kind: Kind
    figures: Sequence[Figures]
    """The columns of figures that are read; a unit that is empty stands in the column of units."""
    order: DateOrder
    marks: Mapping[int, DecimalMark]
    negated: frozenset[int]
    """The columns whose feed-in is written negative."""
    zone: SiteZone
    """The zone of times that name none."""
    stamps: str
    stats: Stats
    meter: str
    """The meter of rows that name none."""
    notes: Sequence[str] = ()

    def columns(self) -> set[int]:
        """Return the columns that are read."""
        roles = self.roles
        others = [roles.meter, roles.unit, roles.channel, *(each.status for each in self.figures)]
        figures = [each.place for each in self.figures if each.place >= 0]
        return {*roles.times.places, *roles.slots, *figures, *(at for at in others if at is not None)}

    def about(self, shape: Shape) -> str:
        """Return what its columns are taken for, for a person."""
        names = [f"'{shape.names[at]}'" for at in self.roles.times.places]
        ends = {"start": ", the start of each interval", "end": ", the end of each interval"}.get(self.stamps, "")
        taken = [
            f"{self._name(shape, each)} is {each.channel} in {each.unit or 'the unit of its row'}"
            for each in self.figures
        ]
        left_out = [f"'{shape.names[at]}' left out: {why}" for at, why in self.roles.left_out.items()]
        what = "registers" if self.kind == "register" else "energy of intervals"
        when = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} the time{ends}"
        return f"{what}: {'; '.join([when, *taken, *left_out])}"

    def _name(self, shape: Shape, figures: Figures) -> str:
        return (
            f"'{shape.names[figures.place]}'"
            if figures.place >= 0
            else f"each of {len(self.roles.slots)} parts of a day"
        )

    def step_days(self) -> int:
        """Return how many days an interval lasts whose only time is a day."""
        return max(1, self.stats.step // DAY)


def make_plan(path: Path, shape: Shape, roles: Roles, said: Said, evidence: Evidence, site: SiteZone) -> Plan:
    """Return how a table is read. Raises DataError for what neither it nor a person says, or both differently."""
    order = _order(path, shape, roles, said, evidence)
    marks = _marks(path, shape, evidence)
    readers = {each.place: energy_reader(marks[each.place], "kWh") for each in roles.figures}
    stats = stats_of(shape, roles, order, roles.figures, readers)
    kind, figures, notes = _kind(path, shape, roles, roles.figures, stats, said)
    figures = [_with_unit(path, shape, roles, each, said, evidence) for each in figures]
    negated = frozenset(each.place for each in figures if _is_negated(each, evidence))
    stamps = ""
    if kind == "interval" and not roles.times.is_pair and not roles.slots and not stats.day_only:
        stamps = agreed(path, "stamps", said.stamps, _stamps_named(shape, roles))
        if not stats.step or not stats.regular:
            why = "its times are not at regular intervals, so that no row says how long its interval is"
            raise DataError(path, None, f"{why}; give --columns start=NAME,end=NAME, or --kind register")
    if kind == "register":
        stamps = said.stamps
        if stamps == "start" and not roles.times.is_pair and not (stats.step and stats.regular):
            why = "its times are not at regular intervals, so that no register can be that at the end of one"
            raise DataError(path, None, f"{why}; leave out --stamps")
    meter = _meter(path, shape, roles, figures, said, evidence)
    zone = _zone(path, shape, roles, said, evidence, site)
    return Plan(roles, kind, figures, order, marks, negated, zone, stamps, stats, meter, notes)


def _is_negated(figures: Figures, evidence: Evidence) -> bool:
    """Return whether feed-in is written negative."""
    fed = figures.channel in ("export", "production") or re.fullmatch("e[1-9]", figures.channel) is not None
    return fed and evidence.negative[figures.place] > 0 and not evidence.positive[figures.place]


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


def _marks(path: Path, shape: Shape, evidence: Evidence) -> dict[int, DecimalMark]:
    marks: dict[int, DecimalMark] = {}
    for place, figures in evidence.figures.items():
        try:
            marks[place] = figures.decide() if figures.is_proven() else evidence.shared.decide()
        except Refused as error:
            name = shape.names[place] if place >= 0 else "of energy"
            raise DataError(path, None, f"column {name}: {error.why}") from error
    return marks


def _with_unit(path: Path, shape: Shape, roles: Roles, figures: Figures, said: Said, evidence: Evidence) -> Figures:
    """Return a column of figures with its unit; it stays empty where each row names it."""
    if roles.unit is not None:
        units = {unit for text in evidence.texts.get(roles.unit, ()) if (unit := unit_of(text))}
        if said.unit and units - {said.unit}:
            agreed(path, "unit", said.unit, ", ".join(sorted(units)))
        if units - {"kW"} or said.unit == "kW":
            return replace(figures, unit=said.unit)
    found = figures.unit
    name = shape.names[figures.place] if figures.place >= 0 else ""
    if found == "kW" and not said.unit:
        raise is_power(path, name)
    return replace(figures, unit=agreed(path, "unit", said.unit, found))


def _stamps_named(shape: Shape, roles: Roles) -> str:
    """Return which end of an interval the name of the column says that its time is."""
    names = [shape.names[at] for at in roles.times.start if shape.named]
    start, end = (any(is_named(kind, name) for name in names) for kind in ("start", "end"))
    return "" if start == end else "start" if start else "end"


def _kind(
    path: Path, shape: Shape, roles: Roles, figures: list[Figures], stats: Stats, said: Said
) -> tuple[Kind, list[Figures], list[str]]:
    """Return whether figures are registers or energy of intervals, those that are, and what is worth a word."""
    registers = [each for each in figures if each.register]
    others = [each for each in figures if not each.register]
    if registers and others:
        kind: Kind = said.kind or ("register" if _are_better(registers, others, stats) else "interval")
        chosen, rest = (registers, others) if kind == "register" else (others, registers)
        names = ", ".join(f"'{shape.names[each.place]}'" for each in rest)
        return (
            kind,
            chosen,
            [f"{names} left out: the same energy as {'intervals' if kind == 'register' else 'registers'}"],
        )
    found = _kind_found(figures, stats, roles)
    if found == "doubtful" or not found:
        if not said.kind:
            raise not_said(path, "kind")
        found = said.kind
    if said.kind and said.kind != found and (registers or _falls(figures, stats)):
        agreed(path, "kind", said.kind, found)
    return said.kind or ("register" if found == "register" else "interval"), figures, []


def _falls(figures: Sequence[Figures], stats: Stats) -> bool:
    """Return whether the figures of a column fall, as those of a register do not."""
    return any(stats.courses[each.place] == "interval" for each in figures)


def _are_better(registers: Sequence[Figures], others: Sequence[Figures], stats: Stats) -> bool:
    """Return whether registers know as many rows as the energy of intervals beside them, and never fall."""
    known = max(stats.filled[each.place] for each in registers) >= max(stats.filled[each.place] for each in others)
    return known and all(stats.courses[each.place] != "interval" for each in registers)


def _kind_found(figures: Sequence[Figures], stats: Stats, roles: Roles) -> str:
    """Return `register` or `interval` as names and figures tell; `doubtful`, or nothing, if they do not."""
    courses = {stats.courses[each.place] for each in figures} - {""}
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
        if said.meter and (len(found) > 1 or (found and is_meter_id(found[0]))):
            agreed(path, "meter", said.meter, " and ".join(found[:4]))
        return said.meter
    above = {each.meter for each in figures} - {""}
    if len(above) > 1 or (above and all(each.meter for each in figures) and _are_ids_of_columns(shape, figures)):
        return ""
    found = [each for each in (*sorted(above), *_meters_before(shape)) if is_meter_id(each)]
    return agreed(path, "meter", said.meter, found[0] if found else "")


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
    named = any(
        re.search(r"\b(?:utc|gmt)\b", plain(text))
        for at in roles.times.places
        for text in ((shape.names[at] if shape.named else ""), *shape.context[at])
    )
    if named and said.zone and not _is_utc(said.zone):
        raise DataError(path, None, f"the file says UTC, which --zone {said.zone} contradicts")
    if named:
        return SiteZone("UTC")
    if not evidence.bare:
        return zone_of(path, said.zone) if said.zone else site
    if not said.zone:
        raise not_said(path, "zone")
    return zone_of(path, said.zone)


def _is_utc(name: str) -> bool:
    return name.upper() in ("UTC", "GMT", "Z", "ETC/UTC", "+00:00", "+00")


def zone_of(path: Path, name: str) -> SiteZone:
    """Return the zone of `--zone`: its name, or an offset in whole hours such as +10:00. Raises DataError."""
    if _is_utc(name):
        return SiteZone("UTC")
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        name = f"Etc/GMT{'-' if offset[1] == '+' else '+'}{int(offset[2])}"
    try:
        return SiteZone(name)
    except MeterError as error:
        raise DataError(path, None, f"--zone {name}: {error}") from error
