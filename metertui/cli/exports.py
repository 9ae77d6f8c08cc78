"""`metertui export` and `query --readings`: tables of readings, of intervals and of load curves."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from metertui import settings
from metertui.cli.data_folder import folder_of, open_for_reading
from metertui.cli.delegate import ask_owner
from metertui.cli.errors import UsageError
from metertui.cli.options import parse_interval, printed_form
from metertui.cli.output import print_rows, progress_bar
from metertui.cli.printed_values import printed_rows
from metertui.cli.question_options import parse_question, view_for
from metertui.engine.base import SECOND, SiteZone, SystemClock, counted
from metertui.engine.columns import Frozen
from metertui.engine.core import listing
from metertui.engine.errors import MeterError
from metertui.engine.index import LIST_COLUMNS, frame_of_description
from metertui.engine.usage import LIST_KINDS, LOAD_COLUMNS, Question, check_step, load_tables
from metertui.engine.usage import readings_table as exporting
from metertui.formats import as_text, complete_file, is_standard_output, nem12_writer, resolve_output, writers


def export(options: argparse.Namespace) -> None:
    """Run `metertui export --from D --to D -o FILE`, of readings or, with `--interval`, of load curves."""
    if options.form == "nem12":
        _export_nem12(options)
        return
    out = _table_file(options.out)
    step = None if options.interval is None else _parse_step(options.interval)
    question, times = parse_question(options, ()), writers.TimeForm()
    with view_for(options, question, "writing") as (engine, frozen, progress):
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
    out, question = Path(options.out), parse_question(options, ())
    resolve_output(out)
    step = _parse_step(options.interval or "30m")
    if step not in nem12_writer.STEPS:
        raise UsageError(f"--interval {options.interval}: NEM12 has intervals of 5m, 15m and 30m")
    with (
        view_for(options, question, "writing") as (engine, frozen, progress),
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


def list_readings(options: argparse.Namespace) -> None:
    """Run `metertui query --readings`."""
    if options.saved or options.compare or options.measure != "total":
        raise UsageError("--readings lists single readings and cannot be combined with --saved, --measure or --compare")
    if options.by:
        raise UsageError("--readings lists single readings and cannot be combined with --by")
    question = parse_question(options, LIST_COLUMNS)
    zone = settings.load(folder_of(options)).rules().zone
    times = writers.TimeForm()
    if options.out is None:
        frames: list[pd.DataFrame] = []
        _take_readings(options, question, frames.append, times)
        columns = list(_list_kinds(frames[0]) if frames else LIST_KINDS)
        print_rows(
            options, [row for frame in frames for row in printed_rows(frame, _list_kinds(frame), times)], columns
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
        yield lambda frame: rows.extend(printed_rows(frame, columns, times))
        print_rows(options, rows, list(columns))
        return
    with writers.open_table(
        out, columns, zone.name, _definition(question, zone) | (more or {}), bom=options.bom, times=times
    ) as add:
        yield add


def _parse_step(text: str) -> int:
    """Return the length of an interval, µs. Raises UsageError."""
    step = parse_interval(text)
    try:
        check_step(step)
    except MeterError as error:
        raise UsageError(f"--interval: {error}") from error
    return step


def _say_written(count: int, out: Path, noun: str = "reading") -> None:
    if not is_standard_output(out):
        print(f"{counted(count, noun)} written to {out}", file=sys.stderr)
