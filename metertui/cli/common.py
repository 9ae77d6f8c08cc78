"""What commands share: the data folder, times, how things are printed, the progress bar."""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from metertui import settings
from metertui.cli.errors import UsageError
from metertui.engine.base import Progress, SiteZone, SystemClock, disarm_formula
from metertui.engine.errors import MeterError, Refused

if TYPE_CHECKING:  # loading the engine takes a second that `--help` should not
    from metertui.engine.core import Engine

Row = Mapping[str, Any]
_MONEY: Final = re.compile(r"-?[0-9]+\.[0-9]{2}")


def folder(options: argparse.Namespace) -> Path:
    """The data folder that the options, else the environment, name."""
    return Path(getattr(options, "data", None) or os.environ.get("METERTUI_DATA") or "data")


def flags(options: argparse.Namespace) -> dict[str, object]:
    """Settings that flags state."""
    return {name: getattr(options, name, None) for name in ("host", "port")}


def on_terminal() -> bool:
    """Whether there is a terminal for the screens, which read one stream of it and draw on another.

    One that calls itself dumb can show lines, and not screens.
    """
    return os.environ.get("TERM") not in ("dumb", "unknown") and all(
        stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)
    )


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Engine]:
    """Open the data folder for reading, beside its owner where it has one. Raises MeterError."""
    from metertui.engine.core import Engine  # noqa: PLC0415

    path = folder(options)
    rules = settings.load(path).rules()
    with progress_bar("reading the archive") as share:
        engine = Engine.open_readonly(path, rules, SystemClock(), share)
    try:
        warn_of(engine.warnings)
        yield engine
    finally:
        engine.close()


def warn_of(warnings: Iterable[str]) -> None:
    """Print warnings to standard error, a line each."""
    for warning in warnings:
        print(f"metertui: {warning}", file=sys.stderr)


def instant(option: str, text: str | None, zone: SiteZone) -> int | None:
    """A timestamp option in µs UTC. Raises UsageError."""
    if text is None:
        return None
    try:
        return zone.parse(text)
    except Refused as error:
        raise UsageError(f"{option} {text}: {error.why}") from error


def days(options: argparse.Namespace) -> tuple[date, date]:
    """`--from` and `--to` as days, both included. Raises UsageError."""
    first, last = _day(options.first, "--from"), _day(options.last, "--to")
    if last < first:
        raise UsageError(f"--to {last} is before --from {first}")
    return first, last


def _day(text: str | None, option: str) -> date:
    if text is None:
        raise UsageError(f"{option} is missing: a day like 2025-02-19")
    try:
        if len(text) == len("2025-02-19"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise UsageError(f"{option} {text} is no day; one is like 2025-02-19")


def kwh(wh: int | None) -> float | int | None:
    """kWh as a number with up to three decimals: whole where it is."""
    if wh is None:
        return None
    return wh // 1000 if wh % 1000 == 0 else wh / 1000


def show(options: argparse.Namespace, rows: Sequence[Row], columns: Sequence[str], *, one: bool = False) -> None:
    """Print rows as the options say; `one` is a single object."""
    form = getattr(options, "format", "table")
    if form == "json":
        picked = [{name: row[name] for name in columns} for row in rows]
        print(json.dumps(picked[0] if one else picked, ensure_ascii=False, indent=2 if one else None))
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_unarmed(row[name]) for name in columns] for row in rows)
    elif one:
        show_row(rows[0], columns)
    else:
        print(table(rows, columns))


def show_row(row: Row, columns: Sequence[str]) -> None:
    """Print one row, a name and its value a line."""
    width = max(map(len, columns))
    for name in columns:
        print(f"{name:<{width}}  {visible(_cell(row[name])) or '-'}")


def table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Rows under headings: numbers to the right with as many decimals as their column needs, "-" for nothing."""
    decimals = {name: max((_decimals(row[name]) for row in rows), default=0) for name in columns}
    cells = [[_aligned(row[name], decimals[name]) for name in columns] for row in rows]
    widths = [max([len(name), *(len(line[i]) for line in cells)]) for i, name in enumerate(columns)]
    right = [all(_is_figure(row[name]) for row in rows) and bool(rows) for name in columns]
    lines = [
        "  ".join(f"{text:>{width}}" if to_right else f"{text:<{width}}" for text, width, to_right in line).rstrip()
        for line in (zip(texts, widths, right, strict=True) for texts in [list(columns), *cells])
    ]
    return "\n".join(lines if rows else [*lines, "no data"])


def _is_figure(value: object) -> bool:
    """Whether it is a number, or money, which is text so that it stays exact."""
    return isinstance(value, int | float | None) or (isinstance(value, str) and bool(_MONEY.fullmatch(value)))


def visible(text: str) -> str:
    """Text from outside, without what a terminal would obey."""
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _unarmed(value: object) -> str:
    """A cell of a CSV."""
    return disarm_formula(value) if isinstance(value, str) else _cell(value)


def _decimals(value: object) -> int:
    return len(_cell(value).partition(".")[2]) if isinstance(value, float) else 0


def _aligned(value: object, decimals: int) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.{decimals}f}"
    return visible(_cell(value)) or "-"


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """A bar on standard error for what takes longer than a second; none where that is no terminal.

    It is drawn again only where it differs: what is told a thousand times would hold up a slow line.
    """
    started = time.monotonic()
    drawn = ""

    def tell(share: float) -> None:
        nonlocal drawn
        if sys.stderr.isatty() and time.monotonic() - started > 1:
            done = int(30 * share)
            bar = f"\r{what} [{'█' * done}{'·' * (30 - done)}] {share:4.0%}"
            if bar != drawn:
                print(bar, end="", file=sys.stderr, flush=True)
                drawn = bar

    try:
        yield tell
    finally:
        if drawn:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A text file that takes its name only when it is whole; what is no regular file (a pipe) is written as it is.

    Raises MeterError.
    """
    special = path.exists() and not path.is_file()
    spare = path if special else path.with_name(f".{path.name}.new")
    try:
        try:
            with spare.open("w", encoding="utf-8", newline="") as file:
                yield file
            if not special:
                spare.replace(path)
        finally:
            if not special:
                spare.unlink(missing_ok=True)
    except OSError as error:
        raise MeterError(f"cannot write {path}: {error.strerror or error}") from error
