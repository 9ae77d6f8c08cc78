"""A field that finds a meter by part of its id, address, postcode, region or sub-region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from rich.cells import cell_len
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from metertui.engine.accounts import Account
from metertui.engine.base import plain_identifier
from metertui.screens.shell.frame import OnDesk
from metertui.screens.shell.recent_meters import recent_line
from metertui.text import NO_METER, fit_text, fmt, plain, visible

MOST_SUGGESTED: Final = 8
"""Meters in a list of suggestions at most."""
_WIDEST: Final = 40
"""Cells of the id, the address, the postcode or the region of a suggestion at most."""


class _Text(Input):
    """The field of the text. Its keys stand in the line of keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Open", key_display="⏎"),
        Binding("down", "list", "List", key_display="↓"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the list while there is none, and enter while nothing is typed."""
        if action == "list":
            return isinstance(self.parent, MeterInput) and self.parent.has_list
        return bool(self.value.strip()) if action == "submit" else super().check_action(action, parameters)

    def action_list(self) -> None:
        """Go to the list of meters."""
        if isinstance(self.parent, MeterInput):
            self.parent.open_list()


class MeterInput(OnDesk, Vertical):
    """A field for a meter with a list of suggestions."""

    @dataclass
    class Chosen(Message):
        """A meter was chosen."""

        meter: str

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._found: list[Account] = []
        self._sought: str | None = ""  # the text that `_found` matches; None if it was not found by a text

    def compose(self) -> ComposeResult:
        yield _Text(
            placeholder="meter: part of its id, address, postcode, region or sub-region",
            restrict=r"(?!/).*",  # the key that leads here may be pressed here too
            id="meter-text",
        )
        yield OptionList(id="meter-options", classes="hidden")

    @property
    def invitation(self) -> Text:
        """Return the text of a screen that waits for a meter, with those looked at last."""
        if self.headend.engine.directory.ids:
            text = Text("Type part of a meter's id, address, postcode, region or sub-region above and press enter.")
            if recent := list(self.desk.recent):
                text.append("\n").append_text(recent_line(recent)).append("; ↓ lists them", style="dim")
            return text
        return Text(NO_METER)

    def take_focus(self) -> None:
        """Move the focus to the field."""
        self.query_one(Input).focus()

    def begin(self, event: Key | Paste) -> None:
        """Begin a search with what was typed or pasted elsewhere."""
        field = self.query_one(Input)
        self.screen.set_focus(field)
        field.post_message(event)  # behind the message about its focus, which selects what is in it

    @on(Input.Changed, "#meter-text")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._search(event.value.strip())

    @work(exclusive=True, group="meter")
    async def _search(self, text: str) -> None:
        """Suggest the meters that match; the next key cancels the search."""
        await self._find(text)
        self._offer(text)
        if len(self._found) == MOST_SUGGESTED:
            more = len(await self.headend.accounts.find_all(text)) - MOST_SUGGESTED
            if more > 0:
                what = f"… and {fmt.counted(more, 'more meter')}: type more of it"
                self.query_one(OptionList).add_option(Option(what, disabled=True))

    async def _find(self, text: str) -> None:
        if text != self._sought:
            self._found = await self.headend.accounts.search(text, MOST_SUGGESTED) if text else []
            self._sought = text

    def _listed(self) -> OptionList:
        """Return the list, which now has what was found."""
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(plain(line)) for line in suggestion_lines(self._found)])
        return options

    def _offer(self, text: str) -> None:
        options = self._listed()
        exact = len(self._found) == 1 and self._found[0].meter == text
        options.set_class(not self._found or exact or not self.query_one(Input).has_focus, "hidden")
        self.query_one(Input).refresh_bindings()

    @on(Input.Submitted, "#meter-text")
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        if text := event.value.strip():
            self._take(text)

    @work(exclusive=True, group="meter")
    async def _take(self, text: str) -> None:
        await self._find(text)
        exact = any(account.meter == text for account in self._found)
        self.choose(text if exact or not self._found else self._found[0].meter)

    @on(OptionList.OptionSelected, "#meter-options")
    def _pick(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.choose(self._found[event.option_index].meter)

    def choose(self, meter: str) -> None:
        """Take a meter, or a register of it, as if it had been picked from the list."""
        meter = plain_identifier(meter)
        self.query_one(OptionList).add_class("hidden")
        if self.headend.engine.known_code(meter) is not None:
            self.desk.recent.add(meter)
        field = self.query_one(Input)
        with self.prevent(Input.Changed):
            field.value = meter
        field.focus()
        field.action_select_all()  # so that the next key begins another meter
        self.post_message(self.Chosen(meter))

    def offer_recent(self) -> None:
        """Suggest the meters used in this session, if there are any."""
        accounts = self.headend.engine.accounts
        self._found, self._sought = [accounts.get(meter) or Account(meter) for meter in self.desk.recent], None
        if self._found:
            options = self._listed()
            options.remove_class("hidden")
            options.focus()
            options.highlighted = 0

    @property
    def has_list(self) -> bool:
        """Return whether there are meters to choose from: those that match, or those used in this session."""
        if not self.query_one(Input).value:
            return bool(list(self.desk.recent))
        return not self.query_one(OptionList).has_class("hidden")

    def open_list(self) -> None:
        """Go to the meters that match, or without a text to those used in this session."""
        options = self.query_one(OptionList)
        if not self.query_one(Input).value:
            self.offer_recent()
        elif not options.has_class("hidden"):
            options.focus()
            options.highlighted = 0

    def on_key(self, event: Key) -> None:
        options = self.query_one(OptionList)
        if event.key == "escape" and not options.has_class("hidden"):
            options.add_class("hidden")
            self.take_focus()
            event.stop()


def suggestion_lines(found: Sequence[Account]) -> list[str]:
    """Return a line for each account, with id, address, postcode and region under one another."""
    rows = [
        [visible(text) for text in (account.meter, account.address, account.postcode, account.region)]
        for account in found
    ]
    widths = [min(_WIDEST, max(map(cell_len, column))) for column in zip(*rows, strict=True)]
    return ["  ".join(map(fit_text, row, widths)).rstrip() for row in rows]
