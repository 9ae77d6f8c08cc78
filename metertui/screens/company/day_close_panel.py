"""The day close as a panel: the progress of a running one, and the result of the last one."""

from __future__ import annotations

import re
from typing import Any, Final

from rich.text import Text

from metertui.engine.base import SECOND, SiteZone
from metertui.engine.core import CLOSE_STEPS, Close, LiveSnapshot
from metertui.screens.shell import OnDesk, Steady
from metertui.text import fmt, plain, progress_bar, time_labels

LINES: Final = 6
"""The most lines that the panel has."""
_NAME: Final = 12
"""The width of the name of a line, with the blank after it."""
_NONE_YET: Final = (
    "No day has been closed so far. Closing a day moves the log into day files. "
    "This happens at midnight, or when an operator or client asks."
)
_PEER: Final = re.compile(r".*:\d+")


class DayClose(OnDesk, Steady):
    """The panel. The stylesheet makes it LINES high."""

    def __init__(self, hint: str = "", **kwargs: Any) -> None:
        """`hint`: what stands below a close that is done, where something can be written."""
        super().__init__(fixed=True, **kwargs)
        self._hint = hint

    def show_live(self, snapshot: LiveSnapshot) -> None:
        """Show the state of the day close."""
        room = self.content_size.width or 40
        if closing(snapshot):
            self.show(running(snapshot, room))
        else:
            hint = f"\n\n{self._hint}" if self._hint and not snapshot.following else ""
            self.show(resting(snapshot, self.zone).append(hint))


def closing(snapshot: LiveSnapshot) -> bool:
    """Return whether a day close is running, here or in the owner of the folder."""
    return snapshot.progress is not None or snapshot.day_state != "open"


def running(snapshot: LiveSnapshot, room: int) -> Text:
    """Return the steps of a running close: done, under way with progress, to come."""
    at = CLOSE_STEPS.index(snapshot.day_state) if snapshot.day_state in CLOSE_STEPS else 0
    text = Text(no_wrap=True, overflow="ellipsis")
    for place, step in enumerate(CLOSE_STEPS):
        mark, style = ("✓", "") if place < at else ("▸", "bold") if place == at else ("·", "dim")
        text.append(f"{mark} {step:<22}{_figure(snapshot, step) if place <= at else ''}\n", style=style)
    share = snapshot.progress
    taken = f"{int(snapshot.closing_seconds)} s"
    if share is not None:
        progress = f" {share:>4.0%} · {taken}"
        width = max(8, room - len(progress))
        done = round(share * width)
        text.append_text(progress_bar(done, width))
        text.append(progress)
    if snapshot.closing_by:
        by = who(snapshot.closing_by)
        text.append("\nby ", style="dim")
        text.append_text(by)
        meanwhile = "; ingest continues"
        text.append(meanwhile if by.cell_len + len(meanwhile) + 3 <= room else "", style="dim")
    return text


def _figure(snapshot: LiveSnapshot, step: str) -> str:
    match step:
        case "sealing the log" if snapshot.closing_readings:
            return fmt.counted(snapshot.closing_readings, "reading")
        case "writing day files" if snapshot.closing_files:
            return f"{fmt.count(snapshot.closing_written)} of {fmt.count(snapshot.closing_files)}"
    return ""


def resting(snapshot: LiveSnapshot, zone: SiteZone) -> Text:
    """Return the size of the log, and the result of the last close."""
    text = Text(overflow="fold")
    _line(text, "in the log", Text(_in_log(snapshot), style="bold"))
    close = snapshot.last_close
    if close is None:
        text.append(f"\n{_NONE_YET}", style="dim")
        return text
    _line(text, "\nlast", Text(_ended(close, zone), style="bold"))
    _line(text, "\nby", who(close.by))
    _line(text, "\nmoved", Text(f"{fmt.counted(close.readings, 'reading')} in {close.seconds:.1f} s"))
    _line(text, "\ninto", Text(fmt.counted(close.files, "day file")))
    _line(text, "\nlate", _late(close))
    return text


def _in_log(snapshot: LiveSnapshot) -> str:
    if not snapshot.in_log:
        return "nothing"
    return f"{fmt.counted(snapshot.in_log, 'reading')}, {fmt.size(snapshot.log_bytes)}"


def _line(text: Text, name: str, value: Text) -> None:
    text.append(f"{name:<{_NAME + name.count(chr(10))}}", style="dim")
    text.append_text(value)


def _late(close: Close) -> Text:
    if close.late is None:
        return Text("unknown, as this was the first close", style="dim")
    if not close.late:
        return Text("none for earlier days")
    return Text(f"{fmt.counted(close.late, 'reading')} into {fmt.counted(close.late_files, 'day file')}")


def who(by: str) -> Text:
    """Return what or who started a close, in words."""
    if by == "midnight":
        return Text("midnight")
    if _PEER.fullmatch(by):
        return Text.assemble("client at ", plain(by))
    return plain(by, limit=60)


def _ended(close: Close, zone: SiteZone) -> str:
    return time_labels.moment(zone.local(close.ended - close.ended % SECOND))


def in_short(snapshot: LiveSnapshot, zone: SiteZone) -> str:
    """Return the state of the day close in one line."""
    if closing(snapshot):
        figure = _figure(snapshot, snapshot.day_state)
        return f"day close: {snapshot.day_state}{f' {figure}' if figure else ''}"
    close = snapshot.last_close
    last = "no day closed so far"
    if close is not None:
        last = f"last close {_ended(close, zone)}, {fmt.counted(close.readings, 'reading')}"
    return f"{last} · {f'in the log {_in_log(snapshot)}' if snapshot.in_log else 'nothing in the log'}"


def result_sentence(close: Close) -> str:
    """Return the result of a close as a sentence."""
    late = f", {fmt.count(close.late)} of them late" if close.late else ""
    into = fmt.counted(close.files, "day file")
    return f"{fmt.counted(close.readings, 'reading')} into {into} in {close.seconds:.1f} s{late}"
