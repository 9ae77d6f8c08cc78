"""What a terminal sends, made into keys: no byte and no sequence of it ends the app, which is a server too.

A terminal sends escape as the byte that the sequences of other keys begin with. Textual takes escape and a key right
behind it as one key: escape and enter are enter, which confirms what escape was to cancel. Here they are two keys.
Exceptions are alt with b, d and f, which move and delete by words in a field, and the first characters of sequences.

A paste is bracketed by two sequences. Where the second never comes, as over a line that breaks, Textual takes every key
for pasted text from then on. Here a paste ends by itself, and a huge one is cut.

Textual decodes strictly, so a byte of a Latin-1 terminal ended the app, and so did sequences whose numbers it cannot
read. Here bytes are decoded with replacement, and what the parser cannot read is dropped.
"""

from __future__ import annotations

import codecs
import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
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


_PASTE_SILENCE: Final = 2.0
"""Seconds without input after which a paste ends; a slow line does not pause for that long."""
_PASTE_SECONDS: Final = 20.0
"""The longest paste, for someone who goes on typing into one that does not end."""
_PASTE_CHARACTERS: Final = 65_536
"""The largest paste; what is beyond it is dropped, as no field takes so much."""


class KeyParser(XTermParser):
    """Textual's parser, except for an escape before another key, a paste without an end, and what it cannot read."""

    now: Callable[[], float] = staticmethod(time.monotonic)
    _last: str = ""
    _paste_began: float | None = None
    """When the paste began that has not ended yet, monotonic seconds; None without one."""
    _paste_fed: float = 0.0
    _pasted: int = 0
    _tail: str = ""
    """The end of the input, in which a sequence that brackets a paste may have begun."""

    def feed(self, data: str) -> Iterable[Message]:
        if data:
            yield from self._end_stale_paste()
            data = self._cut_paste(data)
            if not data:
                return
        yield from self._feed_keys(data)

    def _feed_keys(self, data: str) -> Iterable[Message]:
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
        pending = self._timeout_time
        yield from self._read(super().tick())
        if pending is not None and self._timeout_time is None:
            self._tail = ""  # what had begun was too slow to be a sequence
        yield from self._end_stale_paste()

    def _end_stale_paste(self) -> Iterable[Message]:
        """End a paste whose end does not come any more."""
        if self._paste_began is None:
            return
        now = self.now()
        if now - self._paste_fed >= _PASTE_SILENCE or now - self._paste_began >= _PASTE_SECONDS:
            self._paste_began, self._tail = None, ""
            yield from self._read(super().feed(BRACKETED_PASTE_END))

    def _cut_paste(self, data: str) -> str:
        """Follow where pastes begin and end in the input; return it without what is too much for one."""
        whole = self._tail + data
        begin, end = whole.rfind(BRACKETED_PASTE_START), whole.rfind(BRACKETED_PASTE_END)
        was_open = self._paste_began is not None
        self._tail = whole[1 - len(BRACKETED_PASTE_END) :]
        if begin > end and not (was_open and end < 0):
            self._paste_began, self._pasted = self.now(), 0
        elif end > begin:
            self._paste_began = None
        if self._paste_began is not None:
            self._paste_fed = self.now()
            self._pasted += len(data)
            return data if self._pasted <= _PASTE_CHARACTERS else ""
        if (
            was_open and self._pasted > _PASTE_CHARACTERS
        ):  # the end of the paste, of which a part may be dropped already
            return whole[whole.find(BRACKETED_PASTE_END) :]
        return data

    def _read(self, messages: Iterable[Message]) -> Iterable[Message]:
        """Yield messages until Textual's parser fails; then have it begin again, without what it was fed."""
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
            yield from self._read(super().tick())
