"""A proposal of the register of a meter that is silent, from what it is known to have used."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import numpy as np

from metertui.engine.base import DAY, MAX_WH, ONE_TIMES, Device, SiteZone, Window, format_kwh
from metertui.engine.usage.series import Series

_MEAN: Final = 28 * DAY
"""The time before the last reading whose mean is taken."""
Basis = Literal["between", "year before", "mean"]


class Proposal(NamedTuple):
    """A register (Wh) at an instant (µs UTC), and what it follows from."""

    at: int
    wh: int
    since: int
    """The counted reading before it, µs UTC."""
    register: int
    """Its register, Wh."""
    basis: Basis
    """On the line between two readings; with what was used on the same days a year before; with a mean."""
    start: int
    """The time (start, end] that was looked at, µs UTC, and what was used in it, Wh."""
    end: int
    used_wh: int

    def reason(self, zone: SiteZone) -> str:
        """Return a clause that says what it follows from."""
        since, start, end = (zone.iso(at) for at in (self.since, self.start, self.end))
        if self.basis == "between":
            return f"on the line between the readings at {start} and {end}"
        what = "on the same days a year before, " if self.basis == "year before" else "as a mean, "
        added = f"{what}{format_kwh(self.used_wh)} kWh from {start} to {end}"
        return f"{format_kwh(self.register)} kWh counted at {since} and what was used {added}"


def propose_register(series: Series, at: int, zone: SiteZone) -> Proposal | None:
    """Return the register that a meter is likely to show at an instant (µs UTC); None if too little is known of it.

    Between two counted readings it is on the line. After the last one it is that and what the meter used in the same
    days of the year before, where these are known, or else its mean over four weeks, or over a day at least.
    """
    reads = series.read_curve
    place = int(np.searchsorted(reads.time, at, side="right")) - 1
    if place < 0:
        return None
    since, register = int(reads.time[place]), int(reads.base[place])
    if place + 1 < len(reads):
        until = int(reads.time[place + 1])
        places, instants = np.array([place + 1]), np.array([at])
        wh = int(reads.register_at(places, instants, reads.energy_at(places, instants))[0])
        used = int(reads.energy[place + 1] - reads.energy[place])
        return Proposal(at, wh, since, register, "between", since, until, used)
    device = series.limits.device_at(since)
    if device.daily_reset:
        return None
    day = zone.day(since)
    before = day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)
    shift = (day - before).days * DAY
    start, end = since - shift, at - shift
    if _is_known(series, start, end):
        used = series.energy_at(end) - series.energy_at(start)
        return _proposal(at, since, register, "year before", start, end, used, used, device)
    start = max(since - _MEAN, series.first or since)
    if since - start < DAY or not _is_known(series, start, since):
        return None
    used = series.energy_at(since) - series.energy_at(start)
    return _proposal(at, since, register, "mean", start, since, used, used * (at - since) // (since - start), device)


def _proposal(
    at: int, since: int, register: int, basis: Basis, start: int, end: int, used: int, more: int, device: Device
) -> Proposal:
    """Return a proposal by `more` energy, Wh: the register rises by that without its multiplier, and may roll over."""
    wh = register + more * ONE_TIMES // device.multiplier
    wh = wh % device.range_wh if device.range_wh else min(wh, MAX_WH)
    return Proposal(at, wh, since, register, basis, start, end, used)


def _is_known(series: Series, start: int, end: int) -> bool:
    """Return whether what was used in (start, end], µs UTC, is known without a gap."""
    usage = series.usage(Window("basis", start, end))
    return series.covers(Window("basis", start, end)) and usage.usage_wh is not None and not usage.missing_us
