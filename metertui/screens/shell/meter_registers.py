"""The registers of a meter that has several, beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from textual import events, work

from metertui.engine.base import Window, meter_of
from metertui.engine.usage import RegisterState
from metertui.screens.shell.frame import OnDesk
from metertui.screens.shell.steady_text import Steady
from metertui.text import register_words

_MOST: Final = 12
"""Registers that are shown at most."""
_FEW: Final = 5
"""The same in a low window."""
_BESIDE: Final = 4
"""Columns beside the text: padding, and a scrollbar."""


class MeterRegisters(OnDesk, Steady):
    """What each register of a meter used, and its latest reading. Not there for a meter of one register.

    The screen has the class `-several` while it is.
    """

    def __init__(self, heading: str, *, flat: bool = False, **kwargs: Any) -> None:
        """`heading` is that of what they used; `flat` in a low window leaves it out, for lines as few as possible."""
        super().__init__(**kwargs)
        self._heading = heading
        self._flat = flat
        self._states: Sequence[RegisterState] = ()

    def on_mount(self) -> None:
        self.styles.height = "auto"
        self._draw(())

    @work(exclusive=True, group="registers")
    async def show_registers(self, meter: str, window: Window) -> None:
        """Show the registers of a meter, with what they used in a window; nothing for a register of it."""
        self._draw(await self.headend.readings.registers(meter, window) if meter == meter_of(meter) else ())

    def clear(self) -> None:
        """Show nothing."""
        self.workers.cancel_group(self, "registers")
        self._draw(())

    def _draw(self, states: Sequence[RegisterState]) -> None:
        self._states, low = states, self.screen.has_class("-short")
        width = self.app.size.width - _BESIDE
        if low and self._flat:
            now = self.headend.engine.clock.now()
            self.show(register_words.in_short(states, self._heading, now, self.zone, width))
        else:
            self.show(register_words.in_lines(states, self._heading, self.zone, width, _FEW if low else _MOST))
        self.display = bool(states)
        self.screen.set_class(bool(states), "-several")

    def on_resize(self, _: events.Resize) -> None:
        self.call_after_refresh(self._redraw)  # a height that is set while sizes change is lost

    def _redraw(self) -> None:
        self._draw(self._states)
