"""What commands print: rows in three formats, warnings and the progress bar."""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from metertui.cli import streams
from metertui.cli.options import format_of
from metertui.engine.base import disarm_formula, visible

Row = Mapping[str, Any]
_UNPRINTED: Final = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Characters that a terminal may obey, and that JSON does not have to escape."""
_MONEY: Final = re.compile(r"-?[0-9]+\.[0-9]{2}")


def print_rows(
    options: argparse.Namespace, rows: Sequence[Row], columns: Sequence[str], *, one: bool = False, none: str = ""
) -> None:
    """Print rows in the format of `--format`; with `one`, the only row as an object or a line a column.

    `none` is what a table without rows says instead of its headings.
    """
    form = format_of(options)
    if form == "json":
        picked = [{name: row[name] for name in columns} for row in rows]
        print_json(picked[0] if one else picked, indent=2 if one else None)
    elif form == "csv":
        streams.write_utf8()
        shown = visible if sys.stdout.isatty() else str
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([shown(_csv_cell(row[name])) for name in columns] for row in rows)
    elif one:
        print_row(rows[0], columns)
    elif none and not rows:
        print(none)
    else:
        print(format_table(rows, columns))


def print_json(value: object, indent: int | None = None) -> None:
    """Print JSON; what has no shape of its own, such as a control character from a file, is escaped."""
    streams.write_utf8()
    print(
        _UNPRINTED.sub(lambda found: json.dumps(found[0])[1:-1], json.dumps(value, ensure_ascii=False, indent=indent))
    )


def print_error(error: object) -> None:
    """Print an error or a warning as one line on standard error."""
    with contextlib.suppress(OSError):  # where standard error takes nothing, nothing can be reported
        print(f"metertui: {visible(str(error))}", file=sys.stderr)


def print_row(row: Row, columns: Sequence[str]) -> None:
    """Print one row, a line for each column with its name and value."""
    width = max(map(len, columns))
    for name in columns:
        print(f"{name:<{width}}  {visible(_cell(row[name])) or '-'}")


def print_note(sentence: str) -> None:
    """Print a sentence below what was printed, for people; nothing if it is empty."""
    if sentence:
        print(f"\n{visible(sentence)}")


def format_table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Return rows under headings, numbers aligned right with the decimals that their column needs, "-" for None."""
    decimals = {name: max((_decimals(row[name]) for row in rows), default=0) for name in columns}
    cells = [[_table_cell(row[name], decimals[name]) for name in columns] for row in rows]
    widths = [max([len(name), *(len(line[i]) for line in cells)]) for i, name in enumerate(columns)]
    right = [all(_is_figure(row[name]) for row in rows) and bool(rows) for name in columns]
    lines = [
        "  ".join(f"{text:>{width}}" if to_right else f"{text:<{width}}" for text, width, to_right in line).rstrip()
        for line in (zip(texts, widths, right, strict=True) for texts in [list(columns), *cells])
    ]
    return "\n".join(lines if rows else [*lines, "no data"])


def _is_figure(value: object) -> bool:
    """Return whether a value is a number, or money, which is text so that it stays exact."""
    return isinstance(value, int | float | None) or (isinstance(value, str) and bool(_MONEY.fullmatch(value)))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _csv_cell(value: object) -> str:
    return disarm_formula(value) if isinstance(value, str) else _cell(value)


def _decimals(value: object) -> int:
    return len(_cell(value).partition(".")[2]) if isinstance(value, float) else 0


def _table_cell(value: object, decimals: int) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.{decimals}f}"
    return visible(_cell(value)) or "-"


def print_warnings(warnings: Iterable[str]) -> None:
    """Print warnings to standard error, a line each."""
    for warning in warnings:
        print_error(warning)


@contextmanager
def status_line() -> Iterator[Callable[[str], None]]:
    """Show a line on standard error until it is replaced by another; none where that is no terminal.

    It is drawn only when it changes, as a slow line could not follow a thousand calls.
    """
    drawn = ""

    def draw(text: str) -> None:
        nonlocal drawn
        text = text[: shutil.get_terminal_size().columns - 1]
        if text != drawn:
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)
            drawn = text

    if not sys.stderr.isatty():
        yield lambda _: None
        return
    try:
        yield draw
    finally:
        draw("")


class ProgressBar:
    """A bar that is called with the share done, and takes the number of rows done as well."""

    def __init__(self, label: str, draw: Callable[[str], None]) -> None:
        self._label = label
        self._draw = draw
        self._started = time.monotonic()
        self._share = 0.0
        self._rows = ""

    def __call__(self, share: float) -> None:
        """Show the share done."""
        self._share = share
        self._show()

    def tell_rows(self, rows: int) -> None:
        """Show the number of rows done."""
        self._rows = f"  {rows:,} rows"
        self._show()

    def _show(self) -> None:
        if time.monotonic() - self._started > 1:
            done = int(30 * self._share)
            self._draw(f"{self._label} [{'█' * done}{'·' * (30 - done)}] {self._share:4.0%}{self._rows}")


@contextmanager
def progress_bar(label: str) -> Iterator[ProgressBar]:
    """Show a bar on standard error for work that takes longer than a second; none where that is no terminal."""
    with status_line() as draw:
        yield ProgressBar(label, draw)
