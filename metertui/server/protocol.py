"""The wire, without a socket and without a clock: bytes in, requests out.

`Parser` is fed the bytes of one client as they come and gives the requests that are complete in them. It checks
what can be checked without knowing any meter: length, encoding, verb, syntax, in this order. What fails is a
request too, a `Bad` one, so that every line has its answer and its place.

A chunk of nothing but printable ASCII without quotes, which is what meters send, is decoded and split as one; any
other goes line by line. Both ways give the same requests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

MAX_LINE_BYTES: Final = 1024
"""The longest line with its ending: many times what a meter says, and little to keep for one that never ends."""


class Read(NamedTuple):
    """`READ`: a register read. `timestamp` is None where the server's clock is to be used."""

    line: str
    meter: str
    kwh: str
    timestamp: str | None


class Register(NamedTuple):
    """`REGISTER`: a new account. `fields` as they were given, names in lower case, perhaps one of them twice."""

    line: str
    meter: str
    fields: tuple[tuple[str, str], ...]


class Stop(NamedTuple):
    """`STOPSERVER`: close the day."""

    line: str


class Ping(NamedTuple):
    """`PING`."""

    line: str


class Help(NamedTuple):
    """`HELP`."""

    line: str


class Auth(NamedTuple):
    """`AUTH`. Its `line` does not show the secret, since lines are kept in files."""

    line: str
    name: str
    secret: str


class Quit(NamedTuple):
    """`QUIT`."""

    line: str


class Bad(NamedTuple):
    """A line that is no request: `code` is the wire's error code, `why` one sentence."""

    line: str
    code: str
    why: str


Request = Read | Register | Stop | Ping | Help | Auth | Quit | Bad
"""Each begins with `line`, what was sent, without its ending."""

USAGE: Final = {
    "READ": "READ <meter_id> <kwh> [<timestamp>]",
    "REGISTER": ('REGISTER <meter_id> [address="…"] [region="…"] [sub_region="…"] [postcode=…] [apartment_type="…"]'),
    "STOPSERVER": "STOPSERVER",
    "PING": "PING",
    "HELP": "HELP",
    "AUTH": "AUTH <name> <secret>",
    "QUIT": "QUIT",
}

_PIECE: Final = 16_384
"""Bytes parsed between two looks at the budget: some hundred readings, so neither overhead nor overshoot is felt."""
LINE_BYTES: Final = 32
"""A short reading: what is looked at for each line of the budget."""
_LINE_COST: Final = 4
"""Plain lines that take the time of one that is parsed with care."""
_PLAIN: Final = bytes(byte for byte in range(0x20, 0x7F) if byte != ord('"')) + b"\t\n"
_BLANKS: Final = " \t"
_WORD: Final = re.compile(r'[ \t]*(?:([^" \t=]*=)?"([^"]*)"|([^" \t]+))(?=[ \t]|\Z)')
_SHOWN: Final = 40
"""Characters of a strange verb that are repeated in the answer."""


class Parser:
    """One client's bytes, and how far they have been understood. O(bytes) in all; holds what was fed and not taken."""

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._limit = max_line_bytes
        self._fresh: list[bytes] = []
        self._data = b""
        self._at = 0
        self._discarding = False
        self.bytes_waiting = 0
        """Bytes that were fed and not parsed yet."""
        self.may_have_line = False
        """Whether there may be a complete line in them."""

    def feed(self, data: bytes) -> None:
        """More bytes, cut anywhere. Only queues them."""
        self._fresh.append(data)
        self.bytes_waiting += len(data)
        self.may_have_line = True

    def end_input(self) -> None:
        """No more bytes come: what is unterminated is a line."""
        if self.bytes_waiting and not self._last_chunk().endswith(b"\n"):
            self.feed(b"\n")

    def abort_input(self) -> None:
        """The client was cut off: what is unterminated may be half of something, and is dropped."""
        self._join()
        self._data = self._data[: self._data.rfind(b"\n") + 1]
        self.bytes_waiting = len(self._data)
        self.may_have_line = bool(self._data)

    def clear_input(self) -> None:
        """Forget everything that was not taken."""
        self._fresh.clear()
        self._data = b""
        self._at = self.bytes_waiting = 0
        self.may_have_line = False

    def take_requests(self, budget: int) -> list[Request]:
        """The next requests, in order, from about `budget` lines at most; none when no line is complete.

        The budget bounds the time that this takes, and the memory of what is made; lines that cost more than a plain
        one count for more.
        """
        self._join()
        requests: list[Request] = []
        data, at = self._data, 0
        if self._discarding:
            at = data.find(b"\n") + 1 or len(data)
            self._discarding = not data.endswith(b"\n", 0, at)
        while budget > 0:
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
        """All that waits as one run of bytes that begins at 0."""
        if self._fresh or self._at:
            self._data = b"".join((self._data[self._at :], *self._fresh))
            self._fresh.clear()
            self._at = 0

    def _check_unterminated(self, data: bytes, at: int, requests: list[Request]) -> int:
        """Look at a line that has no ending yet. One that is too long already is answered now and not kept."""
        if len(data) - at < self._limit:
            return at
        requests.append(self._too_long(data[at : at + self._limit]))
        self._discarding = True
        return len(data)

    def _parse(self, piece: bytes, requests: list[Request]) -> int:
        """The requests of a piece of whole lines; how much of the budget they cost."""
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
            if len(words) == 4 and words[0] == "READ":
                words[0] = line
                append(read(words))
            elif words:
                append(_make_request(line, words))
        return len(lines)

    def _plain_lines(self, piece: bytes) -> list[str] | None:
        """A piece's lines if they are plain ASCII, unquoted and surely short enough; else None."""
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
        """The request of any one line, given without its newline; None for a blank one."""
        if len(raw) >= self._limit:
            return self._too_long(raw[: self._limit])
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
            why = "a double quote opens a value that no other closes, or stands inside a word"
            return Bad(_without_secret(line), "syntax", why)
        return _make_request(line, words)

    def _too_long(self, raw: bytes) -> Bad:
        return Bad(
            _without_secret(_decode_escaped(raw)), "too-long", f"a line is at most {self._limit} bytes with its ending"
        )


def _position_after_lines(data: bytes, at: int, count: int) -> int:
    """Where the line begins that comes `count` lines after the one at `at`. There are so many."""
    for _ in range(count):
        at = data.find(b"\n", at) + 1
    return at


def escape_controls(text: str) -> str:
    """`text` fit for one line of an answer: control characters and the like as escapes."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _decode_escaped(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


def _split_words(text: str) -> list[str] | None:
    """The words of a line, quotes taken off; None where the quotes do not fit. `text` neither begins nor ends blank."""
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
    """`line` as it may be written down: a line that bears a secret without it."""
    words = line.split(maxsplit=1)
    return "AUTH ***" if words and words[0].upper() == "AUTH" else line


def _request_maker(verb: str) -> Callable[[str, list[str]], Request | None] | None:
    """What makes a request of a line that begins with `verb`, in any case; None for a verb that is none."""
    return _REQUEST_MAKERS.get(verb.upper()) if verb.isascii() else None


def _make_request(line: str, words: list[str]) -> Request:
    """The request of a line's words, of which there is at least one."""
    shape = _request_maker(words[0])
    if shape is None:
        return _unknown_command(line, words[0])
    request = shape(line, words)
    if request is None:
        return Bad(_without_secret(line), "syntax", f"the words do not fit: {USAGE[words[0].upper()]}")
    return request


def _unknown_command(line: str, verb: str) -> Bad:
    shown = verb if len(verb) <= _SHOWN else f"{verb[:_SHOWN]}…"
    return Bad(line, "unknown-command", f"{shown} is not a command; HELP lists them")


def _read(line: str, words: list[str]) -> Read | None:
    match words:
        case [_, meter, kwh]:
            return Read(line, meter, kwh, None)
        case [_, meter, kwh, timestamp]:
            return Read(line, meter, kwh, timestamp)
        case [_, meter, kwh, date, time]:
            return Read(line, meter, kwh, f"{date} {time}")
    return None


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
    """A verb that takes no words."""
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
