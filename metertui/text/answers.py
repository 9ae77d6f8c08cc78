"""An answer about many meters: as rows of text, and as a table for other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from metertui.engine.attributes import ATTRIBUTES
from metertui.engine.base import DAY, HOUR, SiteZone, visible
from metertui.engine.reports import Compare, Findings, Inquiry, Measure, Rule
from metertui.engine.usage import SHORTEST_DAY, TIME_KEYS, Question, per_day
from metertui.formats import writers
from metertui.text import fmt

_ATTRIBUTES: Final = {"sub_region": "sub-region", "apartment_type": "apartment type"}
KEYS: Final = {key: _ATTRIBUTES.get(key, key.replace("_", " ")) for key in (*TIME_KEYS, *ATTRIBUTES, "meter")}
COMPARES: Final[dict[Compare, str]] = {"": "nothing", "before": "the period before", "year_before": "the year before"}
HIDDEN: Final = "hidden"
NONE: Final = "–"
"""Stands for a figure that there is none of."""
INCOMPLETE: Final = "□"
"""Marks a period of which only a part is in the figures: it is not over yet, the question cuts it, or it has a gap."""
_FEW: Final = 3
"""The fewest periods that have a mean."""
_RANKED: Final = ("value", "before", "change", "meters", "readings")
_PIECE: Final = 256


class MeasureName(NamedTuple):
    """A measure in words: in a form, in a question, as the heading of a column, beside a chart; its name in a file."""

    option: str
    asked: str
    heading: str
    unit: str
    column: str


MEASURES: Final[dict[Measure, MeasureName]] = {
    "total": MeasureName("total", "total kWh", "kWh", "kWh", "usage_kwh"),
    "per_meter": MeasureName("per meter", "kWh per meter", "kWh per meter", "kWh per meter", "usage_kwh_per_meter"),
    "per_meter_day": MeasureName(
        "per meter per day", "kWh per meter per day", "kWh per meter per day", "kWh per meter per day",
        "usage_kwh_per_meter_day",
    ),
    "peak": MeasureName(
        "peak half hour", "the highest half hour", "kWh in ½ h", "kWh in the highest half hour", "peak_kwh"
    ),
}  # fmt: skip


class Column(NamedTuple):
    """A column of a table: its name, its heading, whether it holds numbers, and whether it may be left out."""

    name: str
    title: str
    right: bool
    spare: bool = False
    whole: bool = False
    """Whether its texts are never cut, as those of times."""


def orders(inquiry: Inquiry, *, compared: bool) -> list[str]:
    """Return what a table can be sorted by, in turn: the order of its keys, then each figure from the highest down."""
    figures = [name for name in _RANKED if compared or name not in ("before", "change")]
    return ["", *(f"-{name}" for name in figures), *inquiry.question.by]


def ordered(found: Findings, sort: str) -> pd.DataFrame:
    """Return the table sorted by a column, `-column` for descending order; rows without a figure come last."""
    name = sort.removeprefix("-")
    table = found.table
    if not name or name not in table:
        return table
    if name in TIME_KEYS:  # these are in order of time, which may not be that of their text
        rank = pd.Series(pd.factorize(table[name])[0], index=table.index)
        order = rank.sort_values(ascending=not sort.startswith("-"), kind="stable").index
        return table.loc[order]
    return table.sort_values(name, ascending=not sort.startswith("-"), kind="stable", na_position="last")


def page(found: Findings, table: pd.DataFrame, zone: SiteZone) -> tuple[list[Column], list[list[str]]]:
    """Return columns, and cells by row as text, for some rows that `ordered` returned."""
    by = found.inquiry.question.by
    keys = [Column(key, KEYS[key], False, whole=key in TIME_KEYS) for key in by] or [Column("all", "all meters", False)]
    texts = [[_key_text(key, value, zone) for value in table[key]] for key in by]
    if not by:
        texts = [["usage"] * len(table)]
    period = next((place for place, key in enumerate(by) if key in TIME_KEYS), 0)
    texts[period] = [
        f"{text} {INCOMPLETE}" if part else text for text, part in zip(texts[period], table["part"], strict=True)
    ]
    figures, cells = _figures(found, table, zone)
    return [*keys, *figures], [list(line) for line in zip(*texts, *cells, strict=True)]


def _key_text(key: str, value: str, zone: SiteZone) -> str:
    if key == "hour":
        return fmt.moment(zone.instant(datetime.fromisoformat(value)), zone)
    return visible(value) or "(none)"


def _figures(found: Findings, table: pd.DataFrame, zone: SiteZone) -> tuple[list[Column], list[list[str]]]:
    """Return the columns of figures, and the cells of each, for rows of a table or for its whole."""
    measure, hidden = found.inquiry.measure, table["hidden"].tolist()
    columns: list[Column] = []
    texts: list[list[str]] = []

    def add(name: str, title: str, text_of: Callable[[Any], str]) -> None:
        columns.append(Column(name, title, True))
        blank = HIDDEN if name in ("value", "meters", "readings") else NONE
        texts.append(
            [
                blank if out else (NONE if pd.isna(value) else text_of(value))
                for value, out in zip(table[name].tolist(), hidden, strict=True)
            ]
        )

    add("value", MEASURES[measure].heading, _kwh)
    if measure == "total" and found.inquiry.question.by and found.total_wh:
        table = table.assign(share=table["value"] * 1000 / found.total_wh)
        add("share", "share", fmt.share)
    if measure == "peak":
        add("peak_at", "began at", lambda instant: fmt.moment(int(instant), zone))
    if found.compared:
        add("before", "before", _kwh)
        texts[-1] = [
            f"{INCOMPLETE} {text}" if cut else text for text, cut in zip(texts[-1], table["before_cut"], strict=True)
        ]
        add(
            "change",
            "change a day" if found.per_day else "change",
            _signed_share,
        )
    if found.per_day:
        table = _with_daily(table)
        add("daily", "kWh a day", _kwh)
        add("before_daily", "before a day", _kwh)
    add("meters", "meters", fmt.count)
    add("readings", "readings", fmt.count)
    if found.has_gaps:
        table = table if "missing" in table else table.assign(missing=np.nan, missing_share=np.nan)
        add("missing", "missing h", lambda us: fmt.number(round(us * 1000 / HOUR), 1))
        add("missing_share", "missing", fmt.share)
    return columns, texts


def feet(found: Findings, shown: pd.DataFrame, zone: SiteZone) -> list[list[str]]:
    """Return the cells of the rows below a table of which `shown` is shown: these, the others, all, mean and median.

    Mean and median are of whole periods alone, also of those before, and of none where a row is hidden. Figures that
    do not add up have no sum of others, and no mean of unequal groups. All together are compared only where each row
    is.
    """
    question, table = found.inquiry.question, found.table
    if not question.by or not len(found.whole) or not len(shown):
        return []
    rows = []
    if others := len(table) - len(shown):
        these, rest = _parts(found, shown)
        rows += [(f"these {fmt.count(len(shown))}", these), (f"the other {fmt.count(others)}", rest)]
    matched = bool(found.compared) and not bool((table["before"].isna() & table["value"].notna()).any())
    rows.append(("total" if found.inquiry.measure == "total" else "all together", _together(found, matched=matched)))
    whole = table[table["part"] == ""]
    if len(question.by) == 1 and not found.hidden and len(whole) >= _FEW:
        like = matched and not whole["before_cut"].any()
        values = whole[["value", "before"] if like else ["value"]]
        means = {"median": values.median()}
        if found.inquiry.measure in ("total", "peak"):
            means = {"mean": values.mean()} | means
        of = f"{fmt.count(len(whole))}{' whole' if len(whole) < len(table) else ''}"
        rows += [(f"{name} of {of}", _row(found, value.to_dict())) for name, value in means.items()]
    cells = []
    for label, row in rows:
        _, figures = _figures(found, row, zone)
        cells.append([label, *[""] * (len(question.by) - 1), *(column[0] for column in figures)])
    return cells


def _together(found: Findings, *, matched: bool) -> pd.DataFrame:
    """Return the figures of all rows together. Without `matched`, some have nothing to be compared with.

    The change of the total would then be that of other rows than those before, which is a part of theirs as well.
    """
    if not found.compared:
        return found.whole
    table = found.table
    cut = not matched or bool(table.loc[table["part"] == "", "before_cut"].ne("").any())
    together = found.whole.assign(before_cut=np.where(found.whole["before"].notna() & cut, INCOMPLETE, ""))
    return together if matched else together.assign(change=np.nan, before_length=0)


def _row(found: Findings, figures: Mapping[Any, Any]) -> pd.DataFrame:
    """Return a row like `Findings.whole` with these figures alone."""
    row = found.whole.copy()
    for name in row.columns:
        none = 0 if name in ("length", "before_length") else np.nan
        row[name] = row[name] if name in ("hidden", "before_cut") else figures.get(name, none)
    return row


def _parts(found: Findings, shown: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the figures of the rows that are shown, together, and of the others, as rows like `Findings.whole`.

    With a hidden row among those that are shown, neither is given.
    """
    these: dict[str, Any] = {}
    others: dict[str, Any] = {}
    if shown["hidden"].any():
        return _row(found, these), _row(found, others)
    these["readings"] = shown["readings"].sum()
    others["readings"] = found.whole["readings"] - these["readings"]
    if found.inquiry.question.by == ("meter",):
        these["meters"], others["meters"] = len(shown), len(found.table) - len(shown)
    if found.inquiry.measure == "total" and found.total_wh is not None:
        wh = sum(round(kwh * 1000) for kwh in shown["value"])
        these["value"], others["value"] = wh / 1000, (found.total_wh - wh) / 1000
    return _row(found, these), _row(found, others)


def extreme(found: Findings, sort: str, which: str, count: int) -> pd.DataFrame:
    """Return the rows with the highest (`top`) or lowest (`bottom`) figures, in the order of `sort`.

    The figure is the one that the table is sorted by, else its first one. Hidden rows have none.
    """
    figure = ranked_by(found, sort)
    ranked = found.table.dropna(subset=[figure]).sort_values(figure, ascending=which == "bottom", kind="stable")
    return ordered(replace(found, table=ranked.head(count).sort_index()), sort or f"{'-' * (which == 'top')}{figure}")


def ranked_by(found: Findings, sort: str) -> str:
    """Return the figure by which rows are the highest or lowest: the one that they are sorted by, else the first."""
    name = sort.removeprefix("-")
    return name if name in _RANKED and name in found.table else "value"


def containing(
    found: Findings, table: pd.DataFrame, zone: SiteZone, holds: Callable[[str], bool], stop: Callable[[], bool]
) -> pd.DataFrame:
    """Return the rows of a table of `ordered` with a cell that `holds` as it is shown. In any thread, until `stop`."""
    chosen: list[int] = []
    for start in range(0, len(table), _PIECE):
        if stop():
            break
        _, cells = page(found, table.iloc[start : start + _PIECE], zone)
        chosen += [start + place for place, row in enumerate(cells) if any(map(holds, row))]
    return table.iloc[chosen]


def keys_of(found: Findings, table: pd.DataFrame, at: int) -> tuple[str, ...]:
    """Return the keys of a row of the table."""
    return tuple(str(table[key].iloc[at]) for key in found.inquiry.question.by)


def _with_daily(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the usage per day of both periods, kWh; of less than a day of the clock there is none."""
    found = {}
    for name, value, length in (("daily", "value", "length"), ("before_daily", "before", "before_length")):
        lasts = table[length].to_numpy()
        daily = per_day(table[value].to_numpy(dtype=np.float64), lasts)
        found[name] = np.where(lasts >= SHORTEST_DAY, np.round(daily, 3), np.nan)
    return table.assign(**found)


def _signed_share(value: float) -> str:
    return f"{value:+.1%}".replace("-", fmt.MINUS)


def _kwh(value: float) -> str:
    return f"{value:,.3f}".replace(",", " ")


def sheet(found: Findings, sort: str, zone: SiteZone, *, ruled: bool) -> tuple[writers.Columns, pd.DataFrame]:
    """Return columns and rows of the table for other programs, in the order in which it is shown.

    With `ruled`, a column says which rows are hidden.
    """
    question, measure = found.inquiry.question, found.inquiry.measure
    table = ordered(found, sort)
    value = MEASURES[measure].column
    columns: dict[str, writers.Kind] = {key: "time" if key == "hour" else "text" for key in question.by}
    columns[value] = "kwh"
    made = table[list(question.by)].assign(**{value: table["value"]})
    if measure == "peak":
        columns["peak_at"] = "time"
        made["peak_at"] = [zone.iso(at) if at >= 0 else None for at in table["peak_at"].tolist()]
    if found.compared:
        columns["before_kwh"] = "kwh"
        made = made.assign(before_kwh=table["before"])
        if found.per_day:
            daily = _with_daily(table)
            columns |= {"days": "number", "before_days": "number", "kwh_per_day": "kwh", "before_kwh_per_day": "kwh"}
            made = made.assign(
                days=np.round(table["length"] / DAY, 3),
                before_days=np.round(table["before_length"].where(table["before_length"] >= 0) / DAY, 3),
                kwh_per_day=daily["daily"],
                before_kwh_per_day=daily["before_daily"],
            )
        change = "change_percent_per_day" if found.per_day else "change_percent"
        columns[change] = "number"
        made[change] = np.round(table["change"] * 100, 3)
    columns |= {"meters": "count", "readings": "count"}
    made = made.assign(meters=table["meters"], readings=table["readings"])
    if found.has_gaps:
        columns["missing_hours"] = "number"
        made["missing_hours"] = np.round(table["missing"] / HOUR, 4)
    if ruled:
        columns["hidden"] = "text"
        made["hidden"] = [HIDDEN if out else "" for out in table["hidden"].tolist()]
    return columns, made


def definition(found: Findings, sort: str, zone: SiteZone, rule: Rule | None, by: str, at: int) -> dict[str, Any]:
    """Return the question that the table answers, for its file."""
    return {
        "table": "usage of many meters",
        **found.inquiry.description(),
        "compared_with": [day.isoformat() for day in found.compared] if found.compared else [],
        "sort": _order_text(found, sort),
        "timezone": zone.name,
        "rows": len(found.table),
        "hidden_rows": found.hidden,
        "total_kwh": None if found.total_wh is None else found.total_wh / 1000,
        "small_groups": None if rule is None else {"least_meters": rule.least_meters, "most_share": rule.most_share},
        "asked_by": by,
        "asked_at": zone.iso(at),
    }


def _order_text(found: Findings, sort: str) -> str:
    """Return how the rows are sorted, in words."""
    if not sort:
        return "the order of the keys"
    name = sort.removeprefix("-")
    called = MEASURES[found.inquiry.measure].heading if name == "value" else KEYS.get(name, name)
    return f"{called}, from the {'highest' if sort.startswith('-') else 'lowest'}"


def order_of_list(sort: str) -> str:
    """Return the order of a list of readings in words."""
    name = sort.removeprefix("-")
    if not name:
        return "by meter and time"
    if name == "timestamp":
        return "newest first" if sort.startswith("-") else "oldest first"
    called = {"identifier": "meter", "reading_kwh": "register"}.get(name) or KEYS[name]
    return f"by {called}{', from the last' if sort.startswith('-') else ''}"


def list_definition(question: Question, row: Mapping[str, str], sort: str, zone: SiteZone) -> dict[str, Any]:
    """Return the question that a list of readings answers, for its file."""
    return {
        "table": "readings",
        "timezone": zone.name,
        "from": question.first.isoformat(),
        "to": question.last.isoformat(),
        **question.filter.set_values(),
        **({"row": dict(row)} if row else {}),
        "sort": order_of_list(sort),
    }
