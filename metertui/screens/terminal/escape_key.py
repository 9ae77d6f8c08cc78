"""Keys as they come over a slow line, where some may arrive at once.

A terminal sends escape as the byte that other keys begin with. Textual takes an escape with a key right behind it for
one key: of escape and enter it is enter, which confirms what escape was to leave. Here it is both, but for alt with
b, d and f, which fields take for words, and for what a longer key begins with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from textual._xterm_parser import XTermParser
from textual.message import Message

_ESCAPE: Final = "\x1b"
_BY_ITSELF: Final = r"[\r\n\t /:?0-9aceg-z]"
_ALONE: Final = re.compile(rf"{_ESCAPE}(?={_BY_ITSELF})")


class Inlet(XTermParser):
    """Textual's own parser, but for an escape before another key."""

    _last: str = ""

    def feed(self, data: str) -> Iterable[Message]:
        if self._last == _ESCAPE and re.match(_BY_ITSELF, data):
            yield from self._pressed()
        start = 0
        for found in _ALONE.finditer(data):
            yield from super().feed(data[start : found.end()])
            yield from self._pressed()
            start = found.end()
        if start < len(data) or not data:  # nothing at all is the end
            yield from super().feed(data[start:])
        self._last = data[-1:]

    def _pressed(self) -> Iterable[Message]:
        """What waits is the key escape, as if the time for more had passed."""
        if self._timeout_time is not None:
            self._timeout_time = 0.0
            yield from self.tick()
