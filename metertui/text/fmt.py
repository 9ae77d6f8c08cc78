"""Figures as people read them: always with a unit, always with the same decimals, in the site zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from metertui.engine.base import SiteZone, duration_text
from metertui.text import time_labels

NOTHING = "no data"
MINUS: Final = "−"
"""Stands before a negative figure on screens: as wide as a digit."""
QUALITY: Final = {
    "actual": "actual",
    "estimated": "estimated",
    "substituted": "substituted",
    "first": "first reading",
    "last": "last reading",
}
_SIGNS: Final = {
    "counted": "✓",
    "reset": "▲",
    "exchange": "⇄",
    "rounding": "~",
    "rollover": "↻",
    "suspect": "▲",
    "rejected": "✗",
    "void": "∅",
    "interval": "↔",
    "divided": "÷",
    "replaced": "∅",
    "withdrawn": "∅",
}
_KWH: Final = re.compile(r"(?<![\w.])(\d{1,8}(?:\.\d{1,3})?)(?= kWh\b)")
_AMOUNT: Final = re.compile(r"(?<![\w.])\d{4,}(?=\.\d\d(?![\w.]))")
"""The whole part of an amount of money with thousands."""
_INSTANT: Final = re.compile(r"(?<!\w)(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?[+-]\d\d:\d\d(?!\w)")
_LEAST_SHARE: Final = 0.0005
"""The least share that is not rounded to nothing."""
_APART: Final = re.compile(r"\d{1,3}(?: \d{3})+(?:\.\d+)?")


def kwh(wh: int | None) -> str:
    """Return `1 234.500 kWh` for a number of Wh, "no data" for None, which is never 0."""
    return NOTHING if wh is None else f"{number(wh)} kWh"


def register(wh: int | None) -> str:
    """Return a register as `kwh` does, "–" for None: what was used is also known without one, or of several."""
    return "–" if wh is None else kwh(wh)


def number(wh: int, decimals: int = 3) -> str:
    """Format kWh, or another unit counted in thousandths, with three decimals, thousands apart."""
    return f"{wh / 1000:,.{decimals}f}".replace(",", " ").replace("-", MINUS)


def status(name: str, quality: str = "actual") -> str:
    """Return the status of a reading with its sign: `▲ suspect`; of one that counts its quality, unless it is actual.

    Of another one the quality comes before it: `✗ estimated, rejected`.
    """
    if quality == "actual":
        return f"{_SIGNS[name]} {name}"
    return f"≈ {quality}" if name in ("counted", "rounding") else f"{_SIGNS[name]} {quality}, {name}"


def money(cents: int | None) -> str:
    """Return cents as `1 234.50`, thousands apart; a dash for none."""
    return "–" if cents is None else f"{Decimal(cents) / 100:,.2f}".replace(",", " ")


def change(wh: int) -> str:
    """Return Wh as kWh with a sign, `±` if it is none: `−1 234.500`."""
    return f"{'+' if wh > 0 else MINUS if wh < 0 else '±'}{number(abs(wh))}"


def price_change(cents: int) -> str:
    """Return cents as an amount with a sign as `change` has it: `−12.30`."""
    return f"{'+' if cents > 0 else MINUS if cents < 0 else '±'}{money(abs(cents))}"


def money_change(cents: int) -> str:
    """Return cents as an amount with its sign: `+12.30`."""
    return f"{Decimal(cents) / 100:+.2f}".replace("-", MINUS)


def reason(text: str) -> str:
    """Return a sentence of the engine with its kWh and local times in the form of the screens."""
    return _INSTANT.sub(r"\1 \2", _grouped(text))


def _grouped(text: str) -> str:
    """Return a sentence with the thousands of its kWh and of its amounts apart."""
    text = _KWH.sub(lambda found: number(int(Decimal(found[1]) * 1000)), text)
    return _AMOUNT.sub(lambda found: count(int(found[0])), text)


def for_people(text: str) -> str:
    """Return a sentence of the engine as `reason` does, with its local times as `1 Nov 2026 00:30`."""
    return with_moments(_grouped(text))


def with_moments(text: str) -> str:
    """Return a sentence with its local times as `1 Nov 2026 00:30`."""

    def moment_of(found: re.Match[str]) -> str:
        return time_labels.moment(datetime.fromisoformat(f"{found[1]} {found[2]}"))

    return _INSTANT.sub(moment_of, text)


def ungrouped(text: str) -> str:
    """Return a figure without the gaps between its thousands; return any other text as it is."""
    return text.replace(" ", "") if _APART.fullmatch(text) else text


def count(value: int) -> str:
    """Return a count as `1 234 567`."""
    return f"{value:,}".replace(",", " ")


def counted(number: int, noun: str) -> str:
    """Return a count with its noun, which takes an s in the plural."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def rate(value: float) -> str:
    """Return a rate per second, with one decimal below a hundred."""
    return f"{value:,.1f}".replace(",", " ") if value < 100 else count(round(value))


def tally(counts: Mapping[str, int]) -> str:
    """Return counts as `bad-reading×3  syntax×1`, the largest first; "none" if there are none."""
    most_first = sorted(counts.items(), key=lambda counted: -counted[1])
    return "  ".join(f"{name}×{count(number)}" for name, number in most_first) or "none"


def share(value: float) -> str:
    """Return a share of a whole in percent; one that is not zero differs from zero."""
    return "<0.1%" if 0 < value < _LEAST_SHARE else f"{value:.1%}"


def size(value: int) -> str:
    """Return a number of bytes in a unit that keeps it short."""
    amount = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def duration(us: int, units: int = 4) -> str:
    """Return a duration (µs) as `duration_text` does: exactly, if not in fewer units."""
    return duration_text(us, units)


def moment(instant: int, zone: SiteZone) -> str:
    """Return an instant as local time in a column, `2025-02-19 00:30`, with its seconds if there are any.

    In the hour that the clock shows twice, the second one has its offset.
    """
    local = zone.local(instant)
    return (
        f"{local:{'%Y-%m-%d %H:%M:%S' if local.second else '%Y-%m-%d %H:%M'}}{f' ({local:%z})' if local.fold else ''}"
    )


def clock(instant: int, zone: SiteZone) -> str:
    """Return an instant as local time of day, `00:30:00`."""
    return f"{zone.local(instant):%H:%M:%S}"


def clock_or_moment(instant: int, now: int, zone: SiteZone) -> str:
    """Return an instant as local time of day, with its date unless that is the date of `now`."""
    said, day = clock(instant, zone), zone.day(instant)
    return said if day == zone.day(now) else f"{time_labels.day(day)} {said}"
