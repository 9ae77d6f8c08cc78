"""The day close as a panel: how far the one that is running is, and what came of the last one."""

from __future__ import annotations

import re
from typing import Any, Final

from rich.text import Text

from metertui.engine.base import SiteZone
from metertui.engine.core import CLOSE_STEPS, Close, LiveSnapshot
from metertui.screens.shell import Steady
from metertui.text import fmt, plain

LINES: Final = 6
"""How many it has at most."""
_NAME: Final = 8
"""Cells of a line's name, the blank after it included."""
_PEER: Final = re.compile(r".*:\d+")


class DayClose(Steady):
    """Its size is the stylesheet's: LINES high."""

    def __init__(self, zone: SiteZone, **kwargs: Any) -> None:
        super().__init__(fixed=True, **kwargs)
        self._zone = zone

    def show_live(self, snapshot: LiveSnapshot) -> None:
        """Take in the state of things."""
        room = self.content_size.width or 40
        self.show(running(snapshot, room) if closing(snapshot) else resting(snapshot, self._zone, room))


def closing(snapshot: LiveSnapshot) -> bool:
    """Whether a day close is running, here or where the folder is owned."""
    return snapshot.progress is not None or snapshot.day_state != "open"


def running(snapshot: LiveSnapshot, room: int) -> Text:
    """Step by step: which are done, which is under way and how far, which are to come."""
    at = CLOSE_STEPS.index(snapshot.day_state) if snapshot.day_state in CLOSE_STEPS else 0
    text = Text(no_wrap=True, overflow="ellipsis")
    for place, step in enumerate(CLOSE_STEPS):
        mark, style = ("✓", "") if place < at else ("▸", "bold") if place == at else ("·", "dim")
        text.append(f"{mark} {step:<22}{_figure(snapshot, step) if place <= at else ''}\n", style=style)
    share = snapshot.progress
    taken = f"{int(snapshot.closing_seconds)} s"
    if share is not None:
        told = f" {share:>4.0%} · {taken}"
        width = max(8, room - len(told))
        done = round(share * width)
        text.append("━" * done, style="bold")
        text.append("─" * (width - done), style="dim")
        text.append(told)
    if snapshot.closing_by:
        by = who(snapshot.closing_by)
        text.append("\nby ", style="dim")
        text.append_text(by)
        meanwhile = "; meters are answered meanwhile"
        text.append(meanwhile if by.cell_len + len(meanwhile) + 3 <= room else "", style="dim")
    return text


def _figure(snapshot: LiveSnapshot, step: str) -> str:
    match step:
        case "sealing the log" if snapshot.closing_readings:
            return f"{fmt.count(snapshot.closing_readings)} readings"
        case "writing day files" if snapshot.closing_files:
            return f"{fmt.count(snapshot.closing_written)} of {fmt.count(snapshot.closing_files)}"
    return ""


def resting(snapshot: LiveSnapshot, zone: SiteZone, room: int) -> Text:
    """What waits in the log, and the last close."""
    text = Text(no_wrap=True, overflow="ellipsis")
    waits = f"{_readings(snapshot.in_log)}, {fmt.size(snapshot.log_bytes)}" if snapshot.in_log else "empty"
    _line(text, "in log", Text(waits, style="bold"))
    close = snapshot.last_close
    if close is None:
        text.append("\nNo day close is known here yet. It moves the\n", style="dim")
        text.append("log into a file for each day. Midnight starts\n", style="dim")
        text.append("it, or STOPSERVER, or an operator.", style="dim")
        return text
    _line(text, "\nlast", Text(fmt.moment(close.ended, zone), style="bold"))
    _line(text, "\nby", who(close.by))
    _line(text, "\nmoved", Text(f"{_readings(close.readings)} in {close.seconds:.1f} s"))
    _line(text, "\ninto", Text(_files(close.files)))
    _line(text, "\nlate", _late(close))
    return text


def _line(text: Text, name: str, value: Text) -> None:
    text.append(f"{name:<{_NAME + name.count(chr(10))}}", style="dim")
    text.append_text(value)


def _late(close: Close) -> Text:
    if close.late is None:
        return Text("not known: no close before it is", style="dim")
    if not close.late:
        return Text("none for days that were over")
    return Text(f"{_readings(close.late)} into {_files(close.late_files)}")


def who(by: str) -> Text:
    """What started a close, in words; by name where someone did."""
    if by == "midnight":
        return Text("the clock at midnight")
    if _PEER.fullmatch(by):
        return Text.assemble("STOPSERVER from ", plain(by))
    return plain(by, limit=60)


def in_short(snapshot: LiveSnapshot, zone: SiteZone) -> str:
    """The same in a line."""
    if closing(snapshot):
        figure = _figure(snapshot, snapshot.day_state)
        return f"day close: {snapshot.day_state}{f' {figure}' if figure else ''}"
    close = snapshot.last_close
    if close is None:
        return "day open; no close of a day is known here yet"
    return f"day open; last close {fmt.moment(close.ended, zone)}, {_readings(close.readings)}"


def told(close: Close) -> str:
    """What came of a close, in a sentence."""
    late = f", {fmt.count(close.late)} of them late" if close.late else ""
    return f"{_readings(close.readings)} into {_files(close.files)} in {close.seconds:.1f} s{late}"


def _readings(count: int) -> str:
    return f"{fmt.count(count)} {'reading' if count == 1 else 'readings'}"


def _files(count: int) -> str:
    return f"{fmt.count(count)} day {'file' if count == 1 else 'files'}"
