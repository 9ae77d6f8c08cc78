"""`metertui explain`: a usage with all that it rests on, down to file and line. Reads beside a running server."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import textwrap
from typing import Any, Final

from metertui.cli.bills import bill_object
from metertui.cli.common import days, instant, kwh, opened, progress_bar, show, visible
from metertui.cli.errors import UsageError
from metertui.cli.queries import usage_row
from metertui.engine.base import WINDOW_NAMES, SiteZone, Window, month_bounds, window_of_days
from metertui.engine.billing import ENERGY, ShownBill, money_text
from metertui.engine.core import Engine, one_meter
from metertui.engine.errors import MeterError
from metertui.engine.maintenance import sources as files
from metertui.engine.usage import STATUS, Explanation, Point
from metertui.engine.vee import Edit, edit_log, rules
from metertui.text import Sources, explained

COLUMNS: Final = ("part", "from", "to", "from_kwh", "to_kwh", "usage_kwh", "status", "from_source", "to_source", "note")
_NARROWEST: Final = 60


def explanation(options: argparse.Namespace) -> None:
    """`metertui explain METER [WINDOW]`."""
    with opened(options) as engine:
        told, price = one_meter.prepare_explanation(engine, options.meter, _window(options, engine))()
        with progress_bar("looking for the readings in their files") as share:
            times = [point.time for point in told.named_readings()]
            places = files.locate_readings(engine.archive, engine.zone, options.meter, times, share)
        form = getattr(options, "format", "table")
        if form == "json":
            found = {**as_object(told, engine.zone, places), "bill": _bill(price, engine.zone)}
            print(json.dumps(found, ensure_ascii=False, indent=2))
        elif form == "csv":
            show(options, as_rows(told, engine.zone, places, price), COLUMNS)
        else:
            _print(told, engine, places, price)


def _window(options: argparse.Namespace, engine: Engine) -> Window:
    """The window that is asked for. Raises UsageError, MeterError."""
    given = [name for name in ("window", "month") if getattr(options, name)]
    if options.first or options.last:
        given.append("dates")
    if len(given) > 1:
        raise UsageError("a window, a month and dates exclude one another")
    if options.window and options.window not in WINDOW_NAMES:
        raise UsageError(f"{options.window} is not a window; choose one of {', '.join(WINDOW_NAMES)}")
    at = instant("--at", options.at, engine.zone)
    if options.month:
        try:
            return Window(options.month, *month_bounds(options.month, engine.zone))
        except MeterError as error:
            raise UsageError(f"--month: {error}") from error
    if options.first or options.last:
        return window_of_days(*days(options), engine.zone)
    now = engine.clock.now() if at is None else at
    return engine.series(options.meter).window(options.window or "month", now, engine.zone)


def as_object(told: Explanation, zone: SiteZone, places: Sources) -> dict[str, Any]:
    """All of it under names, for other programs; kWh as numbers."""

    def point(it: Point) -> dict[str, Any]:
        source = places.get(it.time)
        return {
            "time": zone.iso(it.time),
            "reading_kwh": kwh(it.wh),
            "status": STATUS[it.status],
            "decided": decision(it.event) if it.event else None,
            "file": source.file if source else None,
            "line": source.line if source else None,
        }

    def decision(event: Edit) -> dict[str, Any]:
        return {"what": event.kind, "time": zone.iso(event.decided), "who": event.who, "reason": event.reason}

    return {
        **usage_row(told.usage, zone),
        "reason": told.why_no_data or None,
        "opening_readings": [point(it) for it in told.opening],
        "closing_readings": [point(it) for it in told.closing],
        "steps_over_an_end": [
            {
                "from": point(part.before),
                "to": point(part.after),
                "energy_kwh": kwh(part.energy_wh),
                "counted_from": zone.iso(part.start),
                "counted_to": zone.iso(part.end),
                "counted_seconds": (part.end - part.start) / 1_000_000,
                "seconds": (part.after.time - part.before.time) / 1_000_000,
                "counted_kwh": kwh(part.counted_wh),
            }
            for part in told.parts
        ],
        "whole_steps": told.inside,
        "whole_steps_kwh": kwh(told.inside_wh),
        "sum_kwh": kwh(told.sum_wh),
        "register_changes": [
            {
                "declared": change.event is not None,
                "from": point(change.before),
                "to": point(change.after),
                "old_kwh": kwh(change.before.wh if change.event else change.before.base),
                "new_kwh": kwh(change.after.base if change.event else change.after.wh),
                "moved_kwh": kwh(change.jump_wh),
            }
            for change in told.changes
        ],
        "register_changes_kwh": kwh(told.jumps_wh),
        "agrees": told.agrees,
        "left_out": [{**point(left.point), "why": left.why, "in_window": left.inside} for left in told.left_out],
        "more_left_out": told.more_left_out,
        "released": [point(it) for it in told.released],
    }


def as_rows(told: Explanation, zone: SiteZone, places: Sources, price: ShownBill | str | None) -> list[dict[str, Any]]:
    """A row for each thing that it says; those of the kinds `step` and `steps` sum to the one of the kind `usage`.

    So do those of the kind `price`, but where a bill was issued: then they are of that, and a row `issued` says when.
    """

    def row(part: str, **cells: Any) -> dict[str, Any]:
        return dict.fromkeys(COLUMNS) | {"part": part} | cells

    def between(before: Point, after: Point) -> dict[str, Any]:
        return {
            "from": zone.iso(before.time),
            "to": zone.iso(after.time),
            "from_kwh": kwh(before.wh),
            "to_kwh": kwh(after.wh),
            "from_source": _text(places, before),
            "to_source": _text(places, after),
        }

    usage = told.usage
    rows = []
    for name, edge, points in (("opening", usage.opening, told.opening), ("closing", usage.closing, told.closing)):
        if edge is not None:
            cells = {"from": zone.iso(edge.time), "from_kwh": kwh(edge.wh), "status": edge.quality}
            rows.append(row(name, **cells, from_source=_text(places, points[0]), to_source=_text(places, points[-1])))
    for part in told.parts:
        note = f"of {kwh(part.energy_wh)} kWh, counted from {zone.iso(part.start)} to {zone.iso(part.end)}"
        rows.append(row("step", **between(part.before, part.after), usage_kwh=kwh(part.counted_wh), note=note))
    if told.inside:
        cells = {"from": zone.iso(told.inside_start), "to": zone.iso(told.inside_end)}
        rows.append(row("steps", **cells, usage_kwh=kwh(told.inside_wh), note=f"{told.inside} whole steps"))
    for change in told.changes:
        declared = f"declared by {change.event.who}: {change.event.reason}" if change.event else "not declared"
        cells = between(change.before, change.after)
        if change.event:
            cells["to_kwh"] = kwh(change.after.base)
        note = f"the register moved by {kwh(change.jump_wh)} kWh that nobody used; {declared}"
        rows.append(row("register change", **cells, note=note))
    for left in told.left_out:
        cells = {"from": zone.iso(left.point.time), "from_kwh": kwh(left.point.wh), "status": STATUS[left.point.status]}
        rows.append(row("left out", **cells, from_source=_text(places, left.point), note=left.why))
    if isinstance(price, ShownBill):
        currency = price.bill.currency
        for charge in price.bill.charges or ():
            said = f"{charge.price:f} cents, {charge.tax_percent:f} % tax: {money_text(charge.amount)} {currency}"
            cells = {"from": zone.iso(charge.start), "to": zone.iso(charge.end)}
            used = kwh(charge.quantity) if charge.kind is ENERGY else None
            rows.append(row("price", **cells, usage_kwh=used, note=f"{charge.band or 'whole day'}: {said}"))
        if price.issued is not None:
            note = (
                f"total {money_text(price.bill.total)} {currency}; now {money_text(price.adjustment.total)} to adjust"
            )
            cells = {"from": zone.iso(price.issued), "usage_kwh": kwh(price.bill.usage_wh)}
            rows.append(row("issued", **cells, note=note))
    cells = {"from": zone.iso(usage.start), "to": zone.iso(usage.end), "usage_kwh": kwh(usage.usage_wh)}
    rows.append(row("usage", **cells, note=told.why_no_data or None))
    return rows


def _bill(price: ShownBill | str | None, zone: SiteZone) -> dict[str, Any] | None:
    """As `metertui bill` has it."""
    if not isinstance(price, ShownBill):
        return None
    times = ("opening_time", "closing_time")
    return {name: value for name, value in bill_object(price, zone).items() if name not in times}


def _text(places: Sources, point: Point) -> str | None:
    if point.status == rules.EXCHANGE:
        return edit_log.NAME
    source = places.get(point.time)
    return str(source) if source else None


def _print(told: Explanation, engine: Engine, places: Sources, price: ShownBill | str | None) -> None:
    """As text: what it is, its figure to the right, and a remark beside it."""
    width = max(_NARROWEST, shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100)
    account = engine.accounts.get(told.usage.meter)
    address = f" · {visible(account.address)}" if account is not None and account.address else ""
    print(f"{told.usage.meter}{address}")
    print("\n".join(textwrap.wrap(explained.summary(told, engine.zone), width)))
    found = list(explained.sections(told, engine.zone, places, price))
    lines = [line for section in found for line in section.lines]
    label = max(len(line.label) for line in lines) + 2
    figure = max(len(line.figure) for line in lines)
    for section in found:
        print(f"\n{section.title}")
        for line in section.lines:
            indent = " " * (label + figure + 4)
            note = textwrap.wrap(visible(line.note), width - len(indent)) or [""]
            head = f"  {line.label:<{label}}{line.figure:>{figure}}"
            print("\n".join([f"{head}  {note[0]}".rstrip(), *(f"{indent}{more}" for more in note[1:])]))
