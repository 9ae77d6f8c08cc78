"""Commands that ask: usage, query, export. They read beside a running server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from metertui.cli.common import days, instant, kwh, opened, progress_bar, show, visible
from metertui.cli.errors import UsageError
from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import WINDOW_NAMES, SiteZone, Window, window_of_days
from metertui.engine.core import listing
from metertui.engine.errors import MeterError
from metertui.engine.usage import FILTERS, Edge, Filter, Question, Usage, aggregate, parse_clock
from metertui.engine.usage import readings_table as exporting
from metertui.formats import writers

if TYPE_CHECKING:
    from metertui.engine.core import Engine

_NAMED: Final = 20
"""Names that a sentence lists."""
USAGE = (
    "meter",
    "window",
    "start",
    "end",
    "opening_kwh",
    "opening_time",
    "opening_quality",
    "closing_kwh",
    "closing_time",
    "closing_quality",
    "usage_kwh",
    "readings",
    "suspect",
)


def usage(options: argparse.Namespace) -> None:
    """`metertui usage METER [WINDOW]`."""
    with opened(options) as engine:
        at = instant("--at", options.at, engine.zone)
        window: str | Window = options.window or "month"
        if window not in WINDOW_NAMES:
            raise UsageError(f"{window} is not a window; choose one of {', '.join(WINDOW_NAMES)}")
        if options.first or options.last:
            if options.window:
                raise UsageError("a window and dates exclude one another")
            window = window_of_days(*days(options), engine.zone)
        show(options, [usage_row(engine.usage(options.meter, window, at), engine.zone)], USAGE, one=True)


def query(options: argparse.Namespace) -> None:
    """`metertui query --from D --to D`."""
    if options.readings:
        _list(options)
        return
    by = tuple(key for key in options.by.split(",") if key)
    for key in by:
        if key not in aggregate.KEYS or by.count(key) > 1:
            raise UsageError(f"--by takes some of {', '.join(aggregate.KEYS)}, each once")
    columns = [*by, "usage_kwh", "meters", "readings"]
    asked = _question(options, columns)
    question = replace(asked, by=by, sort=asked.sort.replace("usage_kwh", "usage_wh"))
    with opened(options) as engine:
        _check_known(engine, question)
        frozen = engine.view().frozen(engine.rules.max_w)
        with progress_bar("reckoning usage") as share:
            answer = aggregate.usage_table(frozen, question, share)
    show(options, query_rows(answer), columns)


def _list(options: argparse.Namespace) -> None:
    """`metertui query --readings`."""
    if options.by:
        raise UsageError("--readings lists them one by one; --by is for their usage")
    question = _question(options, listing.COLUMNS)
    with opened(options) as engine:
        _check_known(engine, question)
        found = listing.list_readings(engine, question).astype(object).to_dict("records")
        rows = [
            {str(name): value for name, value in row.items()}
            | {"timestamp": engine.zone.iso(row["timestamp"]), "reading_kwh": kwh(row["reading_wh"])}
            for row in found
        ]
    show(options, rows, listing.COLUMNS)


def _question(options: argparse.Namespace, columns: Sequence[str]) -> Question:
    """Days, filters, order and limit as the options say them. Raises UsageError."""
    sort, limit = getattr(options, "sort", ""), getattr(options, "limit", 0)
    if sort and sort.removeprefix("-") not in columns:
        raise UsageError(f"--sort takes one of {', '.join(columns)}; -column for descending")
    if limit < 0:
        raise UsageError("--limit is at least 0")
    first, last = days(options)
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


def _check_known(engine: Engine, question: Question) -> None:
    """Raises MeterError for a filter that no account has ever met: a misspelt name is no region without usage."""
    for key in ATTRIBUTES:
        asked = question.filter.value(key)
        there = sorted({getattr(group, key) for group in engine.directory.groups} - {""})
        if asked and asked not in there:
            more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
            known = f"there are {', '.join(there[:_NAMED])}{more}" if there else "none has one"
            raise MeterError(visible(f"no meter has the {key.replace('_', '-')} {asked}; {known}"))


def export(options: argparse.Namespace) -> None:
    """`metertui export --from D --to D -o FILE`."""
    out = Path(options.out)
    try:
        writers.check_suffix(out)
    except writers.FileNameError as error:
        raise UsageError(str(error)) from error
    question = _question(options, ())
    with opened(options) as engine:
        _check_known(engine, question)
        frozen = engine.view().frozen(engine.rules.max_w)
        asked = {"from": str(question.first), "to": str(question.last), **question.filter.set_values()}
        definition = None if out.suffix == ".csv" else {"table": "readings", "timezone": engine.zone.name, **asked}
        count = 0
        with (
            progress_bar("writing readings") as share,
            writers.open_table(out, exporting.COLUMNS, engine.zone.name, definition) as add,
        ):
            for table in exporting.reading_tables(frozen, question, share):
                add(table)
                count += len(table)
    print(f"{count} readings written to {out}", file=sys.stderr)


def query_rows(answer: pd.DataFrame) -> list[dict[str, Any]]:
    """The table of an answer, with kWh beside the Wh."""
    return [
        {str(name): value for name, value in row.items()} | {"usage_kwh": kwh(row["usage_wh"])}
        for row in answer.astype(object).to_dict("records")  # object: plain numbers, not numpy's
    ]


def usage_row(usage: Usage, zone: SiteZone) -> dict[str, Any]:
    """An answer under the names of USAGE."""
    return {
        "meter": usage.meter,
        "window": usage.window,
        "start": zone.iso(usage.start),
        "end": zone.iso(usage.end),
        **_edge("opening", usage.opening, zone),
        **_edge("closing", usage.closing, zone),
        "usage_kwh": kwh(usage.usage_wh),
        "readings": usage.readings,
        "suspect": usage.suspect,
    }


def _edge(name: str, edge: Edge | None, zone: SiteZone | None = None) -> dict[str, Any]:
    return {
        f"{name}_kwh": kwh(edge.wh) if edge else None,
        f"{name}_time": zone.iso(edge.time) if edge and zone else None,
        f"{name}_quality": edge.quality if edge else None,
    }
