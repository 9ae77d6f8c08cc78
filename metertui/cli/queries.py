"""`metertui usage`, `query` and `export`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from metertui.cli.data_folder import open_for_reading
from metertui.cli.errors import UsageError
from metertui.cli.options import parse_at, parse_days, parse_keys
from metertui.cli.output import counted, print_rows, progress_bar
from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import WINDOW_NAMES, SiteZone, Window, kwh_number, visible, window_of_days
from metertui.engine.core import listing
from metertui.engine.errors import MeterError
from metertui.engine.usage import FILTERS, Edge, Filter, Question, Usage, aggregate, parse_clock
from metertui.engine.usage import readings_table as exporting
from metertui.formats import writers

if TYPE_CHECKING:
    from metertui.engine.core import Engine

_NAMED: Final = 20
"""How many names an error lists."""


def usage(options: argparse.Namespace) -> None:
    """Run `metertui usage METER [WINDOW]`."""
    with open_for_reading(options) as engine:
        at = parse_at(options, engine.zone)
        window: str | Window = options.window or "month"
        if window not in WINDOW_NAMES:
            raise UsageError(f"{window} is not a window; choose one of {', '.join(WINDOW_NAMES)}")
        if options.first or options.last:
            if options.window:
                raise UsageError("give a window, or --from and --to, but not both")
            window = window_of_days(*parse_days(options), engine.zone)
        row = usage_row(engine.usage(options.meter, window, at), engine.zone)
        print_rows(options, [row], list(row), one=True)


def query(options: argparse.Namespace) -> None:
    """Run `metertui query --from D --to D`."""
    if options.readings:
        _list_readings(options)
        return
    by = parse_keys(options.by, aggregate.KEYS)
    columns = [*by, "usage_kwh", "meters", "readings"]
    asked = _parse_question(options, columns)
    question = replace(asked, by=by, sort=asked.sort.replace("usage_kwh", "usage_wh"))
    with open_for_reading(options) as engine:
        _check_filters(engine, question)
        frozen = engine.view().frozen()
        with progress_bar("computing usage") as progress:
            answer = aggregate.usage_table(frozen, question, progress)
    print_rows(options, query_rows(answer), columns)


def _list_readings(options: argparse.Namespace) -> None:
    """Run `metertui query --readings`."""
    if options.by:
        raise UsageError("--readings lists single readings and cannot be combined with --by")
    question = _parse_question(options, listing.COLUMNS)
    with open_for_reading(options) as engine:
        _check_filters(engine, question)
        found = listing.list_readings(engine, question).astype(object).to_dict("records")
        rows = [
            {str(name): value for name, value in row.items()}
            | {"timestamp": engine.zone.iso(row["timestamp"]), "reading_kwh": kwh_number(row["reading_wh"])}
            for row in found
        ]
    print_rows(options, rows, listing.COLUMNS)


def _parse_question(options: argparse.Namespace, columns: Sequence[str]) -> Question:
    """Return the question that the options give, without its keys. Raises UsageError."""
    sort, limit = getattr(options, "sort", ""), getattr(options, "limit", 0)
    if sort and sort.removeprefix("-") not in columns:
        raise UsageError(f"--sort takes one of {', '.join(columns)}, with a dash before it for descending order")
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


def _check_filters(engine: Engine, question: Question) -> None:
    """Raise MeterError for a filter that matches no account ever known: a misspelt region is not one without usage."""
    for key in ATTRIBUTES:
        value = question.filter.value(key)
        known = sorted({getattr(group, key) for group in engine.directory.groups} - {""})
        if value and value not in known:
            name = key.replace("_", "-")
            more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
            others = f"known: {', '.join(known[:_NAMED])}{more}" if known else f"no meter has any {name}"
            raise MeterError(visible(f"no meter has the {name} {value}; {others}"))


def export(options: argparse.Namespace) -> None:
    """Run `metertui export --from D --to D -o FILE`."""
    out = Path(options.out)
    try:
        writers.check_suffix(out)
    except writers.FileNameError as error:
        raise UsageError(str(error)) from error
    question = _parse_question(options, ())
    with open_for_reading(options) as engine:
        _check_filters(engine, question)
        frozen = engine.view().frozen()
        asked = {"from": str(question.first), "to": str(question.last), **question.filter.set_values()}
        definition = None if out.suffix == ".csv" else {"table": "readings", "timezone": engine.zone.name, **asked}
        count = 0
        with (
            progress_bar("writing readings") as progress,
            writers.open_table(out, exporting.COLUMNS, engine.zone.name, definition) as add,
        ):
            for table in exporting.reading_tables(frozen, question, progress):
                add(table)
                count += len(table)
    print(f"{counted(count, 'reading')} written to {out}", file=sys.stderr)


def query_rows(answer: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of an answer, with kWh added to the Wh."""
    return [
        {str(name): value for name, value in row.items()} | {"usage_kwh": kwh_number(row["usage_wh"])}
        for row in answer.astype(object).to_dict("records")  # object: plain numbers, not numpy's
    ]


def usage_row(usage: Usage, zone: SiteZone) -> dict[str, Any]:
    """Return a usage under the names of its columns, in their order."""
    return {
        "meter": usage.meter,
        "window": usage.window,
        "start": zone.iso(usage.start),
        "end": zone.iso(usage.end),
        **edge_cells("opening", usage.opening, zone),
        **edge_cells("closing", usage.closing, zone),
        "usage_kwh": kwh_number(usage.usage_wh),
        "readings": usage.readings,
        "suspect": usage.suspect,
    }


def edge_cells(name: str, edge: Edge | None, zone: SiteZone) -> dict[str, Any]:
    """Return the register at one end of a usage: kWh, time and quality, under names that begin with `name`."""
    return {
        f"{name}_kwh": kwh_number(edge.wh) if edge else None,
        f"{name}_time": zone.iso(edge.time) if edge else None,
        f"{name}_quality": edge.quality if edge else None,
    }
