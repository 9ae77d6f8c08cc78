"""Options that several commands take, as groups to add to a parser, and the words that they accept."""

from __future__ import annotations

import argparse
from typing import Any, Final

from metertui.cli.parsing import Parser
from metertui.engine.attributes import ATTRIBUTES

WINDOWS: Final = ("today", "yesterday", "week", "month", "year", "last_month", "last_half_hour")
WINDOW_HELP: Final = (
    f"one of {', '.join(WINDOWS)} (default: month); today, week, month, year: so far, from midnight, Monday, the 1st, "
    "1 January"
)
KEYS: Final = ("year", "quarter", "month", "week", "day", "hour", "weekday", "hour_of_day", *ATTRIBUTES, "meter")
MEASURES: Final = ("total", "per_meter", "per_meter_day", "peak")
COMPARES: Final = ("before", "year_before")
CAUSES: Final = (
    *("suspect", "reset", "rejected", "rounding", "estimate", "rollover"),
    *("silent", "gap", "drift", "conflict", "refused"),
    *("void", "corrected", "released", "exchanged"),
)
DASH: Final = "- is standard output, as CSV unless --format says otherwise"
BOM: Final = "begin a CSV with a byte order mark, so that Excel reads it as UTF-8"
FORMATS: Final = ("table", "csv", "json")
EITHER_SIDE: Final = argparse.SUPPRESS
"""The default of options that stand before or after a command: the second parser must keep what the first one set."""


def port_number(text: str) -> int:
    """Return the number of a TCP port. Raises ArgumentTypeError."""
    if text.isascii() and text.isdigit() and int(text) < 1 << 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port; a port is a number from 0 to 65535")


def option_of(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def words_of(name: str) -> str:
    """Return the name of a field as people write it."""
    return name.replace("sub_", "sub-").replace("_", " ")


class Shared:
    """Groups of options that several commands take."""

    def __init__(self) -> None:
        where = "(default: $METERTUI_DATA if it is set, else ./data)"
        self.data = _either_side("--data", metavar="DIR", help=f"data folder {where}")
        self.new_data = _either_side("--data", metavar="DIR", help=f"folder to make from the backup {where}")
        self.format = _either_side("--format", choices=FORMATS, help="output format (default: table)")
        self.output_format = _either_side("--format", choices=FORMATS, help="format of standard output (default: csv)")
        self.unused_format = _either_side("--format", choices=FORMATS, help=argparse.SUPPRESS)
        """For commands that print no rows: every command takes the option, but their help need not name it."""
        self.address = Parser(add_help=False, argument_default=EITHER_SIDE)
        self.address.add_argument("--host", metavar="H", help="address of the server (default: 127.0.0.1)")
        self.address.add_argument(
            "--port",
            metavar="P",
            type=port_number,
            help="TCP port of the server (default: 7007; 0 to serve on a free port)",
        )
        self.at = Parser(add_help=False)
        self.at.add_argument(
            "--at",
            metavar="T",
            help="take T as now, for example 2025-03-12T10:40: windows up to now end there; "
            "readings and decisions stored since then still count (default: now)",
        )
        self.days, self.some_days = _days(required=True), _days(required=False)
        self.filters = Parser(add_help=False)
        self.filters.add_argument(
            "--meter", metavar="M", type=register, default="", help="only this meter, or M:CHANNEL"
        )
        self.filters.add_argument(
            "--channel", metavar="C", default="", help="this channel, such as export or t1, instead of the use"
        )
        for name in ATTRIBUTES:
            what = f"only meters of this {words_of(name)}"
            self.filters.add_argument(option_of(name), metavar=name[0].upper(), default="", help=what)
        self.filters.add_argument(
            "--time", metavar="A-B", default="", help="only this time of day, for example 18:00-20:00 or 22:00-06:00"
        )
        self.window = Parser(add_help=False)
        self.window.add_argument("meter", metavar="METER", type=register, help="id of the meter, or METER:CHANNEL")
        self.window.add_argument("window", metavar="WINDOW", nargs="?", help=WINDOW_HELP)


def register(text: str) -> str:
    """Return what names a register as the engine names it: METER alone is its channel `use`."""
    return text.removesuffix(":use")


def _either_side(option: str, **how: Any) -> Parser:
    """Return a group with one option that may stand before or after a command."""
    group = Parser(add_help=False, argument_default=EITHER_SIDE)
    group.add_argument(option, **how)
    return group


def _days(*, required: bool) -> Parser:
    days = Parser(add_help=False)
    days.add_argument("--from", dest="first", metavar="D", required=required, help="first day, YYYY-MM-DD")
    days.add_argument("--to", dest="last", metavar="D", required=required, help="last day, included, YYYY-MM-DD")
    return days
