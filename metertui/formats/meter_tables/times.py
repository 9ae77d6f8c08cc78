"""Which columns of a table say when, and how they go together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

from metertui.engine.base import DAY, HOUR, MINUTE, SECOND, SiteZone
from metertui.engine.errors import DataError
from metertui.formats.meter_tables.day_parts import DayPart, find_day_part
from metertui.formats.meter_tables.shape import Shape, clean
from metertui.formats.meter_tables.slots import elapsed
from metertui.formats.meter_tables.words import is_named
from metertui.formats.said import TIME_ROLES, DateOrder, NotSaid, unclear
from metertui.formats.tables import Label, clock_part, parse_clock, parse_label, parse_month, parse_number, split_range

Read = Callable[[Sequence[str]], tuple[Label, Label | None] | None]
Form = Literal["one", "two", "range", "same day", "day and range", "day and part"]


@dataclass(frozen=True)
class TimeColumns:
    """The columns that say when the interval of a row is, or its register was read."""

    form: Form
    """Whether they hold one time; a start and an end; both in one cell; or a day with one or two times of day, or with
    the number of one of its parts."""
    start: tuple[int, ...]
    """A column with a time, or those of a date and of a time of day."""
    end: tuple[int, ...] = ()
    days: bool = False
    """Whether they are days, though a cell may have midnight as well."""
    months: bool = False
    """Whether they are months."""
    part: DayPart | None = None
    """What the numbers beside a day mean."""

    @property
    def places(self) -> tuple[int, ...]:
        return (*self.start, *self.end)

    @property
    def is_pair(self) -> bool:
        """Return whether a row has both ends of its interval."""
        return self.form != "one"

    def roles(self) -> dict[int, str]:
        """Return what each column is, in the words of `--columns`."""
        words: tuple[str, ...]
        match self.form:
            case "one" | "range":
                words = ("time",) if len(self.start) == 1 else ("date", "clock")
            case "two":
                ends = ("end", "end_clock")[: len(self.end)]
                words = ("start", "clock")[: len(self.start)] + ends
            case "same day":
                words = ("date", "clock", "end_clock")
            case _:
                words = ("date", "clock")
        return dict(zip(self.places, words, strict=True))

    def dates(self) -> tuple[int, ...]:
        """Return the columns that hold dates."""
        return (self.start[0], self.end[0]) if self.form == "two" else self.start[:1]

    def reader(self, order: DateOrder, zone: SiteZone | None = None) -> Read:
        """Return a function from cells to the labels of an interval, or of its one time; None where cells have none.

        Counted parts of a day are labelled in UTC, as they follow from its midnight in a zone; without one, as if each
        day had 24 hours.
        """
        match self.form:
            case "one" if self.months:
                return lambda cells: None if (month := parse_month(cells[self.start[0]])) is None else (month, None)
            case "one" if self.days:
                return lambda cells: None if (day := _day(cells[self.start[0]], order)) is None else (day, None)
            case "two" if self.days:
                return lambda cells: _both(_day(cells[self.start[0]], order), _day(cells[self.end[0]], order))
            case "one":
                return lambda cells: None if (one := _label(cells, self.start, order)) is None else (one, None)
            case "two":
                return lambda cells: _both(_label(cells, self.start, order), _label(cells, self.end, order))
            case "range":
                return lambda cells: _range(cells[self.start[0]], order)
            case "same day":
                return lambda cells: _same_day(cells[self.start[0]], cells[self.start[1]], cells[self.end[0]], order)
            case "day and part" if self.part is not None:
                within = self.part.within
                return lambda cells: _part_of_day(_day(cells[self.start[0]], order), within(cells[self.start[1]]), zone)
            case _:
                return lambda cells: _day_and_range(cells[self.start[0]], cells[self.start[1]], order)


def _label(cells: Sequence[str], places: tuple[int, ...], order: DateOrder) -> Label | None:
    text = cells[places[0]]
    if len(places) == 1:
        return parse_label(text, order) or parse_number(text)
    return _on_day(_day(text, order), cells[places[1]])


def _day(text: str, order: DateOrder) -> Label | None:
    """Return the day of a date, which may have midnight as its time."""
    day = parse_label(text, order) or parse_number(text)
    return None if day is None else Label(day.wall // DAY * DAY, day.offset, True)


def _on_day(day: Label | None, clock: str) -> Label | None:
    found = parse_clock(clock_part(clock))
    if day is None or found is None:
        return None
    return Label(day.wall + found[0], day.offset if found[1] is None else found[1])


def _both(start: Label | None, end: Label | None) -> tuple[Label, Label] | None:
    return None if start is None or end is None else (start, end)


def _range(text: str, order: DateOrder) -> tuple[Label, Label] | None:
    parts = split_range(text)
    if parts is None:
        return None
    start, end = parse_label(parts[0], order), parse_label(parts[1], order)
    if start is not None and end is None:
        end = _next(start, _on_day(_day(parts[0], order), parts[1]))
    return _both(start, end)


def _same_day(day: str, start: str, end: str, order: DateOrder) -> tuple[Label, Label] | None:
    date = _day(day, order)
    begin = _on_day(date, start)
    return None if begin is None else _both(begin, _next(begin, _on_day(date, end)))


def _day_and_range(day: str, clocks: str, order: DateOrder) -> tuple[Label, Label] | None:
    parts = split_range(clocks)
    return None if parts is None else _same_day(day, *parts, order)


def _part_of_day(
    day: Label | None, within: tuple[int, int] | None, zone: SiteZone | None
) -> tuple[Label, Label] | None:
    if day is None or within is None:
        return None
    if zone is None:
        return Label(day.wall + within[0], day.offset), Label(day.wall + within[1], day.offset)
    start, end = elapsed(day.wall, within, zone)
    return Label(start, 0), Label(end, 0)


def _next(start: Label, end: Label | None) -> Label | None:
    """Return the end of an interval on the day of its start, or on the day after if the clock passed midnight.

    An end that is an hour or less before its start is one after the clock was set back.
    """
    if end is None or end.wall > start.wall or (start.wall - end.wall < HOUR and start.wall % DAY < 4 * HOUR):
        return end
    return end._replace(wall=end.wall + DAY)


def whole_end(start: int, end: int) -> int:
    """Return an end (µs) that is the last second or minute of its interval as the beginning of the next."""
    length = (end - start) % HOUR
    if length % MINUTE == 59 * SECOND:
        return end + SECOND
    return end + MINUTE if length % (5 * MINUTE) == 4 * MINUTE else end


def find_times(path: Path, shape: Shape, places: Sequence[int], said: Mapping[str, int]) -> TimeColumns:
    """Return which of some columns say when; `said` has the columns by what a person takes them for.

    Raises NotSaid where the columns can go together in more than one way, DataError.
    """
    told = {role: said[role] for role in TIME_ROLES if role in said}
    if told:
        return _said_times(path, shape, told)
    held = {
        kind: [at for at in places if shape.kinds[at] == kind]
        for kind in ("stamp", "date", "clock", "range", "clock range", "epoch", "serial")
    }
    stamps = sorted(held["stamp"] + held["epoch"] + held["serial"])
    dates, clocks = held["date"], held["clock"]
    if len(held["range"]) == 1 and not stamps:
        return TimeColumns("range", (held["range"][0],))
    if clocks and not dates and len(stamps) == 1 and _are_midnights(shape, stamps[0]):
        stamps, dates = [], stamps
    match len(stamps), len(dates), len(clocks):
        case 0, 1, 0 if len(held["clock range"]) == 1:
            return TimeColumns("day and range", (dates[0], held["clock range"][0]))
        case (1, 0, 0) | (0, 1, 0):
            day = (*stamps, *dates)
            part = find_day_part(shape, day[0], places) if dates or _are_midnights(shape, day[0]) else None
            return TimeColumns("one", day, days=bool(dates)) if part is None else _in_parts(day[0], part)
        case 0, 0, 0 if len(months := [at for at in places if shape.kinds[at] == "month"]) == 1:
            return TimeColumns("one", (months[0],), months=True)
        case 0, 1, 1:
            return TimeColumns("one", (dates[0], clocks[0]))
        case 0, 1, 2:
            pairs = (clocks, clocks[::-1])
            return _best(shape, [TimeColumns("same day", (dates[0], pair[0]), (pair[1],)) for pair in pairs])
        case 0, 2, 2:
            return _dates_and_clocks(path, shape, dates, clocks)
        case (2, 0, 0) | (0, 2, 0):
            return _in_order(path, shape, [(at,) for at in (*stamps, *dates)])
    return _by_name(path, shape, stamps or dates)


def _in_parts(day: int, part: DayPart) -> TimeColumns:
    return TimeColumns("day and part", (day, part.place), part=part)


def _best(shape: Shape, ways: Sequence[TimeColumns]) -> TimeColumns:
    """Return the way of going together by which most intervals have a length, and less than half a day."""
    return max(ways, key=lambda way: sum(0 < length <= DAY // 2 for length in _lengths(shape, way)))


def _dates_and_clocks(path: Path, shape: Shape, dates: list[int], clocks: list[int]) -> TimeColumns:
    """Return two dates and two times of day as start and end, which follow one another row by row."""
    ways = [
        TimeColumns("two", (day[0], clock[0]), (day[1], clock[1]))
        for day in (dates, dates[::-1])
        for clock in (clocks, clocks[::-1])
    ]
    best = _best(shape, ways)
    if not _follow(shape, best.start, _lengths(shape, best)):
        raise _many(path, shape, sorted((*dates, *clocks)))
    return best


def _said_times(path: Path, shape: Shape, told: Mapping[str, int]) -> TimeColumns:
    first = told.get("start", told.get("time", told.get("date")))
    if first is None:
        raise DataError(path, None, f"--columns names {', '.join(told)} and no time, start or date")
    kind = shape.kinds[first]
    clock = (told["clock"],) if "clock" in told else ()
    if kind == "range":
        return TimeColumns("range", (first,))
    if kind == "month":
        return TimeColumns("one", (first,), months=True)
    if clock and (part := find_day_part(shape, first, clock, named=True)) is not None:
        return _in_parts(first, part)
    if clock and shape.kinds[clock[0]] == "clock range":
        return TimeColumns("day and range", (first, *clock))
    if "end" in told or "end_date" in told:
        end_clock = (told["end_clock"],) if "end_clock" in told else ()
        last = told.get("end", told.get("end_date", 0))
        days = not clock and not end_clock and shape.kinds[first] == shape.kinds[last] == "date"
        return TimeColumns("two", (first, *clock), (last, *end_clock), days=days)
    if "end_clock" in told and clock:
        return TimeColumns("same day", (first, *clock), (told["end_clock"],))
    return TimeColumns("one", (first, *clock), days=kind == "date" and not clock)


def _are_midnights(shape: Shape, place: int) -> bool:
    texts = [row.cells[place] for row in shape.rows[:100] if place < len(row.cells) and row.cells[place]]
    return all("00:00" in text for text in texts)


def _in_order(path: Path, shape: Shape, pair: list[tuple[int, ...]]) -> TimeColumns:
    """Return two times of a row as the start and the end of its interval: the one later by an interval is the end."""
    lengths = _lengths(shape, TimeColumns("two", pair[0], pair[1]))
    if all(length == 0 for length in lengths) and len(pair[0]) == 1 and shape.kinds[pair[0][0]] != "date":
        return TimeColumns("one", pair[0])
    days = all(len(each) == 1 and shape.kinds[each[0]] == "date" for each in pair)
    if sum(length < 0 for length in lengths) > len(lengths) // 2:
        pair = [pair[1], pair[0]]
        lengths = [-length for length in lengths]
    named = is_named("end", shape.names[pair[1][0]]) or is_named("start", shape.names[pair[0][0]])
    if not named and not _follow(shape, pair[0], lengths):
        raise _many(path, shape, sorted(at for each in pair for at in each))
    return TimeColumns("two", pair[0], pair[1], days=days)


def _lengths(shape: Shape, times: TimeColumns) -> list[int]:
    found = []
    for order in _ORDERS:
        read = times.reader(order)
        for row in shape.rows[:200]:
            both = read(_padded(row.cells, shape)) if not row.fault else None
            if both is not None and both[1] is not None:
                found.append(_utc(both[1]) - _utc(both[0]))
        if found:
            break
    return found


_ORDERS: Final[tuple[DateOrder, ...]] = ("ymd", "dmy", "mdy")


def _follow(shape: Shape, start: tuple[int, ...], lengths: list[int]) -> bool:
    """Return whether intervals of the usual length follow one another, as their starts do."""
    usual = whole_end(0, Counter(lengths).most_common(1)[0][0]) if lengths else 0
    for order in _ORDERS:
        read = TimeColumns("one", start).reader(order)
        labels = [found[0] for row in shape.rows[:200] if (found := read(_padded(row.cells, shape))) is not None]
        steps = Counter(abs(_utc(two) - _utc(one)) for one, two in pairwise(labels))
        del steps[0]
        if steps:
            return usual in (steps.most_common(1)[0][0], 0)
    return len(shape.rows) < 3


def _utc(label: Label) -> int:
    return label.wall - (label.offset or 0)


def _padded(cells: list[str], shape: Shape) -> list[str]:
    return [clean(cell) for cell in cells] + [""] * (len(shape.names) - len(cells))


def _by_name(path: Path, shape: Shape, places: list[int]) -> TimeColumns:
    """Return the start and the end among several times by their names."""
    starts = [at for at in places if is_named("start", shape.names[at]) and not is_named("end", shape.names[at])]
    ends = [at for at in places if is_named("end", shape.names[at]) and not is_named("start", shape.names[at])]
    if len(starts) == len(ends) == 1:
        return TimeColumns("two", (starts[0],), (ends[0],))
    raise _many(path, shape, places)


def _many(path: Path, shape: Shape, places: list[int]) -> NotSaid:
    if not places:
        return unclear(path, "columns", "no column holds times", "--columns time=NAME,kwh=NAME")
    names = ", ".join(f"'{shape.names[at]}'" for at in places)
    give = "--columns time=NAME, or start=NAME,end=NAME"
    return unclear(path, "columns", f"the columns {names} hold times", give)
