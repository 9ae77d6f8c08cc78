"""The wire protocol without I/O and without a clock: bytes in, requests out.

A `Parser` is fed the bytes of one client as they come, and returns the complete requests in them. It checks what can be
checked without knowing any meter: HTTP, length, encoding, verb, syntax, in this order. A line that fails is a request
too, a `Bad` one, so that every line has a reply in its place.

Many plain `READ` lines in a row become one block. Another chunk of printable ASCII without quotes is decoded and split
as a whole, and any other is parsed line by line. All ways give the same requests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from metertui.server.plain_reads import LEAST_LINES, PlainReads, find_plain_reads, plain_looking
from metertui.server.requests import Auth, Bad, Estimate, Help, Ping, Quit, Read, Register, Request, Stop, Web

MAX_LINE_BYTES: Final = 1024
"""The longest line with its ending: far longer than what meters send, and little to keep for a line without end."""


USAGE: Final = {
    "READ": "READ <meter_id>[:<channel>] <kwh> [<timestamp>] [A|E|S]",
    "REGISTER": ('REGISTER <meter_id> [address="…"] [region="…"] [sub_region="…"] [postcode=…] [apartment_type="…"]'),
    "STOPSERVER": "STOPSERVER",
    "PING": "PING",
    "HELP": "HELP",
    "AUTH": "AUTH <name> <secret>",
    "QUIT": "QUIT",
}

_PIECE: Final = 16_384
"""Bytes parsed between two checks of the budget: some hundred readings, so that overhead and overshoot are small."""
LINE_BYTES: Final = 32
"""Bytes parsed for each line of the budget: a short reading."""
_LINE_COST: Final = 4
"""The cost of a line parsed by itself, in plain lines."""
_PLAIN: Final = bytes(byte for byte in range(0x20, 0x7F) if byte != ord('"')) + b"\t\n"
_BLANKS: Final = " \t"
_WORD: Final = re.compile(r'[ \t]*(?:([^" \t=]*=)?"([^"]*)"|([^" \t]+))(?=[ \t]|\Z)')
_WEB: Final = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|PRI)[ \t]|(?i:host:)")
"""How a line of HTTP begins. Whatever its method, each request of HTTP/1.1 has a line `Host:`."""
_ACTUAL: Final = "A"
_QUALITIES: Final = (_ACTUAL, "E", "S")
_MOST_VALUES: Final = 5
"""Meter, register, date, time and quality."""
_SHOWN: Final = 40
"""Characters of an unknown verb that the reply repeats."""


class Parser:
    """Parses the bytes of one client. O(bytes) in all; keeps what was fed and not taken."""

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._limit = max_line_bytes
        self._fresh: list[bytes] = []
        self._data = b""
        self._at = 0
        self._discarding = False
        self._has_newlines = self._given_up = False
        self.bytes_waiting = 0
        """Bytes that were fed and not parsed yet."""
        self.may_have_line = False
        """Whether these bytes may contain a complete line."""

    def feed(self, data: bytes) -> None:
        """Add bytes, split anywhere. Only queues them."""
        self._fresh.append(data)
        self._has_newlines = self._has_newlines or b"\n" in data
        self.bytes_waiting += len(data)
        self.may_have_line = True

    @property
    def awaits_newline(self) -> bool:
        """Return whether `\\r` has come and no `\\n`, ever: the client may end its lines with `\\r` alone."""
        unsettled = not (self._has_newlines or self._discarding)
        return unsettled and any(b"\r" in data for data in (self._data, *self._fresh))

    def give_up_newline(self) -> None:
        """Take it that the client ends its lines with `\\r` alone: the one that waits is refused."""
        self._given_up = self.may_have_line = True

    def end_input(self) -> None:
        """End the input: an unterminated rest counts as a line."""
        if self.bytes_waiting and not self._last_chunk().endswith(b"\n"):
            self.feed(b"\n")

    def abort_input(self) -> None:
        """End the input of a client that is disconnected: an unterminated rest may be incomplete and is dropped."""
        self._join()
        self._data = self._data[: self._data.rfind(b"\n") + 1]
        self.bytes_waiting = len(self._data)
        self.may_have_line = bool(self._data)

    def clear_input(self) -> None:
        """Discard everything that was not taken."""
        self._fresh.clear()
        self._data = b""
        self._at = self.bytes_waiting = 0
        self.may_have_line = False

    def take_plain_looking(self, budget: int) -> tuple[bytes, int]:
        """Return the next lines, `budget` at most, if all look like plain READ requests, and how many they are.

        `parse_lines` makes requests of them, if nothing else does. Else there are none.
        """
        self._join()
        if self._discarding:
            return b"", 0
        end, count = plain_looking(self._data, 0, budget)
        self._at = end
        self.bytes_waiting = len(self._data) - end
        self.may_have_line = self.may_have_line and self.bytes_waiting > 0
        return self._data[:end], count

    def parse_lines(self, lines: bytes) -> list[Request | PlainReads]:
        """Return the requests of whole lines."""
        requests: list[Request | PlainReads] = []
        self._parse(lines, requests)
        return requests

    def take_requests(self, budget: int) -> list[Request | PlainReads]:
        """Return the next requests, in order, from about `budget` lines at most; none if no line is complete.

        The budget bounds the time that this takes and the memory of the requests; lines that cost more than a plain one
        count for more.
        """
        self._join()
        requests: list[Request | PlainReads] = []
        data, at = self._data, 0
        if self._discarding:
            at = data.find(b"\n") + 1 or len(data)
            self._discarding = not data.endswith(b"\n", 0, at)
        while budget > 0:
            block = find_plain_reads(data, at, budget, self._limit) if budget >= LEAST_LINES else None
            if block is not None:
                requests.append(block)
                at += block.bytes_taken
                budget -= block.lines
                continue
            reach = at + min(_PIECE, budget * LINE_BYTES)
            end = data.rfind(b"\n", at, reach) + 1 or data.find(b"\n", reach) + 1
            if data.count(b"\n", at, end) > 2 * budget:
                end = _position_after_lines(data, at, budget)
            if not end:
                at = self._check_unterminated(data, at, requests)
                self.may_have_line = False
                break
            budget -= self._parse(data[at:end], requests)
            at = end
        self._at = at
        self.bytes_waiting = len(data) - at
        return requests

    def _last_chunk(self) -> bytes:
        return self._fresh[-1] if self._fresh else self._data

    def _join(self) -> None:
        """Join all that waits into one run of bytes that begins at 0."""
        if self._fresh or self._at:
            self._data = b"".join((self._data[self._at :], *self._fresh))
            self._fresh.clear()
            self._at = 0

    def _check_unterminated(self, data: bytes, at: int, requests: list[Request | PlainReads]) -> int:
        """Check a line that has no ending yet; one that can only be refused is refused now and discarded."""
        line = data[at : at + self._limit]
        if len(line) < self._limit and not self._given_up:
            return at
        requests.append(self._refuse_at_once(line))
        self._given_up = False
        self._discarding = True
        return len(data)

    def _refuse_at_once(self, line: bytes) -> Bad | Web:
        """Return what the beginning of a line says that is HTTP, over-long, or ended with `\\r` alone."""
        if _is_web(line):
            return Web(_decode_escaped(line.removesuffix(b"\r")))
        if len(line) >= self._limit:
            why = f"a line is at most {self._limit} bytes with its ending"
            return Bad(_without_secret(_decode_escaped(line)), "too-long", why)
        why = "a line ends with \\n or with \\r\\n, never with \\r alone"
        return Bad(_without_secret(_decode_escaped(line.partition(b"\r")[0])), "syntax", why)

    def _parse(self, piece: bytes, requests: list[Request | PlainReads]) -> int:
        """Append the requests of whole lines, and return how much of the budget they cost."""
        lines = self._plain_lines(piece)
        if lines is None:
            raw_lines = piece.split(b"\n")
            raw_lines.pop()
            requests.extend(request for raw in raw_lines if (request := self._parse_line(raw)) is not None)
            return len(raw_lines) * _LINE_COST
        append = requests.append
        read = Read._make
        for line in lines:
            words: list[str] = line.split()
            if len(words) == 4 and words[0] == "READ" and len(words[3]) > 1:
                words[0] = line
                append(read(words))
            elif words:
                append(_make_request(line, words))
        return len(lines)

    def _plain_lines(self, piece: bytes) -> list[str] | None:
        """Return the lines if they are plain ASCII, unquoted and certainly short enough; else None."""
        longest = self._limit - 1
        if b"\r" in piece:
            piece = piece.replace(b"\r\n", b"\n")
            longest -= 1
        if piece.translate(None, _PLAIN):
            return None
        lines = piece.decode("ascii").split("\n")
        lines.pop()
        return lines if max(map(len, lines)) <= longest else None

    def _parse_line(self, raw: bytes) -> Request | None:
        """Return the request of any line, given without its newline; None for a blank one."""
        if len(raw) >= self._limit or _is_web(raw):
            return self._refuse_at_once(raw[: self._limit])
        raw = raw.removesuffix(b"\r")
        try:
            line = raw.decode()
        except UnicodeDecodeError as error:
            why = f"byte {error.start + 1} of the line is not UTF-8"
            return Bad(_without_secret(_decode_escaped(raw)), "bad-encoding", why)
        text = line.strip(_BLANKS)
        if not text:
            return None
        verb = re.split(r"[ \t]", text, maxsplit=1)[0]
        if _request_maker(verb) is None:
            return _unknown_command(line, verb)
        words = _split_words(text)
        if words is None:
            why = "a double quote is not closed, or is inside a word"
            return Bad(_without_secret(line), "syntax", why)
        return _make_request(line, words)


def _position_after_lines(data: bytes, at: int, count: int) -> int:
    """Return where the line begins that comes `count` lines after the one at `at`."""
    for _ in range(count):
        at = data.find(b"\n", at) + 1
    return at


def escape_controls(text: str) -> str:
    """Return `text` with control characters and the like escaped, fit for one line of a reply."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _decode_escaped(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _is_web(raw: bytes) -> bool:
    return _WEB.match(raw.decode("latin-1")) is not None


def _split_words(text: str) -> list[str] | None:
    """Return the words of a stripped line, without quotes; None if the quotes do not match."""
    words = []
    at = 0
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None:
            return None
        name, quoted, bare = match.groups()
        words.append(bare if quoted is None else f"{name or ''}{quoted}")
        at = match.end()
    return words


def _without_secret(line: str) -> str:
    """Return `line` without a secret that it may contain."""
    words = line.split(maxsplit=1)
    return "AUTH ***" if words and words[0].upper() == "AUTH" else line


def _request_maker(verb: str) -> Callable[[str, list[str]], Request | None] | None:
    """Return what makes a request of a line with this verb, in any case; None for an unknown verb."""
    return _REQUEST_MAKERS.get(verb.upper()) if verb.isascii() else None


def _make_request(line: str, words: list[str]) -> Request:
    """Return the request of a line with at least one word."""
    shape = _request_maker(words[0])
    if shape is None:
        return _unknown_command(line, words[0])
    request = shape(line, words)
    if request is None:
        return Bad(_without_secret(line), "syntax", f"usage: {USAGE[words[0].upper()]}")
    return request


def _unknown_command(line: str, verb: str) -> Bad | Web:
    if _WEB.match(line):
        return Web(line)
    shown = verb if len(verb) <= _SHOWN else f"{verb[:_SHOWN]}…"
    meant = verb.strip("/").upper()
    hint = f"the command is {meant}" if meant in USAGE else "HELP lists them"
    return Bad(line, "unknown-command", f"{shown} is not a command; {hint}")


def _read(line: str, words: list[str]) -> Read | Estimate | None:
    """Return the reading of a line. What follows the register is a time of one or two words, a quality, or both.

    Another last word is taken for a part of the time, which then is none.
    """
    _, *values = words
    if not 2 <= len(values) <= _MOST_VALUES:
        return None
    meter, kwh, *time = values
    quality = time.pop().upper() if time and time[-1].upper() in _QUALITIES else _ACTUAL
    timestamp = " ".join(time) if time else None
    if quality == _ACTUAL:
        return Read(line, meter, kwh, timestamp)
    return Estimate(line, meter, kwh, timestamp, quality)


def _register(line: str, words: list[str]) -> Register | None:
    if len(words) < 2:
        return None
    fields = []
    for word in words[2:]:
        name, equals, value = word.partition("=")
        if not equals:
            return None
        fields.append((name.lower(), value))
    return Register(line, words[1], tuple(fields))


def _auth(line: str, words: list[str]) -> Auth | None:
    return Auth(_without_secret(line), words[1], words[2]) if len(words) == 3 else None


def _without_words(kind: Callable[[str], Request]) -> Callable[[str, list[str]], Request | None]:
    """Return a maker for a verb without arguments."""
    return lambda line, words: kind(line) if len(words) == 1 else None


_REQUEST_MAKERS: Final[dict[str, Callable[[str, list[str]], Request | None]]] = {
    "READ": _read,
    "REGISTER": _register,
    "STOPSERVER": _without_words(Stop),
    "PING": _without_words(Ping),
    "HELP": _without_words(Help),
    "AUTH": _auth,
    "QUIT": _without_words(Quit),
}
