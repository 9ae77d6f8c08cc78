"""An explanation in words: the same lines for the screen, the command line and whoever prints them.

Knows no widget, so that the command line can say it without loading any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from metertui.engine import validation
from metertui.engine.energy import Edge
from metertui.engine.explain import Change, Explanation, Part, Point
from metertui.engine.sources import Source
from metertui.engine.zone import DAY, HOUR, MINUTE, SECOND, SiteZone
from metertui.screens import fmt

Sources = Mapping[int, Source]
"""Where readings stand, by their time (µs UTC)."""

QUALITY: Final = {
    "actual": "actual: the meter was read at this moment",
    "estimated": "estimated: on the straight line between the readings before and after",
    "first": "first: nothing was read before",
    "last": "last: nothing has been read since",
}
STATUS: Final = {
    validation.COUNTED: "counted",
    validation.RESET: "counted; the register was another from here",
    validation.SUSPECT: "suspect: the next reading decides",
    validation.REJECTED: "rejected: a bad read",
}


class Line(NamedTuple):
    """What it is, a figure with its unit, and a remark. A strong one is a result."""

    label: str
    figure: str = ""
    note: str = ""
    strong: bool = False


class Section(NamedTuple):
    """Lines under a heading."""

    title: str
    lines: list[Line]


def sections(told: Explanation, zone: SiteZone, sources: Sources | None) -> Iterator[Section]:
    """All of it. `sources` is None while they are still looked for. Times in the site zone."""
    usage = told.usage
    opening, closing = usage.opening, usage.closing
    between = f"from {moment(usage.start, zone)} to {moment(usage.end, zone)}"
    yield Section("The figure", [Line("usage", fmt.kwh(usage.usage_wh), between, strong=True)])
    if opening is None or closing is None:
        yield Section("Why there is none", [Line("", "", told.why_nothing)])
    else:
        yield Section("At the beginning", list(_edge("opening register", opening, told.opening, zone, sources)))
        yield Section("At the end", list(_edge("closing register", closing, told.closing, zone, sources)))
        yield Section("The parts", list(_parts(told, zone)))
        yield Section("The check", list(_check(told, opening, closing)))
    if told.changes:
        yield Section("Where the register changed", list(_changes(told, zone, sources)))
    yield Section("What was left out", list(_left_out(told, zone, sources)))


def _edge(name: str, edge: Edge, points: tuple[Point, ...], zone: SiteZone, sources: Sources | None) -> Iterator[Line]:
    yield Line(name, fmt.kwh(edge.wh), f"{moment(edge.time, zone)}, {QUALITY[edge.quality]}", strong=True)
    names = ("reading",) if len(points) == 1 else ("reading before", "reading after")
    for label, point in zip(names, points, strict=True):
        yield Line(label, fmt.kwh(point.wh), f"{moment(point.time, zone)}, {_place(point, sources)}")


def _parts(told: Explanation, zone: SiteZone) -> Iterator[Line]:
    over = {part.start: part for part in told.parts}
    usage = told.usage
    assert usage.opening is not None
    first = over.pop(usage.opening.time, None)
    if first is not None:
        yield _part(first, "over both ends" if len(told.parts) == 1 and not told.inside_end else "over the start", zone)
    if told.inside:
        steps = "1 whole step" if told.inside == 1 else f"{fmt.count(told.inside)} whole steps"
        between = f"from {moment(told.inside_start, zone)} to {moment(told.inside_end, zone)}"
        yield Line(steps, fmt.kwh(told.inside_wh), between)
    for part in over.values():
        yield _part(part, "over the end", zone)
    yield Line("sum of the parts", fmt.kwh(told.sum_wh), "", strong=True)


def _part(part: Part, label: str, zone: SiteZone) -> Line:
    whole, counted = span(part.after.time - part.before.time), span(part.end - part.start)
    rounded = "" if part.exact else ", rounded to the Wh"
    return Line(
        label,
        fmt.kwh(part.counted_wh),
        f"{fmt.kwh(part.energy_wh)} × {counted} / {whole}{rounded}; "
        f"the step from {moment(part.before.time, zone)} to {moment(part.after.time, zone)} "
        f"({fmt.kwh(part.before.wh)} to {fmt.kwh(part.after.wh)}), "
        f"counted from {moment(part.start, zone)} to {moment(part.end, zone)}",
    )


def _check(told: Explanation, opening: Edge, closing: Edge) -> Iterator[Line]:
    yield Line("opening register", fmt.kwh(opening.wh))
    yield Line("+ sum of the parts", fmt.kwh(told.sum_wh))
    if told.changes:
        sign = "-" if told.jumps_wh < 0 else "+"
        yield Line(f"{sign} register changes", fmt.kwh(abs(told.jumps_wh)), "not used by anyone: see below")
    agrees = "✓ it agrees, to the Wh" if told.agrees else "✗ it does not agree: run metertui check"
    yield Line("= closing register", fmt.kwh(closing.wh), agrees, strong=True)


def _changes(told: Explanation, zone: SiteZone, sources: Sources | None) -> Iterator[Line]:
    for change in told.changes:
        yield Line(_moved(change), fmt.kwh(abs(change.jump_wh)), _between(change, zone))
        for name, point in (("old register", change.before), ("new register", change.after)):
            yield Line(name, fmt.kwh(point.wh), f"{moment(point.time, zone)}, {_place(point, sources)}")
    if told.more_changes:
        yield Line("more", f"{fmt.count(told.more_changes)}", "further ones are in the sum above")


def _moved(change: Change) -> str:
    return "fell by" if change.jump_wh < 0 else "rose by"


def _between(change: Change, zone: SiteZone) -> str:
    used = f"; {fmt.kwh(change.counted_wh)} were used in this step" if change.counted_wh else ""
    return f"between two readings, and counts as nothing used{used}"


def _left_out(told: Explanation, zone: SiteZone, sources: Sources | None) -> Iterator[Line]:
    for left in told.left_out:
        outside = "" if left.inside else "; it lies outside the window, in a step over its end"
        place = f"{moment(left.point.time, zone)}, {_place(left.point, sources)}"
        yield Line(STATUS[left.point.status].partition(":")[0], fmt.kwh(left.point.wh), f"{place}: {left.why}{outside}")
    if told.more_left_out:
        yield Line("more", f"{fmt.count(told.more_left_out)}", "that the list of exceptions (F7) has")
    if not told.left_out:
        every = "Every reading that is stored in the window counts."
        yield Line("nothing", "", every if told.usage.readings else "No reading is stored in the window.")


def _place(point: Point, sources: Sources | None) -> str:
    if sources is None:
        return "looking for its file …"
    source = sources.get(point.time)
    return f"{source.file} line {source.line}" if source else "in no file any more: run metertui check"


def moment(instant: int, zone: SiteZone) -> str:
    """`2025-02-19 00:30:00`, local; with its offset where this wall clock time comes twice."""
    local = zone.local(instant)
    text = local.replace(tzinfo=None).isoformat(" ")
    return text if not local.fold else f"{text} ({local:%z})"


def span(us: int) -> str:
    """A duration, exactly: `11 h 40 min`, `30 min`, `25 h`, `3 d 2 h`."""
    days, rest = divmod(us, DAY) if us >= 3 * DAY else (0, us)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    seconds = f"{rest / SECOND:.6f}".rstrip("0").rstrip(".")
    parts = [(f"{days}", "d"), (f"{hours}", "h"), (f"{minutes}", "min"), (seconds, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number != "0") or "0 s"
