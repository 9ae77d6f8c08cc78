"""A parser that keeps escape apart from a key that arrives together with it, as over a slow line.

A terminal sends escape as the byte that the sequences of other keys begin with. Textual takes escape and a key right
behind it as one key: escape and enter are enter, which confirms what escape was to cancel. Here they are two keys.
Exceptions are alt with b, d and f, which move and delete by words in a field, and the first characters of sequences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from textual._xterm_parser import XTermParser
from textual.message import Message

_ESCAPE: Final = "\x1b"
_OWN_KEY: Final = r"[\r\n\t /:?0-9aceg-z]"
_ALONE: Final = re.compile(rf"{_ESCAPE}(?={_OWN_KEY})")


class KeyParser(XTermParser):
    """Textual's parser, except for an escape before another key."""

    _last: str = ""

    def feed(self, data: str) -> Iterable[Message]:
        if self._last == _ESCAPE and re.match(_OWN_KEY, data):
            yield from self._pending_escape()
        start = 0
        for found in _ALONE.finditer(data):
            yield from super().feed(data[start : found.end()])
            yield from self._pending_escape()
            start = found.end()
        if start < len(data) or not data:  # no data is the end of input
            yield from super().feed(data[start:])
        self._last = data[-1:]

    def _pending_escape(self) -> Iterable[Message]:
        """Yield the pending escape as a key, as if the time for more had passed."""
        if self._timeout_time is not None:
            self._timeout_time = 0.0
            yield from self.tick()
