"""The readings behind a figure of one meter, newest first unless sorted."""

from __future__ import annotations

from typing import Any, ClassVar, Final, cast

import numpy as np
from textual.binding import Binding, BindingType
from textual.markup import escape

from metertui.engine.base import Int64Array, SiteZone, Window
from metertui.engine.usage import WindowReadings
from metertui.screens.decisions import CHOICES
from metertui.screens.lookup import figures
from metertui.screens.tables import Column, Table
from metertui.text import INKS, fmt

_COLUMNS: Final = (
    Column("read at", 19, whole=True),
    Column("register kWh", 14, right=True),
    Column("usage kWh", 10, right=True),
    Column("status", 10, whole=True, most=21),
    Column("interval", 11, right=True, spare=True),
)
"""Where there is little room the interval is left out, not the status, which says what to look at."""
_OF_SEVERAL: Final = (_COLUMNS[0], Column("channel", 10, whole=True), *_COLUMNS[1:])
"""The same where there are readings of several registers."""
_INKS: Final = {sign: INKS[sign] for sign in "▲✗"}


class BehindTable(Table):
    """The readings behind a figure. The cursor keeps its reading while newer ones arrive above it."""

    STRETCHES: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "screen.decide('void')", CHOICES["void"].name),
        Binding("w", "screen.decide('correct')", CHOICES["correct"].name),
        Binding("u", "screen.undo_decision", "Undo"),
    ]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(_COLUMNS, enter="This interval", inks=_INKS, **kwargs)

    @property
    def behind(self) -> WindowReadings | None:
        """Return the readings in view; None while there is no answer."""
        return cast("WindowReadings | None", self.subject)

    def clear(self) -> None:
        """Show nothing."""
        self.show_rows(0, lambda _start, _stop: ())

    def show_readings(self, behind: WindowReadings, zone: SiteZone) -> None:
        """Show readings, and keep the cursor on its reading."""
        before, cursor = self.behind, 0
        if before is None or before.meter != behind.meter:
            self.clear_arrangement()  # nothing of another meter may stay in view while these are filtered
        elif self._at > 0:
            time = before.time[len(before) - 1 - self.cursor_row]
            cursor = max(0, len(behind) - 1 - int(np.searchsorted(behind.time, time)))
        self._columns = _COLUMNS if behind.register is None else _OF_SEVERAL
        self.show_rows(
            len(behind), lambda start, stop: figures.reading_rows(behind, zone, start, stop), cursor, subject=behind
        )

    def values_of(self, column: int, subject: object) -> Int64Array | None:
        behind = cast("WindowReadings", subject)
        several = () if behind.register is None else (behind.register,)
        columns = (behind.time, *several, behind.wh, behind.used, behind.status, behind.length)
        return np.asarray(columns[column][::-1], dtype=np.int64)

    def tell_arrangement(self) -> None:
        behind = self.behind
        if behind is None:
            return
        stored = behind.stored
        title = {0: "no readings", 1: "1 reading"}.get(stored, f"{fmt.count(stored)} readings")
        exchanges = len(behind) - stored
        title += {0: "", 1: " · 1 exchange"}.get(exchanges, f" · {fmt.count(exchanges)} exchanges")
        order = self.state or ("newest first" if stored > 1 else "")
        self.border_title = escape(f"{title}, {order}" if order else title)

    @property
    def time_at_cursor(self) -> int | None:
        """Return the time (µs UTC) of the reading under the cursor; None without one."""
        if not self.behind or self.cursor_row < 0:
            return None
        return int(self.behind.time[len(self.behind) - 1 - self.cursor_row])

    def register_at(self, row: int) -> str:
        """Return the identifier of the register of a row's reading."""
        assert self.behind is not None
        return self.behind.register_of(len(self.behind) - 1 - row)

    def interval_at(self, row: int) -> Window | None:
        """Return the interval that ends at the reading of a row; None if none does."""
        if self.behind is None or not 0 <= row < len(self.behind):
            return None
        place = len(self.behind) - 1 - row
        time, length = int(self.behind.time[place]), int(self.behind.length[place])
        return Window("step", time - length, time) if length >= 0 else None
