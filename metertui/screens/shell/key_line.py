"""The line of keys at the foot of a screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, Protocol, runtime_checkable

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Button

from metertui.screens.shell.steady_text import Steady

_EVERYWHERE: Final = ("F1", "F10", "^p")
_AFTER_ALL: Final = ("sort(1)", "copy", "log_out")
"""Actions that are the same everywhere, so that their keys come after those of the screen."""


@runtime_checkable
class NamesKeys(Protocol):
    """A widget in which the same key does different things at different times."""

    def key_name(self, action: str, name: str) -> str:
        """Return the name of a key by its action, `name` if it is always the same; empty if it does nothing now."""


def key_name(node: DOMNode, binding: Binding) -> str:
    """Return the name of a key of a widget or screen; empty if it does nothing now."""
    return node.key_name(binding.action, binding.description) if isinstance(node, NamesKeys) else binding.description


class Keys(Steady):
    """The line of keys: those of the focus and then of the screen to the left, those of every screen to the right.

    The line is drawn when its text changes. A widget for each key, as in Textual's footer, took most of the time of a
    key press. If there is too little room, an ellipsis replaces the last keys of the screen: help lists all of them.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fixed=True, **kwargs)

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        # A hidden widget loses the focus without that signal.
        self.watch(self.screen, "focused", lambda: self._changed(self.screen), init=False)
        self._changed(self.screen)

    def on_resize(self, _event: events.Resize) -> None:
        self._changed(self.screen)

    def _changed(self, screen: Screen[Any]) -> None:
        if self.is_attached and screen is self.screen and self.app.app_focus:
            self.show(self._line())

    def _line(self) -> Text:
        own: dict[str, Text] = {}
        everywhere: dict[str, Text] = {}
        taken: set[str] = set()
        active = sorted(self.screen.active_bindings.values(), key=lambda each: isinstance(each.node, Screen))
        for node, known, enabled, _ in active:
            binding = self._as_shown(node, known)
            palette = binding.key == self.app.COMMAND_PALETTE_BINDING
            if not (binding.show or palette):
                continue
            name = "Commands" if palette else key_name(node, binding)
            if not name:
                continue
            display = self.app.get_key_display(binding)
            if display in taken:  # by the focus: another key of the same action
                display = self.app.get_key_display(replace(binding, key_display=None))
            taken.add(display)
            side = everywhere if display in _EVERYWHERE else own
            side.setdefault(binding.action, self._key(display, name, binding, enabled))
        own |= {action: own.pop(action) for action in _AFTER_ALL if action in own}
        width = self.size.width
        order = sorted(everywhere.values(), key=lambda text: _EVERYWHERE.index(text.plain.split()[0]))
        right = Text.assemble(*order[: None if width >= 100 else 2])
        left = Text(no_wrap=True, overflow="crop")
        fits = width - right.cell_len - 2
        for text in own.values():
            if left.cell_len + text.cell_len > fits:
                left.append(" …")
                break
            left.append_text(text)
        left.append(" " * max(0, width - left.cell_len - right.cell_len))
        left.append_text(right)
        return left

    def _as_shown(self, node: DOMNode, binding: Binding) -> Binding:
        """Return a key as the line shows it: also those of a button with the focus, which Textual hides."""
        button = self.screen.focused
        if isinstance(button, Button) and node is button and binding.key == "enter":
            return replace(binding, description=str(button.label), key_display="⏎", show=True)
        if isinstance(button, Button) and binding.key == "tab":
            return replace(binding, description="Next", key_display="tab", show=True)
        return binding

    def _key(self, display: str, what: str, binding: Binding, enabled: bool) -> Text:
        """Return a key with its action; a click on it presses the key."""
        click = Style(meta={"@click": f"app.simulate_key({binding.key.split(',')[0]!r})"}) if enabled else Style()
        text = Text(" ")
        text.append(display, style="bold" if enabled else "dim")
        text.append(f" {what} ", style="" if enabled else "dim")
        text.stylize(click)
        return text
