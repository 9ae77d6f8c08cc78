"""Times as people and programs write them, and the proof of the order of day and month.

`02/03/2025` may be a day in March or in February. So the order in a column is never assumed: each date that can be read
in one way only is a proof, such as `2025-03-02`, `28/02/2025`, or the points of `02.03.2025`, which stand in dates that
begin with the day. A *label* is what the clock on the wall shows; which instant that is depends on the zone.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from metertui.engine.base import DAY, END_OF_TIME, HOUR, MINUTE, SECOND, day_number
from metertui.engine.errors import Refused
from metertui.formats.said import DateOrder
from metertui.formats.tables.rows import Since1904

_NUMERIC: Final = re.compile(r"([0-9]{1,4})([./ -])([0-9]{1,2})\2([0-9]{1,4})\.?", re.ASCII)
_COMPACT: Final = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})", re.ASCII)
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[.\s/-]*([^\W\d_]{3,})[.\s/-]*([0-9]{4}|[0-9]{2})")
_MONTH_FIRST: Final = re.compile(r"([^\W\d_]{3,})\.?\s*([0-9]{1,2}),?\s+([0-9]{4})")
_WEEKDAY: Final = re.compile(r"[^\W\d_]{2,10}[.,]?\s+(?=[0-9])")
_MONTHS: Final = (
    *("jan gen ene", "feb fev fév", "mar mär maa mrt mrz", "apr avr abr", "mai may mei mag maj", "jun giu juin"),
    *("jul lug juil", "aug aou aoû ago", "sep set", "oct okt ott out", "nov", "dec dez déc dic des"),
)
_MONTH_OF: Final = {start: month for month, starts in enumerate(_MONTHS, 1) for start in starts.split()}
_CLOCK: Final = re.compile(
    r"([0-9]{1,2})[:.h]([0-9]{2})(?:[:.]([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s*([AP]\.?M\.?)?\s*(?:Uhr)?(.*)",
    re.ASCII | re.IGNORECASE,
)
_ZONE: Final = re.compile(r"\(?([A-Z]{1,5})?\s*(?:([+-])([0-9]{2}):?([0-9]{2})?)?\)?", re.ASCII | re.IGNORECASE)
_NAMED_OFFSETS: Final = {"Z": 0, "UTC": 0, "GMT": 0, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "WEST": 1, "EEST": 3}
"""Hours of the zone names that mean one offset everywhere."""
_DATED: Final = re.compile(r".*[0-9]T(?=[0-9])|T(?=[0-9])", re.ASCII)
REST_OF_STAMP: Final = (
    r"(?:\s*T|\s*,\s*|\s+|_)([0-9]{1,2}[:.h][0-9]{2}"
    r"(?:(?![0-9./-])|(?<=T[0-9]{2}:[0-9]{2})(?=-[0-9]{2}:?[0-9]{2}$)).*)"
)
"""A mark and the time of day behind a date. Behind a T alone is `05:00-06:00` a time west of Greenwich, not a range."""
_SPLIT: Final = re.compile(rf"(.*?[0-9.]){REST_OF_STAMP}", re.IGNORECASE)
_COMPACT_STAMP: Final = re.compile(r"((?:19|20)[0-9]{6})T?([0-9]{4}|[0-9]{6})(Z?)", re.ASCII)
_RANGE: Final = re.compile(
    r"(.*[0-9])\s*(?:\s[-–—]\s|\s(?:to|bis|tot|a|au|al|until)\s|/(?=[0-9]{4}-)|[–—])\s*([0-9].*)"
)
_CLOCK_RANGE: Final = re.compile(r"([0-9]{1,2}[:.h][0-9]{2}(?:[:.][0-9]{2})?)\s*[-–—]\s*([0-9]{1,2}[:.h][0-9]{2}.*)")
_POINTS: Final = re.compile(r"[0-9.]+", re.ASCII)
"""A date or a figure rather than a time of day."""
_MONTH: Final = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})|([0-9]{1,2})[-/]([0-9]{4})|([^\W\d_]{3,})[.\s/-]*([0-9]{4})")
_EPOCH: Final = re.compile(r"1[0-9]{9}(?:[0-9]{3})?(?:\.0+)?", re.ASCII)
_SERIAL: Final = re.compile(r"[2-9][0-9]{4}(?:[.,][0-9]+)?", re.ASCII)
_EPOCH_OF_SERIALS: Final = 25_569
"""1970-01-01 as a serial number of a spreadsheet: days since 1899-12-30."""
_EPOCH_SINCE_1904: Final = 24_107
"""The same where days are counted since 1904-01-01."""
_ORDERS: Final[tuple[DateOrder, ...]] = ("dmy", "mdy", "ymd")
_CENTURY: Final = 70
"""A year of two digits from this one on is in the 20th century."""


TimeKind = Literal["", "stamp", "date", "clock", "range", "clock range", "epoch", "month"]
"""A time of a day, a day, a time of day, the same with a start and an end, seconds since 1970, a month."""


class Label(NamedTuple):
    """A time as it is written."""

    wall: int
    """What the clock shows, µs since 1970-01-01T00:00."""
    offset: int | None = None
    """µs east of UTC, where the text names it."""
    day_only: bool = False
    """Whether it is a date without a time of day."""


@lru_cache(1 << 14)
def days_of(text: str) -> dict[DateOrder, int]:
    """Return the days that a date may mean, by the order in which it is read; as days since 1970-01-01."""
    text = _WEEKDAY.sub("", text, count=1) if not text[:1].isdigit() and _month_of(text) is None else text
    if (found := _COMPACT.fullmatch(text)) is not None:
        return _days({"ymd": (found[1], found[2], found[3])})
    if (found := _NUMERIC.fullmatch(text)) is not None:
        first, mark, middle, last = found.groups()
        if len(first) > 2:
            return _days({"ymd": (first, middle, last)}) if len(first) == 4 else {}
        if len(last) == 3:
            return {}
        orders: dict[DateOrder, tuple[str, str, str]] = {"dmy": (last, middle, first)}
        if mark != "." or int(middle) > 12:  # points stand in dates that begin with the day, where they can
            orders["mdy"] = (last, first, middle)
        if mark != "." and len(last) < 3:
            orders["ymd"] = (first, middle, last)
        return _days(orders)
    named = _named_date(text)
    return _days(dict.fromkeys(_ORDERS, named)) if named else {}


def _named_date(text: str) -> tuple[str, str, str] | None:
    if (found := _DAY_FIRST.fullmatch(text)) is not None and (month := _month_of(found[2])) is not None:
        return found[3], str(month), found[1]
    if (found := _MONTH_FIRST.fullmatch(text)) is not None and (month := _month_of(found[1])) is not None:
        return found[3], str(month), found[2]
    return None


def _month_of(word: str) -> int | None:
    word = word.lower()
    return _MONTH_OF.get(word[:4]) or _MONTH_OF.get(word[:3])


def _days(orders: dict[DateOrder, tuple[str, str, str]]) -> dict[DateOrder, int]:
    found: dict[DateOrder, int] = {}
    for order, (year, month, day) in orders.items():
        if len(year) == 4 or len(year) == 2:
            full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= _CENTURY else 2000)
            try:
                number = day_number(date(full, int(month), int(day)))
            except ValueError:
                continue
            if number < END_OF_TIME // DAY:
                found[order] = number
    return found


@lru_cache(1 << 14)
def parse_clock(text: str) -> tuple[int, int | None] | None:
    """Return a time of day (µs since midnight by the clock, at most 24:00) and its offset (µs); None if it is none."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute, second, fraction, half, rest = found.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    offset = _offset_of(rest)
    if offset is None and rest:
        return None
    within = int(minute) * MINUTE + int(second or 0) * SECOND + int((fraction or "").ljust(6, "0")[:6])
    if int(minute) > 59 or int(second or 0) > 59 or hours > 24 or (hours == 24 and within):
        return None
    return hours * HOUR + within, offset


def clock_part(text: str) -> str:
    """Return the time of day of a text, without a date and a T before it."""
    return _DATED.sub("", text)


@lru_cache(256)
def _offset_of(text: str) -> int | None:
    """Return the offset (µs) that stands behind a time: `+02:00`, `Z`, `CEST+0200`; None if it is none."""
    found = _ZONE.fullmatch(text.strip())
    if not text.strip() or found is None:
        return None
    name, sign, hours, minutes = found.groups()
    if sign and int(hours) == 0 and int(minutes or 0):
        return None  # no zone is less than an hour from UTC: this is the end of `00:00-00:15`
    if sign:
        return (int(hours) * HOUR + int(minutes or 0) * MINUTE) * (-1 if sign == "-" else 1)
    known = _NAMED_OFFSETS.get(name.upper()) if name else None
    return None if known is None else known * HOUR


@lru_cache(1 << 14)
def split_stamp(text: str) -> tuple[str, str]:
    """Return the date and the time of day of a text; the latter is empty if there is none."""
    if (compact := _COMPACT_STAMP.fullmatch(text)) is not None:
        clock = compact[2]
        return compact[1], ":".join((clock[:2], clock[2:4], clock[4:] or "00")) + compact[3]
    found = _SPLIT.fullmatch(text)
    return (found[1], found[2]) if found else (text, "")


def parse_label(text: str, order: DateOrder) -> Label | None:
    """Return the label of a date with a time of day or without; None if it is none, in this order of day and month."""
    when, clock = split_stamp(text)
    day = days_of(when).get(order)
    if day is None:
        return None
    if not clock:
        return Label(day * DAY, None, True)
    shown = parse_clock(clock)
    return None if shown is None else Label(day * DAY + shown[0], shown[1])


@lru_cache(1 << 10)
def parse_month(text: str) -> Label | None:
    """Return the first day of a month such as `2024-03`, `3/2024` or `März 2024`; None for another text."""
    found = _MONTH.fullmatch(text)
    if found is None:
        return None
    year = found[1] or found[4] or found[6]
    month = found[2] or found[3] or _month_of(found[5]) or 0
    day = _days({"ymd": (year, str(month), "1")}).get("ymd")
    return None if day is None else Label(day * DAY, None, True)


def parse_number(text: str) -> Label | None:
    """Return the label of a number: seconds or milliseconds since 1970 in UTC, or the serial of a spreadsheet."""
    if _EPOCH.fullmatch(text) is not None:
        whole = text.partition(".")[0]
        return Label(int(whole) * (SECOND if len(whole) == 10 else 1000), 0)
    if _SERIAL.fullmatch(text) is not None:
        epoch = _EPOCH_SINCE_1904 if isinstance(text, Since1904) else _EPOCH_OF_SERIALS
        seconds = round((float(text.replace(",", ".")) - epoch) * 86_400)
        return Label(seconds * SECOND, None, seconds % 86_400 == 0 and "." not in text and "," not in text)
    return None


def split_range(text: str) -> tuple[str, str] | None:
    """Return the two times of a text such as `1.4.2025 00:00 - 1.4.2025 00:15` or `00:00-00:15`; None if it is none."""
    if (found := _CLOCK_RANGE.fullmatch(text)) is not None:
        return found[1], found[2]
    found = _RANGE.fullmatch(text)
    if found is None or not days_of(split_stamp(found[1])[0]):
        return None
    first, last = found[1].strip(), found[2].strip()
    return (first, last) if kind_of(last) in ("stamp", "date", "clock") else None


@lru_cache(1 << 14)
def kind_of(text: str) -> TimeKind:
    """Return what a cell holds of time; nothing if it holds none."""
    if not text or not any(map(str.isdigit, text)):
        return ""
    if _CLOCK_RANGE.fullmatch(text) is not None:
        return "clock range"
    if not _POINTS.fullmatch(text) and parse_clock(text) is not None:
        return "clock"
    when, clock = split_stamp(text)
    if days_of(when) and (not clock or parse_clock(clock) is not None):
        return "stamp" if clock else "date"
    if split_range(text) is not None:
        return "range"
    if _EPOCH.fullmatch(text) is not None:
        return "epoch"
    return "month" if parse_month(text) is not None else ""


class DateEvidence:
    """What the dates of a file say of the order of day, month and year."""

    def __init__(self) -> None:
        self._left: set[DateOrder] | None = None
        self._seen: set[str] = set()
        self._proof: tuple[str, int] | None = None
        self._doubt: tuple[str, int] | None = None
        self._conflict: str = ""

    def note(self, text: str, row: int) -> None:
        """Note a text with a date; another text proves nothing."""
        when, _ = split_stamp(text)
        if when in self._seen:
            return
        if len(self._seen) < 100_000:
            self._seen.add(when)
        days = days_of(when)
        orders = set(days)
        if not orders or len(orders) == len(_ORDERS):
            if len(set(days.values())) > 1 and self._doubt is None:
                self._doubt = when, row
            return  # the name of a month leaves no doubt, and proves nothing of other dates
        if self._left is None:
            self._left = set(_ORDERS)
        if not self._left & orders:
            if not self._conflict and self._proof is not None:
                one, at = self._proof
                self._conflict = f"'{one}' in row {at} and '{when}' in row {row} cannot have the same order"
            return
        if len(self._left & orders) < len(self._left) or self._proof is None:
            self._proof = when, row
        self._left &= orders
        if len(set(days.values())) > 1 and self._doubt is None:
            self._doubt = when, row

    @property
    def doubt(self) -> str:
        """Return a date that can be read in more than one way."""
        return self._doubt[0] if self._doubt else ""

    def decide(self, said: str) -> DateOrder | None:
        """Return the order of the dates, or that which a person says; None if there are dates and neither tells it.

        Raises Refused, with a sentence, if the dates prove two orders, or another one than the person says.
        """
        if self._conflict:
            raise Refused("bad-timestamp", f"{self._conflict} of day, month and year")
        left = set(_ORDERS) if self._left is None else self._left
        for order in sorted(left):
            if order == said or (not said and (len(left) == 1 or self._doubt is None)):
                return order
        if said:
            when, row = self._proof or ("", 0)
            raise Refused("bad-timestamp", f"'{when}' in row {row} contradicts --date-order {said}")
        return None
