"""A choice among options on one line: left and right step through them, enter lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from metertui.screens.terminal import ThriftyModal
from metertui.text import plain, visible

Options = Sequence[tuple[str, str]]
"""Pairs of value and label."""

_MOST: Final = 200
"""Options listed at a time; typing filters them."""
_MOST_ROWS: Final = 18
"""Rows of the list at most."""
_KEYS: Final = "⏎ select · esc cancel"
_BESIDE: Final = 9
"""Columns of the window beside the longest option: borders, padding and a scrollbar."""
_AROUND: Final = 6
"""Rows of the screen that the list leaves free: those of its window, and one above and below it."""


class Choice(Widget, can_focus=True):
    """A field whose value is one of its options. A form has a dozen, and a Select is far heavier.

    Where it is disabled it takes no focus, and is dim.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Previous", show=False),
        Binding("right", "step(1)", "Change", tooltip="Next value"),
        Binding("enter,space", "pick", "List", tooltip="List of all values"),
    ]

    @dataclass
    class Changed(Message):
        """Another value was chosen."""

        choice: Choice
        value: str
        listed: bool = False
        """Whether it was chosen from the list, and not on the way to another value."""

        @property
        def control(self) -> Choice:
            """Return the field."""
            return self.choice

    def __init__(self, title: str, options: Options, value: str = "", *, sign: str = "", **kwargs: Any) -> None:
        """`sign` stands behind a value that can be changed, in a form with others that cannot."""
        super().__init__(**kwargs)
        self._title = title
        self._sign = sign
        self.options = list(options)
        self.value = value
        """The chosen value."""

    def offer(self, options: Options, value: str) -> None:
        """Replace the options and the value, without a message."""
        self.options, self.value = list(options), value
        self.refresh()

    def choose(self, value: str, *, listed: bool = False) -> None:
        """Choose a value, and post a message if it is another; `listed`: from the list."""
        if value != self.value:
            self.value = value
            self.refresh()
            self.post_message(self.Changed(self, value, listed))

    def render(self) -> RenderResult:
        called = next((name for value, name in self.options if value == self.value), self.value)
        text = Text(f"{self._title:<11}", style="dim", no_wrap=True, overflow="ellipsis")
        if self.disabled:
            return text.append_text(plain(visible(f" {called}")))
        mark = "bold" if self.has_focus else "not dim"
        text.append("‹" if self.has_focus else " ", style="not dim")
        text.append_text(plain(visible(called), style=f"not dim {mark}"))
        text.append("›" if self.has_focus else self._sign, style="not dim")
        return text

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        self.focus()
        self.action_pick()

    def action_step(self, step: int) -> None:
        """Choose the next option, or the one before."""
        values = [value for value, _ in self.options]
        if values:
            at = values.index(self.value) if self.value in values else -step
            self.choose(values[(at + step) % len(values)])

    def action_pick(self) -> None:
        """Open the list of options."""

        def picked(value: str | None) -> None:
            if value is not None:
                self.choose(value, listed=True)

        self.app.push_screen(PickScreen(self._title, self.options, self.value), picked)


class PickScreen(ThriftyModal[str | None]):
    """A window with a list of options, filtered by what is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
    ]

    def __init__(
        self, title: str, options: Options, value: str, typed: Callable[[str], Options] = lambda _: ()
    ) -> None:
        """`typed` returns what a typed text offers besides."""
        super().__init__()
        self._typed = typed
        self._title = title
        self._all = list(options)
        self._left = self._all[:_MOST]
        self._value = value

    def compose(self) -> ComposeResult:
        with Vertical(id="pick") as window:
            window.border_subtitle = _KEYS
            yield Static(self._title, classes="heading")
            yield Input(placeholder="type to filter", id="pick-text", compact=True)
            yield OptionList(id="pick-list")

    def on_mount(self) -> None:
        listed = self.query_one(OptionList)
        listed.can_focus = False
        self._show()
        at = next((place for place, (value, _) in enumerate(self._left) if value == self._value), 0)
        listed.highlighted = at if self._left else None
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """Make the window as large as all options need; a filter does not change its size."""
        texts = (self._title, _KEYS, *(name for _, name in self._all))
        self.query_one("#pick").styles.width = max(map(cell_len, texts)) + _BESIDE
        rows = min(len(self._all), _MOST_ROWS, self.app.size.height - _AROUND)
        self.query_one(OptionList).styles.height = max(1, rows)

    @on(Input.Changed, "#pick-text")
    def _narrow(self, event: Input.Changed) -> None:
        wanted = event.value.lower()
        found = [option for option in self._all if wanted in option[1].lower()]
        self._left = [*found, *self._typed(event.value.strip())][:_MOST]
        self._show()

    def _show(self) -> None:
        listed = self.query_one(OptionList)
        listed.clear_options()
        listed.add_options([Option(plain(name)) for _, name in self._left])
        listed.highlighted = 0 if self._left else None

    def action_move(self, step: int) -> None:
        """Move down or up the list."""
        listed = self.query_one(OptionList)
        if self._left:
            listed.highlighted = ((listed.highlighted or 0) + step) % len(self._left)

    @on(Input.Submitted, "#pick-text")
    def _take(self) -> None:
        at = self.query_one(OptionList).highlighted
        self.dismiss(None if at is None else self._left[at][0])

    @on(OptionList.OptionSelected)
    def _take_clicked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._left[event.option_index][0])
