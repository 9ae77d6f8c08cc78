"""Simulated meters: accounts and registers like those of a town, for demonstrations and tests.

The power of a meter is its mean plus a sum of cosines (a year, a week, a day, half a day, some short periods) with
amplitudes that sum to less than the mean, so that it is never negative. The register is the integral in closed form:
it is known for any instant without earlier ones, equal seeds give equal readings, and a simulation that is restarted
continues where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from metertui.engine.accounts import Account
from metertui.engine.base import DAY, HOUR, SiteZone
from metertui.engine.errors import MeterError

_TOWN: Final = {
    "Central": ("Harbour", "Old Town", "Riverside"),
    "East": ("Orchard Hill", "Seafront"),
    "North": ("Pinewood", "Quarry"),
    "West": ("Airfield", "Millbrook", "Parkway"),
}
_TYPES: Final = {  # share of the homes, kWh a day
    "1-room": (0.08, 4.0),
    "2-room": (0.12, 6.0),
    "3-room": (0.25, 9.0),
    "4-room": (0.30, 12.0),
    "5-room": (0.17, 15.0),
    "landed": (0.08, 34.0),
}
_PERIODS: Final = np.array([365.25, 7.0, 1.0, 0.5, 0.31, 0.093]) * DAY / HOUR
"""Hours."""
_AMPLITUDES: Final = np.array([0.12, 0.06, 0.33, 0.19, 0.12, 0.08])
"""Shares of the mean; they sum to 0.9."""
_PEAKS: Final = np.array([200.0 * 24, 0.6 * 24, 20.0, 8.0, 0.0, 0.0])
"""Hours after _ZERO at which each cosine peaks; the last two differ by meter."""
_MOST_METERS: Final = 10_000_000
"""As many ids as there are of the form 53n-nnn-nnn."""
_ZERO: Final = 946_684_800 * 1_000_000
"""2000-01-01T00:00:00Z, a Saturday, when the registers began."""


class Fleet:
    """`count` meters of a simulated town; every figure follows from `seed`."""

    def __init__(self, count: int, seed: int, zone: SiteZone) -> None:
        meters = _meter_ids(count, seed)
        random = np.random.default_rng(seed)
        places = [(region, sub_region) for region, parts in _TOWN.items() for sub_region in parts]
        shares = np.array([share for share, _ in _TYPES.values()])
        place = random.integers(len(places), size=count)
        kind = random.choice(len(_TYPES), size=count, p=shares)
        house = random.integers(1, 400, size=count)
        self.accounts = [
            Account(
                meter=meters[i],
                address=f"{house[i]} {places[place[i]][1]} Street",
                region=places[place[i]][0],
                sub_region=places[place[i]][1],
                postcode=f"{10_000 + 131 * int(place[i]) + int(house[i]):06d}",
                apartment_type=list(_TYPES)[kind[i]],
            )
            for i in range(count)
        ]
        daily = np.array([kwh for _, kwh in _TYPES.values()])[kind]
        self._mean = daily * np.exp(random.normal(0, 0.25, count)) * 1000 / 24  # W
        self._start = random.integers(0, 20_000_000, count)  # Wh
        shift = random.normal(0, 1.2, (count, len(_PERIODS)))
        shift[:, 4:] = random.uniform(0, _PERIODS[4:], (count, 2))
        offset = float(zone.wall_clock(np.array([_ZERO], dtype=np.int64))[0] - _ZERO) / HOUR
        self._phase = 2 * np.pi * (_PEAKS + shift - offset) / _PERIODS

    def __len__(self) -> int:
        return len(self.accounts)

    def registers_at(self, instant: int) -> NDArray[np.int64]:
        """Return the registers in Wh at an instant (µs UTC); int64[count]. Raises MeterError for one before 2000."""
        if instant < _ZERO:
            raise MeterError("the simulated meters were installed in 2000 and have no earlier readings")
        hours = (instant - _ZERO) / HOUR
        swing = np.sin(2 * np.pi * hours / _PERIODS - self._phase) + np.sin(self._phase)
        energy = self._mean * (hours + swing @ (_AMPLITUDES * _PERIODS / (2 * np.pi)))
        return np.asarray(self._start + np.floor(energy).astype(np.int64))

    def history(self, start: int, end: int, interval: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield the instants from `start` to `end` (µs UTC, both included), `interval` µs apart, with all registers."""
        for instant in range(start, end + 1, interval):
            yield instant, self.registers_at(instant)


def _meter_ids(count: int, seed: int) -> list[str]:
    """Return different random ids in the form of the trade, 53n-nnn-nnn. Raises MeterError if there are too few."""
    if count > _MOST_METERS:
        raise MeterError(f"there are ids for {_MOST_METERS:,} simulated meters, not for {count:,}")
    digits = np.random.default_rng([seed, 53]).choice(_MOST_METERS, size=count, replace=False)
    return [f"53{n // 1_000_000}-{n // 1000 % 1000:03d}-{n % 1000:03d}" for n in digits.tolist()]
