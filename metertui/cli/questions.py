"""Commands that ask: usage, bill, query, export. They read beside a running server."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from metertui.cli.common import days, instant, kwh, opened, progress, replacing, show
from metertui.cli.errors import UsageError
from metertui.engine import analytics, billing, windows
from metertui.engine import export as exporting
from metertui.engine.analytics import Question
from metertui.engine.billing import Statement
from metertui.engine.core import Engine
from metertui.engine.energy import Edge, Usage
from metertui.engine.errors import MeterError
from metertui.engine.windows import Window
from metertui.engine.zone import SiteZone

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
    by = tuple(key for key in options.by.split(",") if key)
    for key in by:
        if key not in analytics.KEYS or by.count(key) > 1:
            raise UsageError(f"--by takes some of {', '.join(analytics.KEYS)}, each once")
    columns = [*by, "usage_kwh", "meters", "readings"]
    if options.sort and options.sort.removeprefix("-") not in columns:
        raise UsageError(f"--sort takes one of {', '.join(columns)}; -column for descending")
    if options.limit < 0:
        raise UsageError("--limit is at least 0")
    first, last = days(options)
    question = Question(
        first=first,
        last=last,
        by=by,
        meter=options.meter,
        region=options.region,
        sub_region=options.sub_region,
        apartment_type=options.apartment_type,
        sort=options.sort.replace("usage_kwh", "usage_wh"),
        limit=options.limit,
    )
    with opened(options, readonly=True) as engine:
        answer = analytics.answer(engine.view().frozen(engine.rules.max_w), question)
    show(options, query_rows(answer), columns)


def export(options: argparse.Namespace) -> None:
    """`metertui export --from D --to D -o FILE`."""
    out = Path(options.out)
    if out.suffix != ".csv":
        raise UsageError(f"{out.name}: an export is written to a .csv file")
    first, last = days(options)
    with opened(options, readonly=True) as engine:
        frozen = engine.view().frozen(engine.rules.max_w)
        count = 0
        with progress("writing readings") as share, replacing(out) as file:
            csv.writer(file, lineterminator="\n").writerow(exporting.COLUMNS)
            for table in exporting.export(
                frozen,
                first,
                last,
                meter=options.meter,
                region=options.region,
                sub_region=options.sub_region,
                apartment_type=options.apartment_type,
            ):
                table.to_csv(file, header=False, index=False, float_format=_plain, lineterminator="\n")
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


def _plain(value: object) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
