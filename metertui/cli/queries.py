"""`metertui usage`, `query` and `export`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from metertui import settings
from metertui.cli.data_folder import folder_of, open_for_reading
from metertui.cli.delegate import ask_owner
from metertui.cli.errors import UsageError
from metertui.cli.options import format_of, parse_at, parse_days, parse_interval, parse_keys, printed_form
from metertui.cli.output import print_note, print_rows, progress_bar
from metertui.engine.base import (
    SECOND,
    WINDOW_NAMES,
    Progress,
    SiteZone,
    SystemClock,
    Window,
    counted,
    hours_number,
    kwh_number,
    meter_of,
    split_identifier,
    window_of_days,
)
from metertui.engine.columns import Frozen
from metertui.engine.core import Engine, listing
from metertui.engine.errors import MeterError
from metertui.engine.index import LIST_COLUMNS, frame_of_description
from metertui.engine.nearest import did_you_mean
from metertui.engine.reports import Inquiry, report
from metertui.engine.usage import (
    CHANNEL,
    EDGE_COLUMNS,
    FILTERS,
    KEYS,
    LIST_KINDS,
    LOAD_COLUMNS,
    MISSING,
    USAGE_COLUMNS,
    ColumnKind,
    Edge,
    Filter,
    Question,
    Usage,
    aggregate,
    check_step,
    edge_values,
    load_tables,
    parse_clock,
    usage_values,
)
from metertui.engine.usage import readings_table as exporting
from metertui.formats import as_text, complete_file, is_standard_output, nem12_writer, resolve_output, writers
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
        _list_readings(options)
        return
    if options.saved or options.compare or options.measure != "total":
        _answer_inquiry(options)
        return
    if options.out is not None:
        raise UsageError("-o goes with --readings; without it, redirect the output of --format csv or json")
    by = parse_keys(options.by, (*KEYS, CHANNEL))
    columns = [*by, "usage_kwh", "meters", "readings"]
    asked = _parse_question(options, columns)
    question = replace(asked, by=by, sort=asked.sort.replace("usage_kwh", "usage_wh"))
    with _view(options, question, "computing usage") as (_, frozen, progress):
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
    print_rows(options, _sheet_rows(table.head(options.limit) if options.limit else table, kinds), list(kinds))


def _parse_inquiry(options: argparse.Namespace) -> Inquiry:
    """Return the inquiry that the options give. Raises UsageError."""
    question = replace(_parse_question(options, None), by=parse_keys(options.by, KEYS), sort="", limit=0)
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


def _sheet_rows(table: pd.DataFrame, kinds: writers.Columns) -> list[dict[str, Any]]:
    """Return the rows of a sheet as plain values: kWh with up to 3 decimals."""
    rows, energies = _plain_rows(table), [name for name, kind in kinds.items() if kind in ("kwh", "fine_kwh")]
    for row in rows:
        row |= {name: kwh_number(round(row[name] * 1000)) for name in energies if row[name] is not None}
    return rows


def _printed_rows(frame: pd.DataFrame, kinds: writers.Columns, times: writers.TimeForm) -> list[dict[str, Any]]:
    """Return readings or intervals as rows of these columns, with their times as text."""
    return _sheet_rows(times.write_times(frame, kinds), kinds)


def _list_readings(options: argparse.Namespace) -> None:
    """Run `metertui query --readings`."""
    if options.saved or options.compare or options.measure != "total":
        raise UsageError("--readings lists single readings and cannot be combined with --saved, --measure or --compare")
    if options.by:
        raise UsageError("--readings lists single readings and cannot be combined with --by")
    question = _parse_question(options, LIST_COLUMNS)
    zone = settings.load(folder_of(options)).rules().zone
    times = writers.TimeForm()
    if options.out is None:
        frames: list[pd.DataFrame] = []
        _take_readings(options, question, frames.append, times)
        columns = list(_list_kinds(frames[0]) if frames else LIST_KINDS)
        print_rows(
            options, [row for frame in frames for row in _printed_rows(frame, _list_kinds(frame), times)], columns
        )
        return
    out = _table_file(options.out)
    with ExitStack() as stack:
        tables: list[writers.AddRows] = []

        def add(frame: pd.DataFrame) -> None:
            if not tables:  # the first rows tell the columns
                tables.append(stack.enter_context(_table(options, out, _list_kinds(frame), question, zone, times)))
            tables[0](frame)

        count = _take_readings(options, question, add, times)
        if not count:
            stack.enter_context(_table(options, out, LIST_KINDS, question, zone, times))
    _say_written(count, out)


def _list_kinds(frame: pd.DataFrame) -> writers.Columns:
    """Return the columns of a list of readings, given some of them."""
    return exporting.with_intervals(LIST_KINDS, "start" in frame)


def _take_readings(
    options: argparse.Namespace, question: Question, add: Callable[[pd.DataFrame], None], times: writers.TimeForm
) -> int:
    """Call `add` with the readings that meet a question, some at a time; return how many there are.

    `times` learns before the first of them whether any timestamp has a fraction of the second.
    The owner of the folder answers, if it has one that can be reached. Else the folder is opened. Raises MeterError.
    """
    asked: dict[str, object] = {"from": str(question.first), "to": str(question.last), **question.filter.set_values()}
    asked |= {"sort": question.sort, "limit": question.limit}

    def take(part: dict[str, Any]) -> None:
        times.note_fraction(bool(part.get("fractions")))
        try:
            add(frame_of_description(part))
        except OSError as error:  # not one of the connection
            raise MeterError(f"cannot write the readings: {error.strerror or error}") from error

    with progress_bar("reading") as progress:
        answer = ask_owner(folder_of(options), "query readings", asked, progress, take)
        if answer is not None:
            return int(answer["readings"])
    with open_for_reading(options) as engine, progress_bar("reading") as progress:
        question.filter.check_attributes(engine.directory.groups)
        found = listing.find_readings(engine.view(), question)
        times.note_fraction(found.has_fractions)
        for frame in found.frames(progress):
            add(frame)
        return len(found)


def _table_file(name: str) -> Path:
    """Return the file for a table of readings.

    Raises UsageError for a name with another ending, MeterError for a place in a data folder.
    """
    out = Path(name)
    try:
        writers.check_suffix(out)
    except writers.FileNameError as error:
        raise UsageError(str(error)) from error
    resolve_output(out)
    return out


def _definition(question: Question, zone: SiteZone) -> dict[str, Any]:
    """Return what a file of readings says of itself."""
    asked = {"from": str(question.first), "to": str(question.last), **question.filter.set_values()}
    order = {"sort": question.sort} if question.sort else {}
    return {"table": "readings", **asked, **order, "timezone": zone.name, "asked_at": zone.iso(SystemClock().now())}


def _parse_question(options: argparse.Namespace, columns: Sequence[str] | None) -> Question:
    """Return the question that the options give, without its keys. Raises UsageError.

    `columns` are those that it can be sorted by; None if they are not known yet.
    """
    sort, limit = getattr(options, "sort", ""), getattr(options, "limit", 0)
    if sort and columns is not None and sort.removeprefix("-") not in columns:
        meant = did_you_mean(sort.removeprefix("-"), columns)
        raise UsageError(f"--sort takes one of {', '.join(columns)}, with a dash before it for descending order{meant}")
    if limit < 0:
        raise UsageError("--limit must be at least 0")
    first, last = parse_days(options)
    try:
        parse_clock(options.time)
    except MeterError as error:
        raise UsageError(f"--time: {error}") from error
    return Question(
        first=first,
        last=last,
        filter=Filter.by_name(**{name: getattr(options, name) for name in FILTERS}),
        sort=sort,
        limit=limit,
    )


def export(options: argparse.Namespace) -> None:
    """Run `metertui export --from D --to D -o FILE`, of readings or, with `--interval`, of load curves."""
    if options.form == "nem12":
        _export_nem12(options)
        return
    out = _table_file(options.out)
    step = None if options.interval is None else _parse_step(options.interval)
    question, times = _parse_question(options, ()), writers.TimeForm()
    with _view(options, question, "writing") as (engine, frozen, progress):
        columns: writers.Columns
        note = ""
        if step is None:
            found = exporting.ReadingTables(frozen, question)
            tables, columns, more, noun = found.pieces(progress), found.columns, {"table": "readings"}, "reading"
            times.note_fraction(found.has_fractions)
        else:
            columns, more, noun = LOAD_COLUMNS, {"table": "load curves", "interval": options.interval}, "interval"
            tables = load_tables(frozen, question, step, progress)
            note = _note_on_channels(frozen, question)
            times.note_fraction(bool((frozen.curve.time % SECOND).any()))
        count = 0
        with _table(options, out, columns, question, engine.zone, times, more) as add:
            for table in tables:
                add(table)
                count += len(table)
    _say_written(count, out, noun)
    _warn(note)


def _export_nem12(options: argparse.Namespace) -> None:
    """Write load curves as a NEM12 file, and say what it has no room for."""
    out, question = Path(options.out), _parse_question(options, ())
    resolve_output(out)
    step = _parse_step(options.interval or "30m")
    if step not in nem12_writer.STEPS:
        raise UsageError(f"--interval {options.interval}: NEM12 has intervals of 5m, 15m and 30m")
    with (
        _view(options, question, "writing") as (engine, frozen, progress),
        complete_file(out) as raw,
        as_text(raw) as file,
    ):
        writer, note = nem12_writer.Nem12Writer(file, step, engine.clock.now()), _note_on_channels(frozen, question)
        for table in load_tables(frozen, question, step, progress):
            writer.add(table)
        writer.end()
    _say_written(writer.intervals, out, "interval")
    for count, noun, why in (
        (writer.left_out, "interval", "known only in part and left out: NEM12 has no room for that"),
        (writer.long_ids, "meter", "with an id of over 10 characters, which other programs may refuse"),
    ):
        _warn(f"{counted(count, noun)} {why}" if count else "")
    _warn(note)


def _note_on_channels(frozen: Frozen, question: Question) -> str:
    """Return that load curves are of the use alone, where meters have other channels; "" where they have not."""
    if question.filter.named_channel:
        return ""
    others = frozen.registers.beside_use(question.filter.meter_code(frozen.code))
    each = ", ".join(f"--channel {name}" for name in others)
    return f"only what was used is written; for other channels of these meters: {each}" if others else ""


def _warn(sentence: str) -> None:
    if sentence:
        print(f"! {sentence}", file=sys.stderr)


@contextmanager
def _view(options: argparse.Namespace, question: Question, doing: str) -> Iterator[tuple[Engine, Frozen, Progress]]:
    """Open the folder for a question: the engine, its readings, and the progress of what is done. Raises MeterError."""
    with open_for_reading(options) as engine:
        question.filter.check_attributes(engine.directory.groups)
        frozen = engine.view().frozen()
        with progress_bar(doing) as progress:
            yield engine, frozen, progress


def _parse_step(text: str) -> int:
    """Return the length of an interval, µs. Raises UsageError."""
    step = parse_interval(text)
    try:
        check_step(step)
    except MeterError as error:
        raise UsageError(f"--interval: {error}") from error
    return step


@contextmanager
def _table(
    options: argparse.Namespace,
    out: Path,
    columns: writers.Columns,
    question: Question,
    zone: SiteZone,
    times: writers.TimeForm,
    more: dict[str, str] | None = None,
) -> Iterator[writers.AddRows]:
    """Open a file for a table of readings, or standard output, which takes the format of `--format`, by default CSV."""
    if is_standard_output(out) and printed_form(options) != "csv":
        rows: list[dict[str, Any]] = []
        yield lambda frame: rows.extend(_printed_rows(frame, columns, times))
        print_rows(options, rows, list(columns))
        return
    with writers.open_table(
        out, columns, zone.name, _definition(question, zone) | (more or {}), bom=options.bom, times=times
    ) as add:
        yield add


def _plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as plain values, None where one is missing."""
    plain = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in plain]


def _say_written(count: int, out: Path, noun: str = "reading") -> None:
    if not is_standard_output(out):
        print(f"{counted(count, noun)} written to {out}", file=sys.stderr)


def query_rows(answer: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of an answer, with kWh added to the Wh, and hours to what is missing."""
    return [
        {str(name): value for name, value in row.items()}
        | {"usage_kwh": kwh_number(row["usage_wh"])}
        | ({"missing_hours": hours_number(row["missing"])} if "missing" in row else {})
        for row in answer.astype(object).to_dict("records")  # object: plain numbers, not numpy's
    ]


def usage_row(usage: Usage, zone: SiteZone) -> dict[str, Any]:
    """Return a usage under the names of its columns, in their order."""
    values = usage_values(usage)
    missing = missing_cells(values.pop(MISSING))
    return {name: _cell(USAGE_COLUMNS[name], value, zone) for name, value in values.items()} | missing


def missing_cells(missing_us: Any) -> dict[str, Any]:
    """Return for how many hours nothing is known in the midst of what a figure rests on; nothing without a gap."""
    return {MISSING: hours_number(missing_us)} if missing_us else {}


def edge_cells(name: str, edge: Edge | None, zone: SiteZone) -> dict[str, Any]:
    """Return the register at one end of a usage: kWh, time and quality, under names that begin with `name`."""
    of_each = zip(EDGE_COLUMNS.items(), edge_values(edge), strict=True)
    return {f"{name}_{column}": _cell(kind, value, zone) for (column, kind), value in of_each}


def _cell(kind: ColumnKind, value: Any, zone: SiteZone) -> Any:
    """Return a value of a usage as it is printed: an instant as text, an energy in kWh."""
    if value is None:
        return None
    return zone.iso(value) if kind == "time" else kwh_number(value) if kind == "kwh" else value
