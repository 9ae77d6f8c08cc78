"""Which tariff holds from when until when, and for which homes there is no price: in words."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import NamedTuple

from metertui.engine.billing import ENERGY, Tariff, Tariffs, decimals
from metertui.text import fmt, time_labels


class Period(NamedTuple):
    """A tariff in words."""

    in_force: bool
    """Whether it is in force today."""
    homes: str
    days: str
    price: str
    """Cents a kWh before tax, and the tax."""


def periods(found: Tariffs, today: date) -> list[Period]:
    """Return the tariffs, the newest first."""
    told = []
    places = [(one, place) for one in (found, *found.channels.values()) for place in reversed(range(len(one.tariffs)))]
    for one, place in places:
        tariff, last = one.tariffs[place], one.last_day(place)
        in_force = tariff.effective_from <= today and (last is None or today <= last)
        days = f"from {time_labels.day(tariff.effective_from)}"
        if last is not None:
            days = time_labels.span(tariff.effective_from, last)
        homes = tariff.apartment_type or "all homes"
        told.append(Period(in_force, f"{homes}, {tariff.channel}" if tariff.channel else homes, days, _price(tariff)))
    return told


def _price(tariff: Tariff) -> str:
    """Return the prices of a tariff in one line, and its tax."""
    cents = decimals(band.price for band in tariff.bands)
    bands = [
        f"{band.name} {band.price:.{cents}f}".strip() + ("" if band.kind is ENERGY else f" a {band.kind.unit}")
        for band in tariff.bands
    ]
    taxes = sorted({band.tax_percent for band in tariff.bands})
    return f"{', '.join(bands)} + {' or '.join(f'{percent.normalize():f}%' for percent in taxes)}"


def gaps(found: Tariffs, types: Collection[str], since: date | None) -> list[str]:
    """Return sentences on homes that have no price: of `types`, on days from `since` on, the first with readings.

    A tariff holds until the next one, so only days before the first can be without a price.
    """
    never: list[str] = []
    before: dict[date, list[str]] = {}
    for kind in sorted(types):
        first = found.first_day(kind)
        if first is None:
            never.append(kind)
        elif since is not None and since < first:
            before.setdefault(first, []).append(kind)
    told = [f"No tariff is for {_homes(never)}, so these have no price."] if never else []
    for first, kinds in sorted(before.items()):
        homes = "any home" if len(kinds) == len(set(types)) else _homes(kinds)
        days = time_labels.span(since, first - timedelta(days=1)) if since is not None else ""
        told.append(f"There is no price for {homes} from {days.replace(' – ', ' to ')}, though there are readings.")
    return told


def _homes(kinds: Collection[str]) -> str:
    named = [kind or "homes without a type" for kind in kinds]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def count_line(found: Tariffs) -> str:
    """Return how many prices there are, in how many tariffs, with those for other channels than the use."""
    every = (found, *found.channels.values())
    prices, tariffs = sum(len(one.rates) for one in every), sum(len(one.tariffs) for one in every)
    return f"{fmt.counted(prices, 'price')} in {fmt.counted(tariffs, 'tariff')}"
