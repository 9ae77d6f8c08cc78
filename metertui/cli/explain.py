"""`metertui explain`: a usage and all that it is based on, down to file and line."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from typing import Any, Final

from metertui.cli.bills import bill_object
from metertui.cli.data_folder import open_for_reading
from metertui.cli.errors import UsageError
from metertui.cli.options import format_of, parse_at, parse_days
from metertui.cli.output import print_json, print_rows, progress_bar
from metertui.cli.printed_values import usage_row
from metertui.engine.base import (
    QUALITY_NAMES,
    WINDOW_NAMES,
    SiteZone,
    Window,
    kwh_number,
    meter_of,
    month_bounds,
    window_of_days,
)
from metertui.engine.billing import ENERGY, ShownBill, money_text
from metertui.engine.core import Engine, one_meter
from metertui.engine.errors import MeterError
from metertui.engine.intervals import UWH_PER_WH, lines
from metertui.engine.maintenance import Source
from metertui.engine.maintenance import sources as files
from metertui.engine.nearest import did_you_mean
from metertui.engine.usage import QUALITY_OF_POINT, STATUS, Explanation, Point, Stated
from metertui.engine.vee import Edit, edit_log, rules, word_of
from metertui.text import Places, Sources, explained, visible

COLUMNS: Final = ("part", "from", "to", "from_kwh", "to_kwh", "usage_kwh", "status", "from_source", "to_source", "note")
_NARROWEST: Final = 60


def explanation(options: argparse.Namespace) -> None:
    """Run `metertui explain METER [WINDOW]`."""
    with open_for_reading(options) as engine:
        found, price = one_meter.prepare_explanation(engine, options.meter, _window(options, engine))()
        with progress_bar("looking for the readings in their files") as progress:
            places = files.locate_all(engine.archive, engine.zone, found, progress)
        form = format_of(options)
        if form == "json":
            answer = {**as_object(found, engine.zone, places), "bill": _bill(price, engine.zone)}
            print_json(answer, indent=2)
        elif form == "csv":
            print_rows(options, as_rows(found, engine.zone, places, price), COLUMNS)
        else:
            _print(found, engine, places, price)


def _window(options: argparse.Namespace, engine: Engine) -> Window:
    """Return the window that the options give. Raises UsageError, MeterError."""
    given = [name for name in ("window", "month") if getattr(options, name)]
    if options.first or options.last:
        given.append("dates")
    if len(given) > 1:
        raise UsageError("give a window, --month, or --from and --to, but only one of them")
    if options.window and options.window not in WINDOW_NAMES:
        meant = did_you_mean(options.window, WINDOW_NAMES)
        raise UsageError(f"{options.window} is not a window; choose one of {', '.join(WINDOW_NAMES)}{meant}")
    at = parse_at(options, engine.zone)
    if options.month:
        try:
            return Window(options.month, *month_bounds(options.month, engine.zone))
        except MeterError as error:
            raise UsageError(f"--month: {error}") from error
    if options.first or options.last:
        return window_of_days(*parse_days(options), engine.zone)
    now = engine.clock.now() if at is None else at
    return engine.use_series(options.meter).window(options.window or "month", now, engine.zone)


def as_object(found: Explanation, zone: SiteZone, places: Places) -> dict[str, Any]:
    """Return an explanation as an object for other programs; kWh are numbers."""

    here = places.get(found.usage.meter, {})

    def interval(it: Stated) -> dict[str, Any]:
        source = here.get(it[:2])
        return {
            "start": zone.iso(it.start),
            "end": zone.iso(it.end),
            "interval_kwh": kwh_number(round(it.energy / UWH_PER_WH)),
            "quality": QUALITY_OF_POINT[it.quality],
            "file": source.file if source else None,
            "line": source.line if source else None,
            **({"replaced": former(source.former)} if source and source.former else {}),
        }

    def former(it: files.Former) -> dict[str, Any]:
        return {
            "interval_kwh": kwh_number(round(it.energy / UWH_PER_WH)),
            "quality": QUALITY_OF_POINT[it.quality],
            "line": it.line,
        }

    def point(it: Point) -> dict[str, Any]:
        if it.stated is not None:
            return {"time": zone.iso(it.time), "reading_kwh": None, "status": STATUS[it.status], **interval(it.stated)}
        source = here.get((it.time, it.as_read))
        return {
            "time": zone.iso(it.time),
            "reading_kwh": kwh_number(it.as_read),
            "counts_as_kwh": kwh_number(it.wh),
            "status": STATUS[it.status],
            "quality": QUALITY_NAMES[it.quality],
            "decided": decision(it.event) if it.event else None,
            "file": source.file if source else None,
            "line": source.line if source else None,
        }

    def decision(event: Edit) -> dict[str, Any]:
        return {"what": word_of(event.kind), "time": zone.iso(event.decided), "who": event.who, "reason": event.reason}

    return {
        **usage_row(found.usage, zone),
        "reason": found.why_no_data or None,
        "opening_readings": [point(it) for it in found.opening],
        "closing_readings": [point(it) for it in found.closing],
        "steps_over_an_end": [
            {
                "from": point(part.before),
                "to": point(part.after),
                "energy_kwh": kwh_number(part.energy_wh),
                "counted_from": zone.iso(part.start),
                "counted_to": zone.iso(part.end),
                "counted_seconds": (part.end - part.start) / 1_000_000,
                "seconds": (part.after.time - part.before.time) / 1_000_000,
                "counted_kwh": kwh_number(part.counted_wh),
            }
            for part in found.parts
        ],
        "whole_steps": found.inside,
        "whole_steps_kwh": kwh_number(found.inside_wh),
        **({"first_and_last_interval": [interval(it) for it in found.stated]} if found.stated else {}),
        "sum_kwh": kwh_number(found.sum_wh),
        "register_changes": [
            {
                "declared": change.event is not None,
                "from": point(change.before),
                "to": point(change.after),
                "old_kwh": kwh_number(change.before.wh if change.event else change.before.base),
                "new_kwh": kwh_number(change.after.base if change.event else change.after.wh),
                "moved_kwh": kwh_number(change.jump_wh),
            }
            for change in found.changes
        ],
        "register_changes_kwh": kwh_number(found.jumps_wh),
        "agrees": found.agrees,
        "left_out": [{**point(left.point), "why": left.why, "in_window": left.inside} for left in found.left_out],
        "more_left_out": found.more_left_out,
        "released": [point(it) for it in found.released],
        **({"registers": [as_object(each, zone, places) for each in found.registers]} if found.registers else {}),
    }


def as_rows(
    found: Explanation, zone: SiteZone, all_places: Places, price: ShownBill | str | None
) -> list[dict[str, Any]]:
    """Return an explanation as rows under COLUMNS; the rows `step` and `steps` sum to the row `usage`.

    So do the rows `price`, except those of an issued bill, which a row `issued` follows.
    """

    def row(part: str, **cells: Any) -> dict[str, Any]:
        return dict.fromkeys(COLUMNS) | {"part": part} | cells

    def between(before: Point, after: Point) -> dict[str, Any]:
        return {
            "from": zone.iso(before.time),
            "to": zone.iso(after.time),
            "from_kwh": None if before.stated else kwh_number(before.wh),
            "to_kwh": None if after.stated else kwh_number(after.wh),
            "from_source": _source_of(places, before),
            "to_source": _source_of(places, after),
        }

    usage, places = found.usage, all_places.get(found.usage.meter, {})
    rows = []
    for name, edge, points in (("opening", usage.opening, found.opening), ("closing", usage.closing, found.closing)):
        if edge is not None and points:
            cells = {"from": zone.iso(edge.time), "from_kwh": kwh_number(edge.wh), "status": edge.quality}
            rows.append(
                row(name, **cells, from_source=_source_of(places, points[0]), to_source=_source_of(places, points[-1]))
            )
    for part in found.parts:
        note = f"of {kwh_number(part.energy_wh)} kWh, counted from {zone.iso(part.start)} to {zone.iso(part.end)}"
        rows.append(row("step", **between(part.before, part.after), usage_kwh=kwh_number(part.counted_wh), note=note))
    if found.inside:
        cells = {"from": zone.iso(found.inside_start), "to": zone.iso(found.inside_end)}
        note = f"{found.inside} whole intervals"
        if found.longest is not None:
            note += f", the longest from {zone.iso(found.longest.start)} to {zone.iso(found.longest.end)}"
        rows.append(row("steps", **cells, usage_kwh=kwh_number(found.inside_wh), note=note))
    for stated in found.stated:
        cells = {"from": zone.iso(stated.start), "to": zone.iso(stated.end), "status": QUALITY_OF_POINT[stated.quality]}
        note = f"{lines.format_energy(stated.energy)} kWh, the first or the last of the intervals of files in the steps"
        source = places.get(stated[:2])
        rows.append(
            row("interval", **cells, from_source=_text_of(source), note=f"{note}{explained.replaced_note(source)}")
        )
    for each in found.registers:
        of_it = as_rows(each, zone, all_places, None)
        rows += [cells | {"part": f"{each.usage.meter} {cells['part']}"} for cells in of_it[:-1]]
        rows.append(of_it[-1] | {"part": "step", "note": f"what {each.usage.meter} adds to the sum"})
    for change in found.changes:
        declared = f"declared by {change.event.who}: {change.event.reason}" if change.event else "not declared"
        cells = between(change.before, change.after)
        if change.event:
            cells["to_kwh"] = kwh_number(change.after.base)
        note = f"the register moved by {kwh_number(change.jump_wh)} kWh, which is not usage; {declared}"
        rows.append(row("register change", **cells, note=note))
    for left in found.left_out:
        cells = {
            "from": zone.iso(left.point.time),
            "from_kwh": kwh_number(left.point.wh),
            "status": STATUS[left.point.status],
        }
        rows.append(row("left out", **cells, from_source=_source_of(places, left.point), note=left.why))
    if isinstance(price, ShownBill):
        currency = price.bill.currency
        for charge in price.bill.charges or ():
            said = f"{charge.price:f} cents, {charge.tax_percent:f}% tax: {money_text(charge.amount)} {currency}"
            cells = {"from": zone.iso(charge.start), "to": zone.iso(charge.end)}
            used = kwh_number(charge.quantity) if charge.kind is ENERGY else None
            rows.append(row("price", **cells, usage_kwh=used, note=f"{charge.name or 'whole day'}: {said}"))
        if price.issued is not None:
            total, adjusting = money_text(price.bill.total), money_text(price.adjustment.total)
            cells = {"from": zone.iso(price.issued), "usage_kwh": kwh_number(price.bill.usage_wh)}
            rows.append(row("issued", **cells, note=f"total {total} {currency}; now {adjusting} to adjust"))
    cells = {"from": zone.iso(usage.start), "to": zone.iso(usage.end), "usage_kwh": kwh_number(usage.usage_wh)}
    rows.append(row("usage", **cells, note=found.why_no_data or None))
    return rows


def _bill(price: ShownBill | str | None, zone: SiteZone) -> dict[str, Any] | None:
    """Return the bill as `metertui bill --format json` has it."""
    if not isinstance(price, ShownBill):
        return None
    times = ("opening_time", "closing_time")
    return {name: value for name, value in bill_object(price, zone).items() if name not in times}


def _source_of(places: Sources, point: Point) -> str | None:
    if point.status == rules.EXCHANGE:
        return edit_log.NAME
    key = (point.time, point.as_read) if point.stated is None else point.stated[:2]
    return _text_of(places.get(key))


def _text_of(source: Source | None) -> str | None:
    return str(source) if source else None


def _print(found: Explanation, engine: Engine, places: Places, price: ShownBill | str | None) -> None:
    """Print an explanation as text, in columns for labels, figures and notes."""
    width = max(_NARROWEST, shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 100)
    account = engine.accounts.get(meter_of(found.usage.meter))
    address = f" · {visible(account.address)}" if account is not None and account.address else ""
    print(f"{found.usage.meter}{address}")
    print("\n".join(textwrap.wrap(visible(explained.summary(found, engine.zone)), width)))
    sections = list(explained.sections(found, engine.zone, places, price))
    lines = [line for section in sections for line in section.lines]
    label = max(len(line.label) for line in lines) + 2
    figure = max(len(line.figure) for line in lines)
    for section in sections:
        print(f"\n{section.title}")
        for line in section.lines:
            indent = " " * (label + figure + 4)
            note = textwrap.wrap(visible(line.note), width - len(indent)) or [""]
            head = f"  {visible(line.label):<{label}}{visible(line.figure):>{figure}}"
            print("\n".join([f"{head}  {note[0]}".rstrip(), *(f"{indent}{more}" for more in note[1:])]))
