"""Usage of many meters, broken down by time and by attributes: the government's table.

Time is cut where a row of the table ends. The usage of a meter between two cuts is a difference of C(t), so parts sum
to their intervals and rows to the total, to the watt-hour; so do times of day that make up the day.

An interval belongs to the attributes that its meter's account had at the later reading. A meter's first counted reading
is an interval of no length and no energy: it makes a row where there is nothing else. Meters are taken some at a time,
so that memory stays bounded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import (
    USE,
    Int64Array,
    Progress,
    SiteZone,
    no_progress,
    part_of_progress,
    visible,
    window_of_days,
)
from metertui.engine.columns import Frozen
from metertui.engine.errors import MeterError
from metertui.engine.nearest import did_you_mean
from metertui.engine.usage.buckets import DAYS_OF_WEEK, Buckets, cut_time
from metertui.engine.usage.group_sums import RowKeys, Sums
from metertui.engine.usage.intervals import filed_times, meter_blocks
from metertui.engine.usage.peaks import find_peaks
from metertui.engine.usage.query import CHANNEL, FIGURES, TIME_KEYS, Question
from metertui.engine.usage.segments import (
    gap_cells,
    reading_cells,
    segments_in_window,
    stored_in_block,
    stored_segments,
    time_cells,
    usage_cells,
)

_MORE: Final = ("drawing", "largest_wh", "days", "length", "full_length", "missing", "known")
_PEAKS: Final = ("peak_wh", "peak_at")


def usage_table(frozen: Frozen, question: Question, progress: Progress = no_progress) -> pd.DataFrame:
    """Return a table: columns of `by` (text), `usage_wh`, `meters` and `readings` (int64); rows where there is data.

    Where there are gaps, a column `missing` says how long they are together in the row, µs. `meters` counts those with
    data in the row, `readings` what is stored in it. `progress` is called with the share done after some whole meters;
    what it raises ends the work. Raises MeterError for an unknown key or column.
    """
    found = usage_figures(frozen, question, progress=progress)
    return found[[*question.by, *FIGURES, *(["missing"] if found["missing"].any() else [])]]


def usage_figures(
    frozen: Frozen, question: Question, *, peaks: bool = False, progress: Progress = no_progress
) -> pd.DataFrame:
    """Return `usage_table` with more columns, int64: `drawing`, how many of the meters have more than their first
    reading in the row, `largest_wh`, what the meter used that used most in it, `days`, how many local days it has of
    those that are asked for and have readings, `length`, how long it is between the first and last reading of all, in
    µs, `full_length`, how long it is with all of these days, in µs, `missing`, for how long together nothing is known
    of its meters in it, between times of which something is, in µs, and `known`, for how long together something is, in
    µs; 0 if there are no gaps at all.

    With `peaks` also `peak_wh`, the most that was used together in a half hour of the clock, and `peak_at`, when the
    first such began (µs UTC). Raises MeterError.
    """
    question.check_question()
    if CHANNEL in question.by:
        return _by_channel(frozen, question, progress)
    frozen = frozen_of_channel(frozen, question)
    values, label_of_group = _attributes(frozen, question)
    meter = question.filter.meter_code(frozen.code)
    filed = _filed(frozen)
    start, end = _span(frozen, filed, question)
    if start >= end:
        return _nothing(question, peaks=peaks)
    cut = cut_time(frozen.zone, question, start, end)
    keys = RowKeys(len(cut), len(values), len(frozen.ids), per_meter="meter" in question.by)
    sums = Sums(keys)
    parts = 2 if peaks else 1
    for block in meter_blocks(frozen, meter):
        in_use = segments_in_window(frozen, block.curve, label_of_group, start, end)
        for cells in usage_cells(frozen.curve, in_use, cut.marks):
            sums.add_usage(cut.row, in_use, cells)
            part_of_progress(progress, 0, parts)(block.share_of_all(0.5 * cells.share_done(in_use)))
        for stored in stored_in_block(frozen, block, filed):
            taken = stored_segments(stored, label_of_group, start, end)
            for cells in reading_cells(stored.filed, taken, cut.marks):
                sums.add_readings(cut.row, taken, cells)
        for gaps, cells in gap_cells(frozen, block.curve, label_of_group, cut.marks):
            sums.add_missing(cut.row, gaps, cells)
        if frozen.curve.after_gap is not None:
            for cells in time_cells(in_use, cut.marks):
                sums.add_known(cut.row, in_use, cells)
        part_of_progress(progress, 0, parts)(block.share_of_all(1))
    found = sums.rows_with_data()
    figures = {
        "usage_wh": found.used,
        "meters": found.meters,
        "readings": found.readings,
        "drawing": found.drawing,
        "largest_wh": found.largest,
        "days": cut.days[keys.parts(found.key)[0]],
        "length": _lengths(frozen, cut)[keys.parts(found.key)[0]],
        "full_length": cut.lengths(*cut.marks[[0, -1]].tolist())[keys.parts(found.key)[0]],
        "missing": found.missing,
        "known": found.known,
    }
    if peaks:
        halves = cut_time(frozen.zone, question, start, end, half_hours=True)
        highest = find_peaks(frozen, meter, label_of_group, halves, keys, part_of_progress(progress, 1, 2))
        place = np.searchsorted(highest.key, found.key)
        figures |= dict(zip(_PEAKS, (highest.used[place], highest.at[place]), strict=True))
    return _frame(frozen, question, cut, values, keys.parts(found.key), figures)


def half_hour_figures(
    frozen: Frozen, question: Question, starts: Int64Array, progress: Progress = no_progress
) -> pd.DataFrame:
    """Return what was used by attributes in half hours of a question, of all that `usage_figures` gives as `peak_at`.

    `starts`: when they begin (µs UTC, ascending, each once). Columns: `at`, one of them, the attributes of `by`, and
    `usage_wh`, `drawing` and `largest_wh` as in `usage_figures`. Time keys are ignored. Raises MeterError.
    """
    frozen = frozen_of_channel(frozen, question)
    values, label_of_group = _attributes(frozen, question)
    start, end = _span(frozen, _filed(frozen), question)
    halves = cut_time(frozen.zone, question, start, end, half_hours=True).marks
    ends = halves[np.searchsorted(halves, starts) + 1]
    marks = np.unique(np.concatenate((starts, ends, [start, end])))
    row = np.full(len(marks) - 1, -1, dtype=np.int64)
    row[np.searchsorted(marks, starts)] = np.arange(len(starts))
    keys = RowKeys(len(starts), len(values), len(frozen.ids), per_meter=False)
    sums = Sums(keys)
    for block in meter_blocks(frozen, question.filter.meter_code(frozen.code)):
        taken = segments_in_window(frozen, block.curve, label_of_group, start, end)
        for cells in usage_cells(frozen.curve, taken, marks):
            sums.add_usage(row, taken, cells)
            progress(block.share_of_all(cells.share_done(taken)))
    found = sums.rows_with_data()
    period, attribute, _ = keys.parts(found.key)
    texts = {
        key: np.array([value[place] for value in values], dtype=object)[attribute]
        for place, key in enumerate(key for key in question.by if key in ATTRIBUTES)
    }
    figures = {"usage_wh": found.used, "drawing": found.drawing, "largest_wh": found.largest}
    return pd.DataFrame({"at": starts[period], **texts, **figures})


def frozen_of_channel(frozen: Frozen, question: Question) -> Frozen:
    """Return the columns by meter of the channel that is asked about. Raises MeterError for one that no meter has."""
    channel = question.filter.named_channel or USE
    if channel == USE or not frozen.of_registers:
        return frozen.use
    known = frozen.registers.names()
    if channel not in known:
        meant = did_you_mean(channel, known)
        raise MeterError(visible(f"no meter has the channel {channel}; known: {', '.join(known)}{meant}"))
    return frozen.of_channel(channel)


def _by_channel(frozen: Frozen, question: Question, progress: Progress) -> pd.DataFrame:
    """Return the figures of each channel, one after another, in the order of the question."""
    rest = replace(question, by=tuple(key for key in question.by if key != CHANNEL), sort="", limit=0)
    named = question.filter.named_channel
    channels = [named] if named else frozen.registers.names()
    tables = []
    for nth, channel in enumerate(channels):
        asked = replace(rest, filter=question.filter.replaced(channel=channel))
        done = part_of_progress(progress, nth, len(channels))
        table = usage_figures(frozen, asked, progress=done)
        table.insert(0, CHANNEL, pd.Series([channel] * len(table), dtype="str"))
        tables.append(table)
    found = pd.concat(tables, ignore_index=True)
    found = found.sort_values(list(question.by), key=lambda column: _in_order(column, frozen.zone), kind="stable")
    if question.sort:
        column = question.sort.removeprefix("-")
        found = found.sort_values(column, ascending=column == question.sort, kind="stable")
    return found.head(question.limit or len(found)).reset_index(drop=True)


def _in_order(column: pd.Series[Any], zone: SiteZone) -> pd.Series[Any]:
    """Return what the values of a key are sorted by: of an hour, which may come twice, its instant."""
    if column.name == "hour":
        return column.map(zone.parse)
    return column.map(DAYS_OF_WEEK.index) if column.name == "weekday" else column


def _lengths(frozen: Frozen, cut: Buckets) -> Int64Array:
    """Return how long each row is as far as there are readings, µs."""
    time = frozen.curve.time
    return cut.lengths(int(time.min()), int(time.max())) if len(time) else np.zeros(len(cut), dtype=np.int64)


def _filed(frozen: Frozen) -> Int64Array:
    """Return the instants that say which windows the standing readings belong to."""
    columns = frozen.standing[0]
    return filed_times(columns.meter, columns.time, frozen.curve)


def _span(frozen: Frozen, filed: Int64Array, question: Question) -> tuple[int, int]:
    """Return the window of the days, µs UTC, cut to those with readings: the days could be the whole calendar."""
    zone = frozen.zone
    window = window_of_days(question.first, question.last, zone)
    times = [time for time in (filed, frozen.curve.time + 1) if len(time)]
    if not times:
        return window.end, window.end
    first, last = min(int(time.min()) for time in times) - 1, max(int(time.max()) for time in times) - 1
    stored = window_of_days(zone.day(first), zone.day(last), zone)
    return max(window.start, stored.start), min(window.end, stored.end)


def _nothing(question: Question, *, peaks: bool) -> pd.DataFrame:
    """Return a table without rows."""
    texts = {key: pd.Series(dtype="str") for key in question.by}
    names = (*FIGURES, *_MORE, *(_PEAKS if peaks else ()))
    return pd.DataFrame(texts | {name: pd.Series(dtype=np.int64) for name in names})


def _attributes(frozen: Frozen, question: Question) -> tuple[list[tuple[str, ...]], Int64Array]:
    """Return the combinations of attributes in the table, in order, and by group its place there, -1 if left out."""
    keys = [key for key in question.by if key in ATTRIBUTES]
    combined = [tuple(getattr(group, key) for key in keys) for group in frozen.groups]
    wanted = [question.filter.takes_group(group) for group in frozen.groups]
    values = sorted({value for value, take in zip(combined, wanted, strict=True) if take})
    place = {value: at for at, value in enumerate(values)}
    of_group = [place[value] if take else -1 for value, take in zip(combined, wanted, strict=True)]
    return values, np.array(of_group, dtype=np.int64)


def _frame(
    frozen: Frozen,
    question: Question,
    cut: Buckets,
    values: list[tuple[str, ...]],
    parts: tuple[Int64Array, Int64Array, Int64Array],
    figures: dict[str, Int64Array],
) -> pd.DataFrame:
    period, attribute, meter = parts
    attributes = [key for key in question.by if key in ATTRIBUTES]
    texts: dict[str, tuple[NDArray[np.object_], Int64Array]] = {}
    ranks: dict[str, Int64Array] = {}
    for key in question.by:
        if key in TIME_KEYS:
            # In order of time, which the text of an hour is not where the clock goes back.
            texts[key], ranks[key] = (cut.texts[key], period), cut.ranks[key][period]
            continue
        if key in ATTRIBUTES:
            distinct, place = [value[attributes.index(key)] for value in values], attribute
        else:
            codes, place = np.unique(meter, return_inverse=True)
            distinct = [frozen.ids[code] for code in codes.tolist()]
        text = np.array(distinct, dtype=object)
        texts[key], ranks[key] = (text, place), np.unique(text, return_inverse=True)[1][place]
    order = _order(question, ranks, figures)
    columns = {key: pd.Series(text[place[order]], dtype="str") for key, (text, place) in texts.items()}
    return pd.DataFrame(columns | {name: figure[order] for name, figure in figures.items()})


def _order(question: Question, ranks: dict[str, Int64Array], figures: dict[str, Int64Array]) -> Int64Array:
    """Return the places of the rows in the order of the question, up to its limit."""
    by = list(ranks.values())
    if question.sort:
        first = (ranks | figures)[question.sort.removeprefix("-")]
        by.insert(0, -first if question.sort.startswith("-") else first)
    order = np.lexsort(by[::-1]) if by else np.arange(len(figures["meters"]))
    return order[: question.limit or len(order)]
