"""The registers of a meter beside one another, as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from metertui.engine.base import SiteZone
from metertui.engine.usage import Latest, RegisterState
from metertui.text import explained, fmt, time_labels
from metertui.text.plain_text import flowed, plain

_GAP: Final = "  "
_RIGHT: Final = (False, True, False, True, False)
"""Which columns have figures."""


def in_lines(states: Sequence[RegisterState], usage: str, zone: SiteZone, width: int, most: int) -> Text:
    """Return a heading and a line for each register, at most `most`. `usage` is the heading of what each used."""
    rows = [("register", usage, "latest read", "register kWh", "status"), *(_cells(each, zone) for each in states)]
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(_RIGHT))]
    shown = rows if len(rows) <= most + 1 else rows[:most]
    lines = []
    for number, row in enumerate(shown):
        cells = (
            f"{cell:>{wide}}" if right else f"{cell:<{wide}}"
            for cell, wide, right in zip(row, widths, _RIGHT, strict=True)
        )
        line = plain(_GAP.join(cells).rstrip(), style="" if number else "dim")
        line.truncate(width, overflow="ellipsis")
        lines.append(line)
    if len(shown) < len(rows):
        lines.append(Text(f"and {fmt.count(len(rows) - len(shown))} more", style="dim"))
    return Text("\n", no_wrap=True).join(lines)


def in_short(states: Sequence[RegisterState], usage: str, now: int, zone: SiteZone, width: int) -> Text:
    """Return the registers side by side, each with its latest reading; a total that is not read with what was used.

    `now` (µs UTC) says which year is this one.
    """
    return flowed((plain(_said(each, usage, zone.local(now).year, zone)) for each in states), width)


def _said(state: RegisterState, usage: str, year: int, zone: SiteZone) -> str:
    name, latest = _name(state).strip(), state.latest
    if latest is None:
        return f"{name} {_used(state)}{f' {usage}' if state.usage_wh is not None else ''}"
    local, status = zone.local(latest.time), fmt.status(latest.status, latest.quality)
    at = f"{local.day} {local:%b %H:%M}" if local.year == year else time_labels.moment(local)
    return f"{name} {_register(latest, zone)} {status.removesuffix(' counted')} {at}"


def _cells(state: RegisterState, zone: SiteZone) -> tuple[str, ...]:
    latest = state.latest
    used = _used(state)
    if latest is None:
        return (_name(state), used, "", "", "")
    at = time_labels.moment(zone.local(latest.time))
    return (_name(state), used, at, _register(latest, zone), fmt.status(latest.status, latest.quality))


def _used(state: RegisterState) -> str:
    return fmt.NOTHING if state.usage_wh is None else fmt.number(state.usage_wh)


def _name(state: RegisterState) -> str:
    """Return a channel, below a total a little to the right; a total that is not read with what it is the sum of."""
    register = state.register
    if register.parts and state.latest is None:
        return f"{register.channel} = {' + '.join(register.parts)}"
    return f"  {register.channel}" if register.of else register.channel


def _register(latest: Latest, zone: SiteZone) -> str:
    return explained.since(latest.start, latest.time, zone) if latest.wh is None else fmt.number(latest.wh)
