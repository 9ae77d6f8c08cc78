"""Identifiers: which register of which meter a reading is of.

A meter has one register or several, called channels. The identifier of a register is `METER:CHANNEL`, and that of its
use, the channel `use`, is `METER` alone.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from metertui.engine.errors import Refused

USE: Final = "use"
"""The channel where none is named."""
MARK: Final = ":"
"""Stands between a meter id, which never has one, and a channel."""
_METER_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}|[A-Z]{2}[0-9]{11}[0-9A-Z]{20}")
"""1 to 32 characters, or the 33 of a metering point in Austria and Germany: country, grid, postcode, point."""
_LONGEST: Final = 32
"""Characters of a meter id that is no metering point."""
_CHANNEL: Final = re.compile(r"[a-z0-9_]{1,16}")


class Identifier(NamedTuple):
    """A register of a meter. Its text is the identifier as it is stored."""

    meter: str
    channel: str = USE

    def __str__(self) -> str:
        return self.meter if self.channel == USE else f"{self.meter}{MARK}{self.channel}"


def check_meter_id(text: str) -> str:
    """Return `text` if it is a meter id. Raises Refused `bad-meter-id`."""
    if _METER_ID.fullmatch(text) is None:
        length = f"{len(text)} characters are too many: " if len(text) > _LONGEST else ""
        what = (
            "a meter id is 1 to 32 characters of A-Z a-z 0-9 . _ - and begins with a letter or digit, or is the 33 "
            "of a metering point in Austria or Germany"
        )
        raise Refused("bad-meter-id", length + what)
    return text


def check_channel(text: str) -> str:
    """Return `text` if it is the name of a channel. Raises Refused `bad-meter-id`."""
    if _CHANNEL.fullmatch(text) is None:
        raise Refused("bad-meter-id", "a channel is 1 to 16 characters of a-z 0-9 _, like export in 123456:export")
    return text


def parse_identifier(text: str) -> Identifier:
    """Return the register that `METER` or `METER:CHANNEL` names. Raises Refused `bad-meter-id`."""
    meter, mark, channel = text.partition(MARK)
    check_meter_id(meter)
    return Identifier(meter, check_channel(channel) if mark else USE)


def check_identifier(text: str) -> str:
    """Return an identifier as it is stored: `METER:use` is `METER`. Raises Refused `bad-meter-id`."""
    return text if _METER_ID.fullmatch(text) is not None else str(parse_identifier(text))


def plain_identifier(text: str) -> str:
    """Return a text that is meant as an identifier as that would be stored. Any other text stays as it is."""
    return text.removesuffix(MARK + USE)


def split_identifier(identifier: str) -> Identifier:
    """Return the register of an identifier as it is stored."""
    meter, _, channel = identifier.partition(MARK)
    return Identifier(meter, channel or USE)


def meter_of(identifier: str) -> str:
    """Return the meter of an identifier."""
    return identifier.partition(MARK)[0]
