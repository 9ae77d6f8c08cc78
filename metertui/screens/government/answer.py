"""The answer to a question, and its rows as they are shown: in an order, of a choice, with their chart. Any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, NamedTuple

import pandas as pd

from metertui.engine.base import Progress, SiteZone
from metertui.engine.columns import Frozen
from metertui.engine.reports import Findings, Rule, SavedReport, courses_of, report
from metertui.engine.usage import TIME_KEYS
from metertui.screens.charts import NO_CURSOR, Picture, picture, sparkline
from metertui.screens.papers import ChartPart, Paper, TablePart, as_file
from metertui.screens.tables import Cells, matcher
from metertui.text import answer_words, answers

_COURSE: Final = 12
"""Terminal cells of the course of a row at most."""
_MOST_ON_PAPER: Final = 500
"""Rows of a table on paper at most."""
EXTREME: Final = 10
"""The rows of a table of the highest or the lowest ones."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A question with its findings and its chart."""

    saved: SavedReport
    found: Findings
    picture: Picture
    course_key: str = ""
    """The time key of the courses of the rows; empty if there are none."""
    courses: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """The course of each row that has one, drawn as a line of blocks, by the keys of the row."""

    def with_title_of(self, saved: SavedReport) -> Answer:
        """Return this answer under the title of a saved question."""
        return replace(self, saved=saved)

    def drawn_as(self, saved: SavedReport, zone: SiteZone) -> Answer:
        """Return this answer with the chart of the same question."""
        return replace(self, saved=saved, picture=picture(self.found, saved.chart, zone))


def answer_question(
    frozen: Frozen, saved: SavedReport, rule: Rule | None, progress: Progress
) -> tuple[Answer | None, tuple[date, date] | None]:
    """Return the answer to a question and the first and last day with readings; (None, None) without readings.

    `progress` gets the share done; an exception from it ends the work. Raises MeterError.
    """
    if not len(frozen.curve):
        return None, None
    time, zone = frozen.curve.time, frozen.zone
    oldest, newest = zone.day(int(time.min()) - 1), zone.day(int(time.max()))
    found = report.answer_inquiry(frozen, saved.inquiry_of(frozen), rule, progress=progress)
    answer = Answer(saved, found, picture(found, saved.chart, zone))
    if (made := courses_of(frozen, found, rule, lambda _: progress(1.0))) is not None and made.of_row:
        lines = {row: sparkline(points, _COURSE, own_range=True) for row, points in made.of_row.items()}
        answer = replace(answer, course_key=made.key, courses=lines)
    return answer, (oldest, newest)


class Choice(NamedTuple):
    """Which rows of an answer are shown, and in which order."""

    sort: str = ""
    """The sort column, `-column` for descending order, empty for the natural order of the keys."""
    extreme: str = ""
    """`top` or `bottom` for the highest or lowest rows alone; empty for all."""
    wanted: str = ""
    """The text that the rows contain; empty if it may be anything."""

    @property
    def name(self) -> str:
        """Return in words which rows are the extreme ones."""
        return f"the {EXTREME} {'highest' if self.extreme == 'top' else 'lowest'}"


@dataclass(frozen=True, eq=False)
class ShownRows:
    """The rows that are shown, in their order, with all that follows from them."""

    table: pd.DataFrame
    picture: Picture
    """Their chart."""
    feet: Sequence[Cells]
    """What they come to, below them."""
    places: Mapping[tuple[int, int], int]
    """The first row of each label and series of the chart, and of each label alone with NO_CURSOR."""


def shown_rows(answer: Answer, choice: Choice, zone: SiteZone, stop: Callable[[], bool] = lambda: False) -> ShownRows:
    """Return the rows of an answer that are chosen. It ends early, with some of them, when `stop` returns True."""
    found = answer.found
    if choice.extreme:
        table = answers.extreme(found, choice.sort, choice.extreme, EXTREME)
    else:
        table = answers.ordered(found, choice.sort)
    if choice.wanted:
        table = answers.containing(found, table, zone, matcher(choice.wanted), stop)
    drawn = answer.picture if stop() else _picture_of(answer, table, choice, zone)
    return ShownRows(table, drawn, answers.feet(found, table, zone), _places(found, table, drawn))


def answer_paper(
    saved: SavedReport,
    sort: str,
    rule: Rule | None,
    who: str,
    now: int,
    zone: SiteZone,
    suffix: str,
    found: Findings,
) -> str:
    """Return what was found as the content of a file, for a suffix of papers.SUFFIXES. On the event loop."""
    table = answers.ordered(found, sort)
    columns, cells = answers.page(found, table.head(_MOST_ON_PAPER), zone)
    rows = [*cells, *answers.feet(found, table, zone)]
    headings = [(each.title, each.right) for each in columns]
    of_table = TablePart("", headings, rows, len(table) - len(cells) + len(rows))
    drawn = picture(found, saved.chart, zone)
    definition = answers.definition(found, sort, zone, rule, who, now)
    paper = Paper(answer_words.sentence(saved, found), definition, [ChartPart(drawn.note, drawn), of_table])
    return as_file(paper, suffix)


def _picture_of(answer: Answer, table: pd.DataFrame, choice: Choice, zone: SiteZone) -> Picture:
    """Return the chart of the rows that are shown, in their order. Time is always in its own.

    Of the shares of some of the rows, a part of the whole would be missing.
    """
    every = len(table) == len(answer.found.table)
    timed = not set(answer.found.inquiry.question.by).isdisjoint(TIME_KEYS)
    if every and (timed or not choice.sort):
        return answer.picture
    chart = "bars" if answer.saved.chart == "shares" and not every else answer.saved.chart
    drawn = picture(replace(answer.found, table=table.sort_index() if timed else table), chart, zone)
    if every:
        return drawn
    which = choice.name if choice.extreme else f"{len(table)} rows"
    return drawn._replace(note=", ".join(filter(None, [drawn.note, f"{which} alone"])))


def _places(found: Findings, table: pd.DataFrame, drawn: Picture) -> Mapping[tuple[int, int], int]:
    by, places = list(found.inquiry.question.by), dict[tuple[int, int], int]()
    rows = table[by].itertuples(index=False, name=None) if by else [()] * len(table)
    for at, keys in enumerate(rows):
        if (cell := drawn.cells.get(keys)) is not None:
            places.setdefault(cell, at)
            places.setdefault((cell[0], NO_CURSOR), at)
    return places
