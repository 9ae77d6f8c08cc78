"""Commands that ask: usage, bill, query, export. They read beside a running server."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from metertui.cli.common import days, instant, kwh, opened, progress, replacing, show
from metertui.cli.errors import UsageError
from metertui.engine import analytics, billing, listing, windows
from metertui.engine import export as exporting
from metertui.engine.billing import Statement
from metertui.engine.core import Engine
from metertui.engine.energy import Edge, Usage
from metertui.engine.errors import MeterError
from metertui.engine.question import Question, clock_of
from metertui.engine.windows import Window
from metertui.engine.zone import SiteZone
from metertui.formats import sheets

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
BILL = (
    "meter",
    "month",
    "opening_kwh",
    "opening_quality",
    "closing_kwh",
    "closing_quality",
    "usage_kwh",
    "lines",
    "net",
    "tax",
    "total",
    "currency",
    "reason",
)
_NO_TARIFF = "no tariffs are set up, so there is no price"


def usage(options: argparse.Namespace) -> None:
    """`metertui usage METER [WINDOW]`."""
    with opened(options, readonly=True) as engine:
        at = instant("--at", options.at, engine.zone)
        window: str | Window = options.window or "month"
        if window not in windows.NAMES:
            raise UsageError(f"{window} is no window; they are {', '.join(windows.NAMES)}")
        if options.first or options.last:
            if options.window:
                raise UsageError("a window and dates exclude one another")
            window = windows.between(*days(options), engine.zone)
        show(options, [usage_row(engine.usage(options.meter, window, at), engine.zone)], USAGE, one=True)


def bill(options: argparse.Namespace) -> None:
    """`metertui bill METER`, `metertui bill --all -o FILE`."""
    if options.all == bool(options.meter) or (options.all and not options.out):
        raise UsageError("a bill is of METER, or --all -o FILE")
    if options.month is not None:
        try:
            windows.month(options.month, SiteZone("UTC"))
        except MeterError as error:
            raise UsageError(f"--month: {error}") from error
    with opened(options, readonly=True) as engine:
        if not options.all:
            at = instant("--at", options.at, engine.zone)
            show(options, [bill_row(engine.statement(options.meter, options.month, at))], BILL, one=True)
            return
        now = instant("--at", options.at, engine.zone) or engine.clock.now()
        count = _bill_all(engine, options.month or windows.month_before(now, engine.zone), Path(options.out))
        print(f"{count} {'bill' if count == 1 else 'bills'} written to {options.out}", file=sys.stderr)


def _bill_all(engine: Engine, month: str, out: Path) -> int:
    frozen = engine.view().frozen(engine.rules.max_w)
    columns = [name for name in BILL if name != "lines"]
    count = 0
    with progress("writing bills") as share, replacing(out) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for statement in billing.statements(frozen, month):
            row = bill_row(statement)
            writer.writerow(["" if row[name] is None else row[name] for name in columns])
            count += 1
            share(min(1.0, count / max(1, len(engine.directory))))
    return count


def query(options: argparse.Namespace) -> None:
    """`metertui query --from D --to D`."""
    if options.readings:
        _list(options)
        return
    by = tuple(key for key in options.by.split(",") if key)
    for key in by:
        if key not in analytics.KEYS or by.count(key) > 1:
            raise UsageError(f"--by takes some of {', '.join(analytics.KEYS)}, each once")
    columns = [*by, "usage_kwh", "meters", "readings"]
    asked = _question(options, columns)
    question = replace(asked, by=by, sort=asked.sort.replace("usage_kwh", "usage_wh"))
    with opened(options, readonly=True) as engine:
        answer = analytics.answer(engine.view().frozen(engine.rules.max_w), question)
    show(options, query_rows(answer), columns)


def _list(options: argparse.Namespace) -> None:
    """`metertui query --readings`."""
    if options.by:
        raise UsageError("--readings lists them one by one; --by is for their usage")
    question = _question(options, listing.COLUMNS)
    with opened(options, readonly=True) as engine:
        found = listing.readings(engine, question).astype(object).to_dict("records")
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
        clock = clock_of(options.time)
    except MeterError as error:
        raise UsageError(f"--time: {error}") from error
    return Question(
        first=first,
        last=last,
        meter=options.meter,
        region=options.region,
        sub_region=options.sub_region,
        apartment_type=options.apartment_type,
        sort=sort,
        limit=limit,
        clock=clock,
    )


def export(options: argparse.Namespace) -> None:
    """`metertui export --from D --to D -o FILE`."""
    out = Path(options.out)
    try:
        sheets.suffix_of(out)
    except sheets.Refusal as error:
        raise UsageError(str(error)) from error
    question = _question(options, ())
    with opened(options, readonly=True) as engine:
        frozen = engine.view().frozen(engine.rules.max_w)
        asked = {"from": str(question.first), "to": str(question.last), **question.filters()}
        definition = None if out.suffix == ".csv" else {"table": "readings", "timezone": engine.zone.name, **asked}
        count = 0
        with (
            progress("writing readings") as share,
            sheets.writing(out, exporting.COLUMNS, engine.zone.name, definition) as add,
        ):
            for table in exporting.export(frozen, question):
                add(table)
                count += len(table)
                share(min(1.0, count / max(1, len(frozen))))
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


def bill_row(statement: Statement) -> dict[str, Any]:
    """A bill under the names of BILL."""
    return {
        "meter": statement.meter,
        "month": statement.month,
        **_edge("opening", statement.opening),
        **_edge("closing", statement.closing),
        "usage_kwh": kwh(statement.usage_wh),
        "lines": None,
        "net": None,
        "tax": None,
        "total": None,
        "currency": None,
        "reason": _NO_TARIFF,
    }
