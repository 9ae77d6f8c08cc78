"""`metertui usage` and `query`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from metertui.cli.data_folder import open_for_reading
from metertui.cli.errors import UsageError
from metertui.cli.exports import list_readings
from metertui.cli.options import format_of, parse_at, parse_days, parse_keys
from metertui.cli.output import print_note, print_rows, progress_bar
from metertui.cli.printed_values import query_rows, sheet_rows, usage_row
from metertui.cli.question_options import parse_question, view_for
from metertui.engine.base import WINDOW_NAMES, Window, meter_of, split_identifier, window_of_days
from metertui.engine.nearest import did_you_mean
from metertui.engine.reports import Inquiry, report
from metertui.engine.usage import CHANNEL, FILTERS, KEYS, aggregate
from metertui.text import MEASURES, answers, explained


def usage(options: argparse.Namespace) -> None:
    """Run `metertui usage METER [WINDOW]`."""
    with open_for_reading(options) as engine:
        at = parse_at(options, engine.zone)
        window: str | Window = options.window or "month"
        if window not in WINDOW_NAMES:
            meant = did_you_mean(str(window), WINDOW_NAMES)
            raise UsageError(f"{window} is not a window; choose one of {', '.join(WINDOW_NAMES)}{meant}")
        if options.first or options.last:
            if options.window:
                raise UsageError("give a window, or --from and --to, but not both")
            window = window_of_days(*parse_days(options), engine.zone)
        used = engine.usage(options.meter, window, at)
        row = usage_row(used, engine.zone)
        registers = engine.registers_of(options.meter) if meter_of(options.meter) == options.meter else []
        if len(registers) > 1:
            same = Window(used.window, used.start, used.end)
            of_each = {each: usage_row(engine.series(each).usage(same), engine.zone) for each in registers}
            row |= {"opening_kwh": None, "closing_kwh": None}
            if format_of(options) == "json":
                row["channels"] = {split_identifier(each).channel: found for each, found in of_each.items()}
            else:
                columns = dict.fromkeys(name for found in (row, *of_each.values()) for name in found)
                rows = [dict.fromkeys(columns) | found for found in (row, *of_each.values())]
                print_rows(options, rows, list(columns))
                return
        print_rows(options, [row], list(row), one=True)
        if format_of(options) == "table":
            curve = engine.use_series(options.meter).curve
            print_note(explained.register_note(curve, used.opening, used.closing, used.usage_wh, engine.zone))


def query(options: argparse.Namespace) -> None:
    """Run `metertui query --from D --to D`."""
    if not options.saved and not (options.first and options.last):
        raise UsageError("give --from and --to, such as --from 2025-02-01 --to 2025-02-28, or --saved")
    if options.readings:
        list_readings(options)
        return
    if options.saved or options.compare or options.measure != "total":
        _answer_inquiry(options)
        return
    if options.out is not None:
        raise UsageError("-o goes with --readings; without it, redirect the output of --format csv or json")
    by = parse_keys(options.by, (*KEYS, CHANNEL))
    columns = [*by, "usage_kwh", "meters", "readings"]
    asked = parse_question(options, columns)
    question = replace(asked, by=by, sort=asked.sort.replace("usage_kwh", "usage_wh"))
    with view_for(options, question, "computing usage") as (_, frozen, progress):
        answer = aggregate.usage_table(frozen, question, progress)
    print_rows(options, query_rows(answer), [*columns, *(["missing_hours"] if "missing" in answer else [])])


def _answer_inquiry(options: argparse.Namespace) -> None:
    """Run `metertui query` with a measure, a comparison or a saved question: with the columns of an export."""
    if options.out is not None:
        raise UsageError("-o goes with --readings; without it, redirect the output of --format csv or json")
    given = [name for name in ("first", "last", "by", *FILTERS, "compare") if getattr(options, name)]
    if options.saved and (given or options.measure != "total"):
        raise UsageError("--saved has its own days, keys, filters, measure and comparison")
    asked = None if options.saved else _parse_inquiry(options)
    with open_for_reading(options) as engine:
        frozen = engine.view().frozen()
        if asked is None:
            asked = engine.questions.find_report(options.saved).inquiry_of(frozen)
        asked.question.filter.check_attributes(engine.directory.groups)
        with progress_bar("computing usage") as progress:
            found = report.answer_inquiry(frozen, asked, progress=progress)
        kinds, _ = answers.sheet(found, "", engine.zone, ruled=False)
        table = answers.sheet(found, _sort_of(options.sort, asked, list(kinds)), engine.zone, ruled=False)[1]
    print_rows(options, sheet_rows(table.head(options.limit) if options.limit else table, kinds), list(kinds))


def _parse_inquiry(options: argparse.Namespace) -> Inquiry:
    """Return the inquiry that the options give. Raises UsageError."""
    question = replace(parse_question(options, None), by=parse_keys(options.by, KEYS), sort="", limit=0)
    return Inquiry(question, options.measure, options.compare)


def _sort_of(sort: str, asked: Inquiry, columns: Sequence[str]) -> str:
    """Return the order of answers.ordered for `--sort`. Raises UsageError."""
    name = sort.removeprefix("-")
    named = {MEASURES[asked.measure].column: "value", "before_kwh": "before", "change_percent": "change"}
    sortable = [*asked.question.by, *named, "meters", "readings"]
    if not asked.compare:
        sortable = [column for column in sortable if column in columns]
    if name and name not in sortable:
        raise UsageError(
            f"--sort takes one of {', '.join(sortable)}, with a dash before it for descending order"
            f"{did_you_mean(name, sortable)}"
        )
    return sort[: len(sort) - len(name)] + named.get(name, name)
