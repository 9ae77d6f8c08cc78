"""A field for the path of a file: tab completes it, enter takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester

from metertui.screens.company.paths import complete, no_file
from metertui.screens.fields import Field


class PathField(Field):
    """A field that shows, behind what is typed, how the path goes on. Tab takes that, or moves on where it ends."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", tooltip="Complete the path", priority=True),
        Binding("enter", "take", "Read", key_display="⏎", tooltip="Read the file", priority=True),
    ]

    @dataclass
    class Offered(Message):
        """The path can go on in several ways."""

        names: Sequence[str]

    @dataclass
    class Taken(Message):
        """Enter was pressed."""

        path: str

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(check=no_file, suggester=_Paths(), **kwargs)

    @work(exclusive=True, group="path")
    async def action_complete(self) -> None:
        """Complete the path; where nothing can be added, move to the next field."""
        typed = self.value
        found = await asyncio.to_thread(complete, typed)
        if self.value != typed or not self.has_focus:
            return
        if found.text != typed:
            self.value = found.text
            self.cursor_position = len(found.text)
        elif len(found.names) < 2:
            self.action_next()
        self.post_message(self.Offered(found.names if len(found.names) > 1 else ()))

    def action_take(self) -> None:
        """Say that the path is complete."""
        self.post_message(self.Taken(self.value.strip()))


class _Paths(Suggester):
    """Suggests how a path goes on, where there is one way."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        found = await asyncio.to_thread(complete, value)
        return found.text if found.text != value else None
