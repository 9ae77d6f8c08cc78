"""The series of a Green Button file: which readings belong together, what they measure, and which of them count."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from metertui.engine.base import Identifier, check_meter_id
from metertui.engine.errors import DataError, Refused
from metertui.formats.espi_feed import Entry
from metertui.formats.exact_energy import power_of
from metertui.formats.said import Kind, Said, agreed, not_said

_WATT_HOURS: Final = "72"
_UNITS: Final = {
    "38": "W",
    "42": "m³",
    "63": "VA",
    "65": "var",
    "71": "VAh",
    "73": "varh",
    "119": "ft³",
    "169": "therm",
}
_DIRECTIONS: Final = {"1": "use", "19": "export"}
_NO_USE: Final = {"4": "the net of use and feed-in", "20": "the total of use and feed-in"}
_ELECTRICITY: Final = ("", "0", "1", "2")
_KINDS: Final[dict[str, Kind]] = {"4": "interval", "1": "register", "3": "register", "9": "register"}
"""Deltas are the energy of intervals; bulk quantities, cumulative values and summations are registers."""
_MEASURED: Final = frozenset({"0", "11", "14", "17", "18", "19"})
"""Qualities of what was measured: valid, derived, raw, validated, verified, fit for billing."""
_EDITED: Final = "7"
_MOST_POWER: Final = 12
_WHOLE: Final = re.compile(r"[0-9]{1,12}")
_TARIFF: Final = re.compile(r"[1-9]?")
_MULTIPLIER: Final = re.compile(r"[+-]?[0-9]{1,3}")


@dataclass
class Series:
    """Readings of one MeterReading, and what its ReadingType says of them."""

    point: str
    """Its UsagePoint, by the end of its address."""
    name: str
    direction: str
    unit: str
    power: int
    """The power of ten by which a figure is multiplied to be in µWh."""
    kind: Kind | None
    """None if the file does not say it."""
    step: int
    """Seconds an interval; 0 if only the readings say it."""
    tariff: str
    quality: int
    """That of readings that state none."""
    why: str
    """Why it is left out; empty if it counts."""
    identifier: str = ""
    """The register that it is stored as, if it counts."""
    span: list[tuple[int, int]] = field(default_factory=list)
    """Start and end of each of its blocks, seconds since 1970; everything for one that does not say it."""


def quality_of(codes: Iterable[str], without: int) -> int:
    """Return the quality of a reading with these codes: the least sure of them; `without` if it has none."""
    worst = {code: 0 if code in _MEASURED else 2 if code == _EDITED else 1 for code in codes}
    return max(worst.values()) if worst else without


class Catalogue:
    """The series of a feed, by the blocks that hold their readings."""

    def __init__(self, entries: Sequence[Entry], said: Said) -> None:
        """Find the series. `entries` are those of the whole feed, in order."""
        self._said = said
        self._types = {_tail(each, "ReadingType"): each for each in entries if each.kind == "ReadingType"}
        self._points: dict[str, Entry] = {}
        found: dict[str, Series] = {}
        self.of_blocks: list[Series] = []
        """The series of each block, in order."""
        self.zone_offset = ""
        """The standard offset that the file's local time has, in seconds; empty if it states none."""
        point = reading = ""
        for at, entry in enumerate(entries):
            match entry.kind:
                case "UsagePoint":
                    point = _tail(entry, "UsagePoint") or str(len(self._points) + 1)
                    self._points[point] = entry
                case "LocalTimeParameters":
                    self.zone_offset = self.zone_offset or entry.texts.get("tzOffset", "")
                case "MeterReading":
                    reading = _reading_of(entry) or f"MeterReading/{at}"
                    if reading not in found:  # a feed may have an entry again
                        found[reading] = self._series(entry, reading, point, _type_of(entry, entries[at:], self._types))
                case "IntervalBlock":
                    series = found.get(_reading_of(entry) or reading)
                    if series is None:
                        name = _reading_of(entry) or "an interval block"
                        series = found[name] = self._series(entry, name, point, _type_of(entry, entries, self._types))
                    series.span.append(_span_of(entry))
                    self.of_blocks.append(series)
        self.series = [each for each in found.values() if each.span]

    def _series(self, entry: Entry, name: str, point: str, kind_of: Entry | None) -> Series:
        point = _part(name, "UsagePoint") or point
        says = {} if kind_of is None else kind_of.texts
        unit = "Wh" if says.get("uom") == _WATT_HOURS else _UNITS.get(says.get("uom", ""), says.get("uom", ""))
        unit = self._said.unit if unit in ("", "0") and not self._said.unit.endswith("W") else unit
        multiplier = says.get("powerOfTenMultiplier", "0")
        fits = _MULTIPLIER.fullmatch(multiplier) is not None and abs(int(multiplier)) <= _MOST_POWER
        power = (int(multiplier) if fits else 0) + (power_of(unit) if unit in ("Wh", "kWh", "MWh") else 0)
        title = entry.title or (kind_of.title if kind_of is not None else "")
        behaviour = says.get("accumulationBehaviour", "0")
        step = says.get("intervalLength", "")
        series = Series(
            point=point,
            name=f"{name.rpartition('UsagePoint/')[2]} {title}".strip(),
            direction=_DIRECTIONS.get(says.get("flowDirection", ""), ""),
            unit=unit,
            power=power,
            kind=_KINDS.get(behaviour, self._said.kind or None),
            step=int(step) if _WHOLE.fullmatch(step) else 0,
            tariff=says.get("tou", "").strip("0"),
            quality=quality_of(says.get("defaultQuality", "").split(), 0),
            why="",
        )
        series.why = self._why_left_out(series, says, kind_of, fits, behaviour)
        return series

    def _why_left_out(
        self, series: Series, says: dict[str, str], kind_of: Entry | None, fits: bool, behaviour: str
    ) -> str:
        service = (
            self._points[series.point].texts.get("ServiceCategory/kind", "") if series.point in self._points else ""
        )
        if kind_of is None:
            return "no ReadingType says what it measures"
        if service not in ("", "0") or says.get("commodity", "") not in _ELECTRICITY:
            return "it is not electricity"
        if series.unit not in ("Wh", "kWh", "MWh"):
            return f"its unit is {series.unit or 'not said'}, which is no energy"
        if not fits:
            return f"its powerOfTenMultiplier is {says['powerOfTenMultiplier'][:20]}"
        if behaviour not in ("0", *_KINDS):
            return "it neither adds up nor is energy of intervals"
        if not series.direction:
            flow = says.get("flowDirection", "")
            return _NO_USE.get(flow, "the file does not say whether it is use or feed-in")
        if _TARIFF.fullmatch(series.tariff) is None:
            return f"its tariff is {series.tariff[:20]}, and a meter has those from 1 to 9"
        return ""

    def choose(self, path: Path) -> Kind:
        """Give each series that counts its register, and the others the reason why not. Return the kind of them all.

        Raises DataError if what is said and what the file says do not fit, or not suffice.
        """
        counted = [each for each in self.series if not each.why]
        if not counted:
            why = "; ".join(f"{each.name}: {each.why}" for each in self.series[:3])
            raise DataError(path, None, f"the file has no energy that is used or fed in ({why or 'no readings'})")
        for each in counted:
            if self._said.unit:
                agreed(path, "unit", self._said.unit, each.unit)
            if each.kind is None:
                raise not_said(path, "kind", each.name)
        kind = self._said.kind or ("interval" if any(each.kind == "interval" for each in counted) else "register")
        for each in counted:
            if each.kind != kind:
                each.why = "the same energy as registers" if kind == "interval" else "the same energy in intervals"
        counted = [each for each in counted if not each.why]
        if not counted:
            raise DataError(path, None, f"the file has no {kind}s, which --kind {kind} contradicts")
        _leave_out_coarser(counted)
        self._name(path, [each for each in counted if not each.why])
        return kind

    def _name(self, path: Path, counted: Sequence[Series]) -> None:
        points = list(dict.fromkeys(each.point for each in counted))
        if len(points) > 1 and self._said.meter:
            named = ", ".join(points[:5]) + (" …" if len(points) > 5 else "")
            raise DataError(
                path, None, f"the file has the meters {named}, which --meter {self._said.meter} contradicts"
            )
        if len(points) == 1 and not self._said.meter:
            raise not_said(path, "meter", f"it names only UsagePoint {points[0]}")
        for each in counted:
            try:
                meter = self._said.meter or check_meter_id(each.point)
            except Refused as error:
                raise DataError(path, None, f"UsagePoint '{each.point[:40]}': {error.why}") from error
            channel = f"{'t' if each.direction == 'use' else 'e'}{each.tariff}" if each.tariff else each.direction
            each.identifier = str(Identifier(meter, channel))


def _leave_out_coarser(counted: Sequence[Series]) -> None:
    """Say of series why they are left out if finer ones, or those of the whole feed-in, have the same energy."""
    groups: dict[tuple[str, str, str], list[Series]] = defaultdict(list)
    for each in counted:
        groups[each.point, each.direction, each.tariff].append(each)
    for group in groups.values():
        for each in group:
            if any(0 < other.step < each.step and _overlap(each, other) for other in group):
                each.why = "the same energy in longer intervals"
    for each in counted:
        whole = groups.get((each.point, each.direction, ""), [])
        if each.tariff and each.direction == "export" and any(_overlap(each, other) for other in whole):
            each.why = "a part of the whole feed-in, which the file has as well"


def _overlap(one: Series, other: Series) -> bool:
    """Return whether two series have a time in common, by the spans of their blocks."""
    first, last = min(start for start, _ in one.span), max(end for _, end in one.span)
    return any(start < last and end > first for start, end in other.span)


def _span_of(entry: Entry) -> tuple[int, int]:
    start, duration = (entry.texts.get(f"interval/{name}", "") for name in ("start", "duration"))
    if not (_WHOLE.fullmatch(start) and _WHOLE.fullmatch(duration)):
        return 0, 1 << 62
    return int(start), int(start) + int(duration)


def _part(address: str, name: str) -> str:
    """Return what follows a name in an address: `01` of `…/UsagePoint/01/MeterReading`."""
    match = re.search(rf"{name}/([^/?#]+)", address)
    return match[1] if match is not None else ""


def _tail(entry: Entry, name: str) -> str:
    """Return what an entry is called in its own address, after a name."""
    return _part(entry.link_to(f"{name}/", "self"), name)


def _reading_of(entry: Entry) -> str:
    """Return the MeterReading that an entry is or belongs to, with its UsagePoint where its address has it."""
    for relation in ("self", "up"):
        match = re.search(r"(?:UsagePoint/[^/?#]+/)?MeterReading/[^/?#]+", entry.link_to("MeterReading/", relation))
        if match is not None:
            return match[0]
    return ""


def _type_of(entry: Entry, following: Iterable[Entry], types: dict[str, Entry]) -> Entry | None:
    """Return the ReadingType of a MeterReading: the one that it links to, the only one, or the next after it."""
    linked = types.get(_part(entry.link_to("ReadingType/"), "ReadingType"))
    if linked is not None or len(types) == 1:
        return linked or next(iter(types.values()))
    return next((each for each in following if each.kind == "ReadingType"), None)
