"""Options that several commands have, as values."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from collections.abc import Sequence
from datetime import date
from typing import Final

from metertui.cli.errors import UsageError
from metertui.engine.base import FIRST_DAY, HOUR, LAST_DAY, MINUTE, SECOND, SiteZone
from metertui.engine.errors import Refused
from metertui.engine.nearest import did_you_mean

_UNITS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR}


def format_of(options: argparse.Namespace) -> str:
    """Return the output format: `table`, `csv` or `json`."""
    return getattr(options, "format", "table")


def printed_form(options: argparse.Namespace) -> str:
    """Return the output format of a file that goes to standard output: CSV unless another is given."""
    return getattr(options, "format", "csv")


def server_settings(options: argparse.Namespace) -> dict[str, object]:
    """Return the settings that `--host` and `--port` state; None where they are not given."""
    return {name: getattr(options, name, None) for name in ("host", "port")}


def parse_time(option: str, text: str, zone: SiteZone) -> int:
    """Return the time of an option in µs UTC; without an offset it is in the site zone. Raises UsageError."""
    try:
        return zone.parse(text)
    except Refused as error:
        raise UsageError(f"{option} {text}: {error.why}") from error


def parse_at(options: argparse.Namespace, zone: SiteZone) -> int | None:
    """Return `--at` in µs UTC, None if it is not given. Raises UsageError."""
    return None if options.at is None else parse_time("--at", options.at, zone)


def parse_days(options: argparse.Namespace) -> tuple[date, date]:
    """Return `--from` and `--to` as local days, both included. Raises UsageError.

    Says so where a window cannot reach as far.
    """
    first, last = _parse_day("--from", options.first), _parse_day("--to", options.last)
    if last < first:
        raise UsageError(f"--to {last} is before --from {first}")
    return _within_reach("--from", first), _within_reach("--to", last)


def _within_reach(option: str, day: date) -> date:
    """Return the day, or the one nearest to it that a window can have; then print a note."""
    reached = min(max(day, FIRST_DAY), LAST_DAY)
    if reached != day:
        with contextlib.suppress(OSError):  # standard error may be closed
            print(f"metertui: {option} {day} is taken as {reached}: no window reaches further", file=sys.stderr)
    return reached


def _parse_day(option: str, text: str | None) -> date:
    if text is None:
        raise UsageError(f"{option} is missing; give a date such as 2025-02-19")
    try:
        if len(text) == len("2025-02-19"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise UsageError(f"{option} {text} is not a date such as 2025-02-19")


def parse_keys(text: str, keys: Sequence[str]) -> tuple[str, ...]:
    """Return the keys of `--by`, which must be some of `keys`, each once. Raises UsageError."""
    by = tuple(key for key in text.split(",") if key)
    wrong = [key for key in by if key not in keys or by.count(key) > 1]
    if wrong:
        meant = did_you_mean(wrong[0], keys) if wrong[0] not in keys else ""
        raise UsageError(f"--by takes some of {', '.join(keys)}, each at most once{meant}")
    return by


def parse_interval(text: str) -> int:
    """Return an interval such as `10s`, `30m` or `1h` in µs. Raises UsageError."""
    match = re.fullmatch(r"([0-9]+)([smh])", text)
    if match is None or not int(match[1]):
        raise UsageError(f"{text!r} is not an interval such as 10s, 30m or 1h")
    return int(match[1]) * _UNITS[match[2]]
