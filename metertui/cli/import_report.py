"""What `metertui import` prints: what files are taken for, what becomes of them, and what they say."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from metertui.cli.options import format_of
from metertui.cli.output import format_table, print_note, print_rows
from metertui.engine.base import counted, visible
from metertui.engine.core import COUNTS

_LISTS: Final = ("meters", "notes", "files", "rows", "months")
_COLUMNS: Final = ("column", "name", "first", "taken_for", "register", "unit")
_ROWS: Final = ("line", "start", "end", "meter", "channel", "kwh", "quality")
_FIGURES: Final = ("meter", "channel", "total_kwh", "first", "last", "intervals", "gaps", "missing_hours")
_MONTHS: Final = ("month", "meter", "channel", "total_kwh")
_NAMED: Final = {"zone": "times in {}", "stamps": "a time is the {} of its interval", "mapping": "mapping {}"}
_MOST_ROWS: Final = 200
"""Registers, and months of registers, of which a person is shown what the files say."""
_LISTED: Final = 10
"""Intervals that differ from what is stored, and accounts that change, that are listed."""


def print_report(options: argparse.Namespace, report: Mapping[str, Any]) -> None:
    """Print the counts of an import, and what the files say; before it is done, also how they are read."""
    if format_of(options) != "table":
        print_rows(options, [report], (*COUNTS, *(_LISTS if format_of(options) == "json" else ())), one=True)
        return
    if options.dry_run:
        for file in report["files"]:
            print("\n".join(map(visible, _file_lines(file, report))))
    for note in report["notes"]:
        if not (options.dry_run and _is_shown(note, report)):
            print(visible(note))
    print_rows(options, [report], COUNTS, one=True)
    for line in _powers(report["max_kw"]):
        print(visible(line))
    if report["meters"]:
        print()
        _print_first(options, report["meters"], _FIGURES)
    if options.dry_run and len({each["month"] for each in report["months"]}) > 1:
        print()
        _print_first(options, report["months"], _MONTHS)
    _print_differences(report, dry_run=options.dry_run)


def _print_first(options: argparse.Namespace, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Print the first rows of a table, and how many more there are."""
    print_rows(options, rows[:_MOST_ROWS], columns)
    if len(rows) > _MOST_ROWS:
        print_note(f"and {len(rows) - _MOST_ROWS:,} more; --format json has all of them")


def _powers(changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what the import makes of the most power of meters."""
    for each in changes[:_LISTED]:
        before = each["before"] or "nothing"
        yield f"{each['meter']}: max_kw {each['after']} from {each['from']} on (before: {before})"
    if len(changes) > _LISTED:
        yield f"and of {counted(len(changes) - _LISTED, 'meter')} more"


def _file_lines(file: Mapping[str, Any], report: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a file is taken for, column by column, and its first rows."""
    what = "registers" if file["kind"] == "register" else "energy per interval"
    said = [form.format(file[name]) for name, form in _NAMED.items() if file[name]]
    yield f"{file['file']}: {', '.join([file['form'], what, *said])}"
    columns = [
        {
            **each,
            "first": ", ".join(each["first"]),
            "taken_for": each["taken_for"] or _channel_of(each["register"]) or _left_out(each["left_out"]),
        }
        for each in file["series"]
    ]
    if columns:
        yield from ("", *_table(columns, _COLUMNS))
    rows = [each for each in report["rows"] if each["file"] == file["file"]]
    if rows:
        yield from ("", *_table(rows, _ROWS))
    yield ""


def _channel_of(register: str | None) -> str:
    """Return the channel of a register that figures are stored as; empty without one."""
    return register.partition(":")[2] or "use" if register else ""


def _left_out(why: str | None) -> str:
    return f"left out: {why}" if why else "left out"


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> list[str]:
    held = [name for name in columns if any(row[name] not in (None, "") for row in rows)]
    return format_table([{name: row[name] or None for name in held} for row in rows], held).split("\n")


def _is_shown(note: str, report: Mapping[str, Any]) -> bool:
    """Return whether a note is the sentence on what a file is taken for, which is shown column by column."""
    return any(note.startswith(f"{file['file']}: {file['form']}, ") for file in report["files"])


def _print_differences(report: Mapping[str, Any], *, dry_run: bool) -> None:
    """Print the first intervals that differ from what is stored and how they can be taken, or that they were."""
    different = report["different"]
    if not different:
        return
    if report["replaced"]:
        one = report["replaced"] == 1
        done = "would be replaced" if dry_run else "was replaced" if one else "were replaced"
        print_note(f"{counted(report['replaced'], 'interval')} that differed from what was stored {done}")
        return
    print()
    for each in report["differences"][:_LISTED]:
        print(visible(f"{each['source']}:{each['line']}: {each['text']}; {each['why']}"))
    differ, those = ("differs", "that") if different == 1 else ("differ", "those")
    print_note(f"{counted(different, 'interval')} {differ} from what is stored; --replace takes {those} of the file")


def print_refusals(report: Mapping[str, Any]) -> None:
    """Print the first refused lines to standard error, and how many more there are."""
    listed = report["misfits"]
    for each in listed:
        print(visible(f"{each['source']}:{each['line']}: {each['code']}: {each['why']}"), file=sys.stderr)
    more = report["refused"] - len(listed)
    if more:
        reasons = ", ".join(f"{count} {code}" for code, count in Counter(report["reasons"]).most_common())
        print(f"and {more} more; all refused lines: {reasons}; see rejects.log", file=sys.stderr)
    elif report["refused"] > 1 and len(report["reasons"]) > 1:
        print("refused: " + ", ".join(f"{count} {code}" for code, count in report["reasons"].items()), file=sys.stderr)
