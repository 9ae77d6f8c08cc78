"""What a terminal sends, made into keys: no byte and no sequence of it ends the app, which is a server too.

A terminal sends escape as the byte that the sequences of other keys begin with. Textual takes escape and a key right
behind it as one key: escape and enter are enter, which confirms what escape was to cancel. Here they are two keys.
Exceptions are alt with b, d and f, which move and delete by words in a field, and the first characters of sequences.

Textual decodes strictly, so a byte of a Latin-1 terminal ended the app, and so did sequences whose numbers it cannot
read. Here bytes are decoded with replacement, and what the parser cannot read is dropped.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from textual._xterm_parser import XTermParser
from textual.events import Key, Resize
from textual.keys import Keys
from textual.message import Message

_ESCAPE: Final = "\x1b"
_OWN_KEY: Final = r"[\r\n\t /:?0-9aceg-z]"
_ALONE: Final = re.compile(rf"{_ESCAPE}(?={_OWN_KEY})")


def lenient_decoder(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    """Return what makes a decoder that replaces the bytes it cannot read."""
    return partial(codecs.getincrementaldecoder(encoding), "replace")


_MOST_CELLS: Final = 2_000
"""Columns and lines of the largest terminal. A report of a larger one is garbled, and drawing for it would freeze."""


class KeyParser(XTermParser):
    """Textual's parser, except for an escape before another key, and for what it cannot read."""

    _last: str = ""

    def feed(self, data: str) -> Iterable[Message]:
        if self._last == _ESCAPE and re.match(_OWN_KEY, data):
            yield from self._pending_escape()
        start = 0
        for found in _ALONE.finditer(data):
            yield from self._read(super().feed(data[start : found.end()]))
            yield from self._pending_escape()
            start = found.end()
        if start < len(data) or not data:  # no data is the end of input
            yield from self._read(super().feed(data[start:]))
        self._last = data[-1:]

    def tick(self) -> Iterable[Message]:
        return self._read(super().tick())

    def _read(self, messages: Iterable[Message]) -> Iterable[Message]:
        """Yield messages until Textual's parser fails; then have it begin anew, without what it was fed."""
        try:
            for message in messages:
                if not isinstance(message, Resize) or all(0 < cells <= _MOST_CELLS for cells in message.size):
                    yield message
        except Exception:
            if self.is_eof:
                raise
            self._tokens.clear()
            self._timeout_time = None
            self._gen = self.parse(self._tokens.append)
            self._awaiting = next(self._gen)

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        try:
            keys = list(super()._sequence_to_key_events(sequence, alt))
            "".join(f"{event.key}{event.character or ''}" for event in keys).encode()  # half a character is none
        except Exception:
            return [Key(Keys.Ignore, sequence)]
        return keys

    def _pending_escape(self) -> Iterable[Message]:
        """Yield the pending escape as a key, as if the time for more had passed."""
        if self._timeout_time is not None:
            self._timeout_time = 0.0
            yield from self.tick()
