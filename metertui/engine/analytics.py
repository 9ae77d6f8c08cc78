"""Usage of many meters, broken down by time and by attributes: the government's table.

Every step between two counted readings is cut where a row of the table ends, by C(t), so the parts sum to the step and
the rows to the total, to the watt-hour. A piece belongs to the attributes that its meter's account had at the step's
later reading. A meter's first counted reading is a step of no length and no energy: it makes a row where there is
nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.columns import Columns, Frozen
from metertui.engine.errors import MeterError
from metertui.engine.steps import Longs, pieces, steps
from metertui.engine.windows import between

TIME_KEYS: Final = ("year", "quarter", "month", "week", "day", "hour")
ATTRIBUTE_KEYS: Final = ("region", "sub_region", "apartment_type")
KEYS: Final = (*TIME_KEYS, *ATTRIBUTE_KEYS, "meter")
_FIGURES: Final = ("usage_wh", "meters", "readings")


@dataclass(frozen=True, slots=True)
class Question:
    """Usage from `first` to `last` (local days, both included). An empty filter takes all; limit 0 is none.

    `by`: some of KEYS. `sort`: a column, `-column` for descending; else the keys' natural order.
    """

    first: date
    last: date
    by: tuple[str, ...] = ()
    meter: str = ""
    region: str = ""
    sub_region: str = ""
    apartment_type: str = ""
    sort: str = ""
    limit: int = 0


def answer(frozen: Frozen, question: Question) -> pd.DataFrame:
    """The table: columns of `by` (text), `usage_wh` (int64), `meters` and `readings` (int64); rows where there is data.

    `meters` counts those with data in the row, `readings` what is stored in it. Raises MeterError for a key or column
    that is none.
    """
    _check(question)
    values, attribute_of_group = _attributes(frozen, question)
    rows = _rows(frozen, question, frozen.columns, attribute_of_group[frozen.group])
    start, end = _span(frozen, question)
    if start >= end:
        return _nothing(question)
    marks, labels = _buckets(frozen, question, start, end)
    ends = _rows(frozen, question, frozen.curve, attribute_of_group[frozen.curve_group])
    taken = steps(frozen, ends, attribute_of_group, start, end)
    table = _Table(len(values), len(frozen.ids), per_meter="meter" in question.by)
    for piece in pieces(taken, marks):
        table.add(piece.bucket, piece.label, piece.meter, piece.used)
    columns = frozen.columns
    inside = rows[(columns.time[rows] > start) & (columns.time[rows] <= end)]
    bucket = np.searchsorted(marks, columns.time[inside]) - 1
    readings = table.keys(bucket, attribute_of_group[frozen.group[inside]], columns.meter[inside].astype(np.int64))
    return _frame(frozen, question, table, readings, labels, values)


def _check(question: Question) -> None:
    for key in question.by:
        if key not in KEYS:
            raise MeterError(f"{key} is no key; they are {', '.join(KEYS)}")
    if len(set(question.by)) < len(question.by):
        raise MeterError("a key stands there twice")
    if question.sort and question.sort.removeprefix("-") not in (*question.by, *_FIGURES):
        raise MeterError(f"{question.sort.removeprefix('-')} is no column of this table")


def _span(frozen: Frozen, question: Question) -> tuple[int, int]:
    """The days that are asked for, µs UTC, but none outside those with readings: they could be the whole calendar's."""
    zone = frozen.zone
    window = between(question.first, question.last, zone)
    times = [time for time in (frozen.columns.time, frozen.curve.time) if len(time)]
    if not times:
        return window.end, window.end
    # The very first reading closes what was before.
    first, last = min(int(time.min()) for time in times), max(int(time.max()) for time in times)
    stored = between(zone.day(first - 1), zone.day(last), zone)
    return max(window.start, stored.start), min(window.end, stored.end)


def _nothing(question: Question) -> pd.DataFrame:
    """A table without rows."""
    texts = {key: pd.Series(dtype="str") for key in question.by}
    return pd.DataFrame(texts | {name: pd.Series(dtype=np.int64) for name in _FIGURES})


def _buckets(frozen: Frozen, question: Question, start: int, end: int) -> tuple[Longs, pd.DataFrame]:
    """Where rows begin and the last one ends (µs UTC, ascending), and the text of the time keys of each."""
    keys = [key for key in question.by if key in TIME_KEYS]
    if not keys:
        return np.array([start, end], dtype=np.int64), pd.DataFrame(index=range(1))
    zone = frozen.zone
    if "hour" in keys:
        marks = np.unique(np.concatenate(([start, end], zone.hours(start, end))))
    else:
        marks = zone.midnights(zone.day(start), zone.day(end - 1))
    begins = [zone.local(instant) for instant in marks[:-1].tolist()]
    texts = {
        key: [begin.isoformat() if key == "hour" else _text(key, begin.date()) for begin in begins] for key in keys
    }
    labels = pd.DataFrame(texts)
    new = (labels != labels.shift()).any(axis=1).to_numpy()
    return np.append(marks[:-1][new], marks[-1]), labels[new].reset_index(drop=True)


def _text(key: str, day: date) -> str:
    match key:
        case "year":
            return f"{day.year:04d}"
        case "quarter":
            return f"{day.year:04d}-Q{(day.month + 2) // 3}"
        case "month":
            return f"{day.year:04d}-{day.month:02d}"
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year:04d}-W{week:02d}"
    return day.isoformat()


def _attributes(frozen: Frozen, question: Question) -> tuple[list[tuple[str, ...]], Longs]:
    """The combinations of attributes that the table tells apart, in order; by group its place there, -1 if left out."""
    keys = [key for key in question.by if key in ATTRIBUTE_KEYS]
    told = [tuple(getattr(group, key) for key in keys) for group in frozen.groups]
    wanted = [
        all(not getattr(question, key) or getattr(group, key) == getattr(question, key) for key in ATTRIBUTE_KEYS)
        for group in frozen.groups
    ]
    values = sorted({value for value, take in zip(told, wanted, strict=True) if take})
    place = {value: at for at, value in enumerate(values)}
    of_group = [place[value] if take else -1 for value, take in zip(told, wanted, strict=True)]
    return values, np.array(of_group, dtype=np.int64)


def _rows(frozen: Frozen, question: Question, columns: Columns, attribute: Longs) -> Longs:
    """The places in `columns` that the filters leave; `attribute` is negative where the attributes do not fit."""
    span = slice(0, len(columns))
    if question.meter:
        code = frozen.code(question.meter)
        if code is None:
            raise MeterError(f"{question.meter} is not a meter of this site")
        span = columns.span(code)
    return np.flatnonzero(attribute[span] >= 0) + span.start


class _Table:
    """Sums by row, where a row is (bucket, attribute) or, if rows are per meter, all three."""

    def __init__(self, attributes: int, meters: int, *, per_meter: bool) -> None:
        self._attributes = max(1, attributes)
        self._meters = max(1, meters)
        self._per_meter = per_meter
        self._rows: Longs = np.empty(0, dtype=np.int64)
        self._used = self._rows
        self._count = self._rows

    def keys(self, bucket: Longs, attribute: Longs, meter: Longs) -> Longs:
        """One number for the row that each belongs to."""
        key = bucket * self._attributes + attribute
        return key * self._meters + meter if self._per_meter else key

    def parts(self, keys: Longs) -> tuple[Longs, Longs, Longs]:
        """Bucket, attribute and meter of rows; the meter is 0 where rows are not per meter."""
        meter = keys % self._meters if self._per_meter else np.zeros_like(keys)
        bucket, attribute = np.divmod(keys // self._meters if self._per_meter else keys, self._attributes)
        return bucket, attribute, meter

    def add(self, bucket: Longs, attribute: Longs, meter: Longs, used: Longs) -> None:
        """Add the pieces of some meters, all that there are of each: so a meter is counted once in a row."""
        pairs, sums = _sums((bucket * self._attributes + attribute) * self._meters + meter, used)
        keys = np.concatenate((self._rows, pairs if self._per_meter else pairs // self._meters))
        used = np.concatenate((self._used, sums))
        count = np.concatenate((self._count, np.ones_like(pairs)))
        self._rows, self._used, self._count = _sums(keys, used, count)

    def rows(self) -> tuple[Longs, Longs, Longs]:
        """Keys ascending, their Wh, and how many meters have data in each."""
        return self._rows, self._used, self._count


def _sums(keys: Longs, *values: Longs) -> list[Longs]:
    """Distinct keys ascending, and of each of `values` the sum by key. Whole numbers throughout: exact."""
    if not len(keys):
        return [keys, *values]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return [keys[starts], *(np.add.reduceat(value[order], starts) for value in values)]


def _frame(
    frozen: Frozen,
    question: Question,
    table: _Table,
    readings: Longs,
    labels: pd.DataFrame,
    values: Sequence[tuple[str, ...]],
) -> pd.DataFrame:
    keys, used, meters = table.rows()
    figures = dict(zip(_FIGURES, (used, meters, _counts(keys, readings)), strict=True))
    bucket, attribute, meter = table.parts(keys)
    attributes = [key for key in question.by if key in ATTRIBUTE_KEYS]
    texts: dict[str, tuple[NDArray[np.object_], Longs]] = {}
    ranks: dict[str, Longs] = {}
    for key in question.by:
        if key in TIME_KEYS:
            # In order of time, which the text of an hour is not where the clock goes back.
            text = labels[key].to_numpy(dtype=object)
            of_bucket = np.cumsum(np.concatenate(([False], text[1:] != text[:-1])))
            texts[key], ranks[key] = (text, bucket), of_bucket[bucket]
            continue
        if key in ATTRIBUTE_KEYS:
            distinct, place = [value[attributes.index(key)] for value in values], attribute
        else:
            codes, place = np.unique(meter, return_inverse=True)
            distinct = [frozen.ids[code] for code in codes.tolist()]
        text = np.array(distinct, dtype=object)
        texts[key], ranks[key] = (text, place), np.unique(text, return_inverse=True)[1][place]
    order = _order(question, ranks, figures)
    columns = {key: pd.Series(text[place[order]], dtype="str") for key, (text, place) in texts.items()}
    return pd.DataFrame(columns | {name: figure[order] for name, figure in figures.items()})


def _counts(keys: Longs, readings: Longs) -> Longs:
    """For each of `keys` (ascending), how many of `readings` are in that row."""
    inside = np.sort(readings)
    return np.searchsorted(inside, keys, side="right") - np.searchsorted(inside, keys, side="left")


def _order(question: Question, ranks: dict[str, Longs], figures: dict[str, Longs]) -> Longs:
    """The places of the rows in the order that is asked, as many as are asked."""
    by = list(ranks.values())
    if question.sort:
        first = (ranks | figures)[question.sort.removeprefix("-")]
        by.insert(0, -first if question.sort.startswith("-") else first)
    order = np.lexsort(by[::-1]) if by else np.arange(len(figures["meters"]))
    return order[: question.limit or len(order)]
