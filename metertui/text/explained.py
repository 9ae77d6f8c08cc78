"""An explanation of a usage in words: the same lines for screen and command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from metertui.engine.base import ACTUAL, ONE_TIMES, QUALITY_NAMES, SiteZone, multiplier_text, times_wh
from metertui.engine.billing import NOTHING, ShownBill, money_text
from metertui.engine.columns import NO_REGISTER, Curve
from metertui.engine.intervals import lines
from metertui.engine.maintenance import Source
from metertui.engine.usage import STATUS, Edge, Explanation, LeftOut, Part, Point, Stated, Usage, register_changes
from metertui.engine.vee import Edit, rules
from metertui.text import fmt, time_labels

Sources = Mapping[tuple[int, int], Source]
"""The file and line of readings by their time (µs UTC) and register (Wh), and of intervals by their start and end."""
Places = Mapping[str, Sources]
"""The sources by register."""

QUALITY: Final = {
    "actual": "actual: the meter was read at this moment",
    "estimated": "estimated: on the straight line between the readings before and after",
    "substituted": "substituted: a value in place of one that was not read",
    "first": "first: nothing was read before",
    "last": "last: nothing has been read after it",
}
_NOT_READ: Final = {
    "estimated": "estimated: the register was not read at this moment",
    "substituted": "substituted: a value in place of one that was not read",
}
"""The same where a reading or an interval of a file says so."""
_DECIDED: Final = {"void": "voided", "release": "released", "exchange": "declared", "correct": "corrected"}


class Line(NamedTuple):
    """A label, a figure with its unit, and a note. A strong line is a result."""

    label: str
    figure: str = ""
    note: str = ""
    strong: bool = False


class Section(NamedTuple):
    """Lines under a heading."""

    title: str
    lines: list[Line]


def sections(
    found: Explanation, zone: SiteZone, places: Places | None, price: ShownBill | str | None = None
) -> Iterator[Section]:
    """Yield all sections of an explanation. `places` is None while they are looked up. Times are in the site zone.

    `price` is the month's bill, a sentence on why there is none, or None where none is asked for. An issued bill has
    the price and the usage that it was made with, and what it comes to now beside them.
    """
    usage = found.usage
    opening, closing = usage.opening, usage.closing
    sources = None if places is None else places.get(usage.meter, {})
    yield Section("The figure", [Line("usage", fmt.kwh(usage.usage_wh), _between(usage, zone), strong=True)])
    if opening is None or closing is None:
        yield Section("Why there is no data", [Line("", "", fmt.for_people(found.why_no_data))])
    elif found.registers:
        yield Section("The registers", list(_registers(found, zone)))
    else:
        yield from _of_edges(found, opening, closing, zone, sources)
    if price is not None and opening is not None:
        issued = isinstance(price, ShownBill) and price.issued is not None
        yield Section("The bill, as it was issued" if issued else "The price", list(_price(price, zone)))
    for each in found.registers:
        for section in sections(each, zone, places):
            yield Section(f"{each.usage.meter} · {section.title}", section.lines)
    if not found.registers:
        yield from _of_register(found, zone, sources)


def _between(usage: Usage, zone: SiteZone) -> str:
    """Return the time of a usage: of the window that is asked about only the part of which anything is known."""
    start, end = when(usage.start, zone), when(usage.end, zone)
    if usage.opening is None or usage.closing is None:
        return f"from {start} to {end}"
    rest = [f"from {start}"] if usage.opening.time > usage.start else []
    rest += [f"up to {end}"] if usage.closing.time < usage.end else []
    unknown = f"; nothing is known of the rest, {' and '.join(rest)}" if rest else ""
    return f"from {when(usage.opening.time, zone)} to {when(usage.closing.time, zone)}{unknown}"


def _registers(found: Explanation, zone: SiteZone) -> Iterator[Line]:
    for each in found.registers:
        yield Line(each.usage.meter, fmt.kwh(each.usage.usage_wh), _between(each.usage, zone))
    agrees = "✓ is the usage, to the Wh" if found.agrees else "✗ is not the usage: run metertui check"
    yield Line("sum of the registers", fmt.kwh(found.sum_wh), agrees, strong=True)


def _of_edges(
    found: Explanation, opening: Edge, closing: Edge, zone: SiteZone, sources: Sources | None
) -> Iterator[Section]:
    yield Section("At the beginning", list(_edge("opening", opening, found, zone, sources)))
    yield Section("At the end", list(_edge("closing", closing, found, zone, sources)))
    yield Section("The parts", list(_parts(found, zone, sources)))
    yield Section("The check", list(_check(found, opening, closing)))


def _of_register(found: Explanation, zone: SiteZone, sources: Sources | None) -> Iterator[Section]:
    if found.changes:
        yield Section("Where the register changed", list(_changes(found, zone, sources)))
    if found.released:
        lines = [
            Line("released", fmt.kwh(point.as_read), _reading_note(point, zone, sources)) for point in found.released
        ]
        yield Section("Counted by decision", lines)
    yield Section("What was left out", list(_left_out(found, zone, sources)))


def summary(found: Explanation, zone: SiteZone) -> str:
    """Return an explanation in a sentence or two."""
    opening, closing = found.usage.opening, found.usage.closing
    if opening is None or closing is None:
        return f"No data. {fmt.for_people(found.why_no_data)}"
    said = f"From {when(opening.time, zone)} to {when(closing.time, zone)} "
    if opening.wh is not None and closing.wh is not None:
        said += f"the register went from {fmt.kwh(opening.wh)} to {fmt.kwh(closing.wh)}"
        changed = len(found.changes) + found.more_changes
        said += f", and the register changed {_times(changed)} in between: " if changed else ": "
    said += f"{fmt.kwh(found.usage.usage_wh)} were used."
    if found.usage.missing_us:
        said += f" Of {fmt.duration(found.usage.missing_us, units=2)} of the window nothing is known."
    if found.registers:
        names = dict.fromkeys(each.usage.meter for each in found.registers)
        return f"{said} They are the sum of {', '.join(names)}."
    ends = ("opening", opening, found.opening), ("closing", closing, found.closing)
    estimated = [name for name, edge, points in ends if edge.quality == "estimated" and len(points) > 1]
    if estimated:
        which = "Both ends are" if len(estimated) == 2 else f"The {estimated[0]} end is"
        if opening.wh is not None and closing.wh is not None:
            which = "Both registers are" if len(estimated) == 2 else f"The {estimated[0]} register is"
        between = "in an interval of a file" if found.of_intervals else "between two readings"
        said += f" {which} estimated {between}."
    for name, edge, points in ends:
        if edge.quality in _NOT_READ and len(points) == 1 and edge.wh is not None:
            said += f" The {name} register is {edge.quality}, not read."
    left_out = sum(left.inside for left in found.left_out) + found.more_left_out
    if left_out:
        readings = "1 reading was" if left_out == 1 else f"{fmt.count(left_out)} readings were"
        said += f" {readings} left out."
    return said


def register_note(curve: Curve, opening: Edge | None, closing: Edge | None, used_wh: int | None, zone: SiteZone) -> str:
    """Return a sentence on why a usage is not its closing less its opening register; "" where it is.

    `curve` is that of the meter as it is now. An issued bill may rest on an earlier one.
    """
    if opening is None or closing is None or opening.wh is None or closing.wh is None or used_wh is None:
        return ""
    if closing.wh - opening.wh == used_wh or (curve.wh == NO_REGISTER).any():
        return ""
    changes = register_changes(curve, opening, closing)
    said = "The usage is not the closing less the opening register: "
    if not changes and curve.rise is not None:
        return f"{said}it is what the register rose by, times the multiplier."
    if not changes:
        return f"{said}between them the register was exchanged or reset."
    declared = sum(change.declared for change in changes)
    rolled = sum(change.rolled_over for change in changes)
    kinds = [(declared, "exchange"), (rolled, "rollover"), (len(changes) - declared - rolled, "undeclared reset")]
    what = " and ".join(fmt.counted(count, kind) for count, kind in kinds if count)
    first = changes[0]
    where = f"on {when(first.time, zone)} from {fmt.kwh(first.before_wh)} to {fmt.kwh(first.after_wh)}"
    return f"{said}{what} between them, {'the first ' if len(changes) > 1 else ''}{where}."


def month_change(month: str, change_wh: int, issued: bool) -> str:
    """Return by how much the usage of a month changes, and whether its bills were issued."""
    change = f"{month} {'+' if change_wh > 0 else '−'}{fmt.kwh(abs(change_wh))}"
    return f"{change} (issued: the next run adjusts it)" if issued else change


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{fmt.count(count)} times")


def _edge(name: str, edge: Edge, found: Explanation, zone: SiteZone, sources: Sources | None) -> Iterator[Line]:
    points = found.opening if name == "opening" else found.closing
    known = _how_known(edge, points[0], found, zone)
    if edge.quality == "actual" and points[0].rounded is not None:
        known = "actual: the meter was read at this moment, a little lower; this is the register counted before"
    label = name if edge.wh is None else f"{name} register"
    yield Line(
        label, "" if edge.wh is None else fmt.register(edge.wh), f"{when(edge.time, zone)}, {known}", strong=True
    )
    names = ("",) if len(points) == 1 else (" before", " after")
    for suffix, point in zip(names, points, strict=True):
        if point.status == rules.INTERVAL:
            if point.stated is not None:
                yield _interval(f"interval{suffix}", point.stated, zone, sources)
            continue
        what = {rules.EXCHANGE: "exchange", rules.DIVIDED: "divided"}.get(point.status, "reading")
        yield Line(f"{what}{suffix}", fmt.kwh(point.as_read), _reading_note(point, zone, sources))


def _how_known(edge: Edge, point: Point, found: Explanation, zone: SiteZone) -> str:
    """Return how C is known at an end of the window: by a reading, by an interval of a file, or up to a gap."""
    if edge.quality == "last" and found.unknown_until is not None:
        return f"the end of what is known: nothing is of the time until {when(found.unknown_until, zone)}"
    if edge.quality == "first" and found.unknown_since is not None:
        return f"the beginning of what is known again: nothing is of the time since {when(found.unknown_since, zone)}"
    stated = point.stated
    if point.status != rules.INTERVAL or stated is None:
        said = _NOT_READ if point.time == edge.time else QUALITY
        return said.get(edge.quality, QUALITY[edge.quality])
    if edge.quality == "last":
        return "the end of what is known: no reading and no interval of a file comes after it"
    if edge.quality == "first":
        return "the beginning of what is known: no reading and no interval of a file comes before it"
    if edge.time != stated.end:
        return "estimated: inside an interval of a file, which is drawn evenly"
    return f"{edge.quality}: the end of an interval of a file"


def _interval(label: str, stated: Stated, zone: SiteZone, sources: Sources | None) -> Line:
    """Return an interval of a file, with its energy to the last decimal, and its file and line."""
    quality = "" if not stated.quality else f", {QUALITY_NAMES[stated.quality]}"
    between = f"from {when(stated.start, zone)} to {when(stated.end, zone)}"
    source = sources.get(stated[:2]) if sources else None
    note = f"{between}{quality}, {_source(stated[:2], sources)}{replaced_note(source)}"
    return Line(label, f"{lines.format_energy(stated.energy)} kWh", note)


def replaced_note(source: Source | None) -> str:
    """Return a clause on the value that the one of an interval replaced, with its line; "" if there was none."""
    if source is None or source.former is None:
        return ""
    former = source.former
    quality = f"{QUALITY_NAMES[former.quality]}, " if former.quality else ""
    return f"; before, it was {lines.format_energy(former.energy)} kWh ({quality}line {former.line})"


def _parts(found: Explanation, zone: SiteZone, sources: Sources | None) -> Iterator[Line]:
    over = {part.start: part for part in found.parts}
    usage = found.usage
    assert usage.opening is not None
    first = over.pop(usage.opening.time, None)
    if first is not None:
        yield _part(
            first, "across both ends" if len(found.parts) == 1 and not found.inside_end else "across the start", zone
        )
    if found.inside:
        between = f"from {when(found.inside_start, zone)} to {when(found.inside_end, zone)}"
        yield Line(fmt.counted(found.inside, "whole interval"), fmt.kwh(found.inside_wh), between)
        if found.longest is not None:
            yield Line("  the longest", fmt.kwh(found.longest.counted_wh), _longest_note(found.longest, zone))
        for rise, multiplier in found.products:
            yield Line("  the register rose by", "", _product(rise, multiplier))
        named = ("of a file",) if len(found.stated) == 1 else ("first of a file", "last of a file")
        for label, stated in zip(named, found.stated, strict=False):
            yield _interval(f"  {label}", stated, zone, sources)
    for part in over.values():
        yield _part(part, "across the end", zone)
    yield Line("sum of the parts", fmt.kwh(found.sum_wh), "", strong=True)


def _longest_note(part: Part, zone: SiteZone) -> str:
    """Return from when to when no reading came, and what that means."""
    between = f"from {when(part.start, zone)} to {when(part.end, zone)}"
    return f"{fmt.duration(part.end - part.start, units=2)} without a reading, {between}, is spread evenly"


def _product(rise_wh: int, multiplier: int) -> str:
    """Return a product such as `12.5 kWh × 40 = 500 kWh`."""
    return f"{fmt.kwh(rise_wh)} × {multiplier_text(multiplier)} = {fmt.kwh(times_wh(rise_wh, multiplier))}"


def _part(part: Part, label: str, zone: SiteZone) -> Line:
    whole, counted = fmt.duration(part.after.time - part.before.time), fmt.duration(part.end - part.start)
    rounded = "" if part.exact else ", rounded to the Wh"
    registers = f" ({fmt.kwh(part.before.base)} to {fmt.kwh(part.after.wh)})"
    if rules.INTERVAL in (part.before.status, part.after.status):
        registers = ""
    elif part.rise is not None and part.rise.multiplier != ONE_TIMES:
        registers = f"{registers[:-1]}; {_product(part.rise.whole_wh, part.rise.multiplier)})"
    return Line(
        label,
        fmt.kwh(part.counted_wh),
        f"{fmt.kwh(part.energy_wh)} × {counted} / {whole}{rounded}; "
        f"the interval from {when(part.before.time, zone)} to {when(part.after.time, zone)}{registers}, "
        f"counted from {when(part.start, zone)} to {when(part.end, zone)}",
    )


def _check(found: Explanation, opening: Edge, closing: Edge) -> Iterator[Line]:
    if opening.wh is None or closing.wh is None or found.of_intervals:
        agrees = "✓ is the usage, to the Wh" if found.agrees else "✗ is not the usage: run metertui check"
        yield Line("sum of the parts", fmt.kwh(found.sum_wh), agrees, strong=True)
        return
    yield Line("opening register", fmt.kwh(opening.wh))
    if found.is_multiplied:
        note = "what it rose by; times the multiplier that is the usage"
        yield Line("+ rise of the register", fmt.kwh(found.risen_wh), note)
    else:
        yield Line("+ sum of the parts", fmt.kwh(found.sum_wh))
    if found.changes:
        note = "at exchanges, resets and rollovers; not usage, see below"
        yield Line("+ register changes", fmt.kwh(found.jumps_wh), note)
    agrees = "✓ agrees to the Wh" if found.agrees else "✗ does not agree: run metertui check"
    yield Line("= closing register", fmt.kwh(closing.wh), agrees, strong=True)


def _price(price: ShownBill | str, zone: SiteZone) -> Iterator[Line]:
    if isinstance(price, str):
        yield Line("none", "", price)
        return
    bill, used = price.bill, fmt.kwh(price.bill.usage_wh)
    if price.issued is not None:
        at = when(price.issued, zone)
        yield Line("issued", used, f"on {at}: usage, prices and tax stay as they were then", strong=True)
    if bill.charges is None or bill.total is None:
        yield Line("none", "", f"{bill.reason}.")
        return
    for charge in bill.charges:
        quantity = f"{fmt.number(charge.quantity, charge.kind.decimals)} {charge.unit}"
        rests_on = f"; {fmt.for_people(charge.note)}" if charge.note else ""
        yield Line(
            charge.name or "whole day",
            f"{money_text(charge.amount)} {bill.currency}",
            f"{quantity} × {charge.price:f} cents, {charge.tax_percent:f}% tax; "
            f"from {when(charge.start, zone)} to {when(charge.end, zone)}{rests_on}",
        )
    yield Line("net", f"{money_text(bill.net)} {bill.currency}", f"for {used}: sum of lines, each rounded to the cent")
    yield Line(
        "tax",
        f"{money_text(bill.tax)} {bill.currency}",
        "on the sum of the lines with the same rate, rounded once",
    )
    yield Line("total", f"{money_text(bill.total)} {bill.currency}", "", strong=True)
    if price.issued is not None:
        yield from _since(price)


def _since(price: ShownBill) -> Iterator[Line]:
    """Yield how an issued bill has changed since."""
    for label, figures, note in (
        ("adjusted", price.adjustments, "billed as adjustments since the issue"),
        ("to adjust", price.adjustment, "with today's readings and tariffs; not billed yet"),
    ):
        if any(figures):
            more = figures.usage_wh
            used = f"{'more' if more > 0 else 'less'} by {fmt.kwh(abs(more))}" if more else "the same usage"
            yield Line(label, f"{fmt.money_change(figures.total)} {price.bill.currency}", f"{used}; {note}")
    if price.adjustments == price.adjustment == NOTHING:
        yield Line("to adjust", "nothing", "today's readings and tariffs give the same bill")


def _changes(found: Explanation, zone: SiteZone, sources: Sources | None) -> Iterator[Line]:
    for change in found.changes:
        if change.event is not None:
            decided = _decided(change.event, zone)
            yield Line("exchange", fmt.kwh(change.jump_wh), f"{when(change.after.time, zone)}, {decided}")
            yield Line(
                "  old register",
                fmt.kwh(change.after.as_read),
                f"its final reading, as declared{_rounding(change.after)}",
            )
            yield Line("  new register", fmt.kwh(change.after.base), "its initial reading, as declared")
        elif change.before is change.after:
            note = f"{when(change.after.time, zone)}: the register begins at 0 each day"
            yield Line("begins again", fmt.kwh(change.jump_wh), note)
        elif change.rolled_over:
            note = "it went past its last number and began again at 0; what it rose by is usage"
            yield Line("rollover", fmt.kwh(change.jump_wh), note)
            yield Line("  before", fmt.kwh(_read_before(change.before)), _reading_note(change.before, zone, sources))
            yield Line("  after", fmt.kwh(change.after.as_read), _reading_note(change.after, zone, sources))
        else:
            yield Line(
                "not declared", fmt.kwh(change.jump_wh), "an exchange, a reset or a rollover: not counted as usage"
            )
            yield Line("  before", fmt.kwh(_read_before(change.before)), _reading_note(change.before, zone, sources))
            yield Line("  after", fmt.kwh(change.after.as_read), _reading_note(change.after, zone, sources))
    if found.more_changes:
        yield Line("more", fmt.count(found.more_changes), "further changes, all included in the sum")


def _left_out(found: Explanation, zone: SiteZone, sources: Sources | None) -> Iterator[Line]:
    for left in found.left_out:
        quality = f"{QUALITY_NAMES[left.point.quality]}, " if left.point.quality != ACTUAL else ""
        yield Line(f"{quality}{STATUS[left.point.status]}", fmt.kwh(left.point.wh), _why(left, zone, sources))
    if found.more_left_out:
        yield Line("more", fmt.count(found.more_left_out), "further readings; the list of exceptions (F7) shows them")
    if not found.left_out:
        every = "Every reading that is stored in the window counts."
        yield Line("nothing", "", every if found.usage.readings else "No reading is stored in the window.")


def _why(left: LeftOut, zone: SiteZone, sources: Sources | None) -> str:
    event = left.point.event
    why = _decided(event, zone) if event is not None and event.kind in ("void", "correct") else fmt.for_people(left.why)
    outside = "" if left.inside else "; it lies outside the window, in an interval across its end"
    return f"{when(left.point.time, zone)}, {_place(left.point, sources)}: {why}{outside}"


def _reading_note(point: Point, zone: SiteZone, sources: Sources | None) -> str:
    """Return when a reading was taken, its file and line, and the decision about it."""
    decided = f"; {_decided(point.event, zone)}" if point.event is not None else ""
    quality = f"; {QUALITY_NAMES[point.quality]}" if point.quality != ACTUAL else ""
    return f"{when(point.time, zone)}, {_place(point, sources)}{quality}{_rounding(point)}{decided}"


def _rounding(point: Point) -> str:
    return "" if point.rounded is None else f"; a rounding: counts as {fmt.kwh(point.wh)}"


def _read_before(point: Point) -> int:
    """Return the register from which a step began, as it was read: at an exchange, that of the new one."""
    return point.base if point.status == rules.EXCHANGE else point.as_read


def _decided(event: Edit, zone: SiteZone) -> str:
    done = _DECIDED.get(event.kind, event.kind)
    before = f" from {fmt.kwh(event.wh)}" if event.kind == "correct" else ""
    return f"{done}{before} by {event.who} on {when(event.decided, zone)}: {event.reason}"


def _place(point: Point, sources: Sources | None) -> str:
    if point.status == rules.EXCHANGE:
        return "events.csv"
    if point.status == rules.DIVIDED:
        return "by accounts_history.csv"
    return _source((point.time, point.as_read), sources)


def _source(key: tuple[int, int], sources: Sources | None) -> str:
    if sources is None:
        return "looking for its file …"
    source = sources.get(key)
    return f"{source.file} line {source.line}" if source else "in no file any more: run metertui check"


def when(instant: int, zone: SiteZone) -> str:
    """Return an instant as local time in a sentence, `1 Nov 2026 00:30`, to the second. See `time_labels.moment`."""
    return time_labels.moment(zone.local(instant))


def since(start: int, end: int, zone: SiteZone) -> str:
    """Return where an interval begins, beside its end, in a column: `from 00:30`, and on another day `from 27 00:30`.

    One that begins at a midnight has the day alone: `from 27 Feb`.
    """
    first, last = zone.local(start), zone.local(end - 1)
    clock = f"{first:{'%H:%M:%S' if first.second else '%H:%M'}}"
    if first.date() == last.date() and zone.local(end).date() == last.date():
        return f"from {clock}"
    return f"from {first.day} {first:%b}" if clock == "00:00" else f"from {first.day} {clock}"
