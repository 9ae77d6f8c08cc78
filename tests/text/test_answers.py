"""An answer about many meters in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import accumulate
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.reports import report
from metertui.engine.reports.disclosure import Rule
from metertui.engine.reports.report import Findings, Inquiry, Measure
from metertui.engine.usage.query import KEYS, Filter, Question
from metertui.text import answer_words, answers, fmt
from tests.engine.build import frozen
from tests.engine.test_intervals import hours, opened

LONDON = SiteZone("Europe/London")


def test_every_key_of_a_question_has_a_name() -> None:
    assert list(answers.KEYS) == list(KEYS)


def found_over(first: date, last: date, *by: str) -> Findings:
    """A meter of 1 kW in 2025, compared with the period before."""
    columns = frozen(
        {"m": [(LONDON.midnight(date(2025, 1, 1)), 0), (LONDON.midnight(date(2025, 4, 1)), 2_159_000)]}, LONDON
    )
    return report.answer_inquiry(columns, Inquiry(Question(first, last, by), compare="before"))


def test_periods_of_unequal_length_are_compared_per_day_in_columns() -> None:
    found = found_over(date(2025, 2, 1), date(2025, 2, 28))
    columns, (cells,) = answers.page(found, found.table, LONDON)
    shown = dict(zip((column.title for column in columns), cells, strict=True))
    assert (shown["before"], shown["change a day"]) == ("744.000", "+0.0%")
    assert (shown["kWh a day"], shown["before a day"]) == ("24.000", "24.000")
    kinds, rows = answers.sheet(found, "", LONDON, ruled=False)
    assert list(rows) == list(kinds)
    asked = ["days", "before_days", "kwh_per_day", "before_kwh_per_day", "change_percent_per_day"]
    assert rows[asked].iloc[0].tolist() == [28, 31, 24, 24, 0]
    by_day = found_over(date(2025, 3, 30), date(2025, 3, 31), "day")  # 23 hours after 24
    assert answers.feet(by_day, by_day.table, LONDON)[0][:2] == ["total", "47.000"]


def test_the_hour_that_the_clock_shows_twice_has_two_keys() -> None:
    """On 26 October 2025 the clock of London goes from 02:00 summer time back to 01:00."""
    begin = LONDON.midnight(date(2025, 10, 26))
    columns = frozen({"m": [(begin, 0), (begin + 25 * HOUR, 25_000)]}, LONDON)
    day = date(2025, 10, 26)
    by_hour = report.answer_inquiry(columns, Inquiry(Question(day, day, ("hour",))))
    shown = [row[0] for row in answers.page(by_hour, by_hour.table, LONDON)[1]]
    assert shown[:4] == ["2025-10-26 00:00", "2025-10-26 01:00", "2025-10-26 01:00 (+0000)", "2025-10-26 02:00"]
    assert answers.keys_of(by_hour, by_hour.table, 2) == ("2025-10-26T01:00:00+00:00",)
    peaks = report.answer_inquiry(columns, Inquiry(Question(day, day, ("hour",)), measure="peak"))
    began = [row[2] for row in answers.page(peaks, peaks.table, LONDON)[1]]
    assert began[1:3] == ["2025-10-26 01:00", "2025-10-26 01:00 (+0000)"]


def test_a_few_hours_have_no_usage_a_day_and_no_change() -> None:
    """1 April 2025 is four hours old, and is compared with 1 March, of which all is known."""
    reads = [(LONDON.midnight(date(2025, 1, 1)), 0), (LONDON.midnight(date(2025, 4, 1)) + 4 * HOUR, 2_163_000)]
    month = Question(date(2025, 4, 1), date(2025, 4, 30))
    found = report.answer_inquiry(frozen({"m": reads}, LONDON), Inquiry(month, compare="before"))
    columns, (cells,) = answers.page(found, found.table, LONDON)
    shown = dict(zip((column.title for column in columns), cells, strict=True))
    assert [shown[title] for title in ("kWh", "before", "change a day", "kWh a day", "before a day")] == [
        "4.000", "24.000", "–", "–", "24.000",
    ]  # fmt: skip
    assert "(24 h, now 4 h: too unlike to compare)" in answer_words.summary(found, None)


def test_a_total_says_that_only_a_part_of_it_was_known_before() -> None:
    """Readings begin in October 2024, so most of 2025 has nothing to be compared with."""
    reads = [(LONDON.midnight(date(2024, 10, 27)), 0), (LONDON.midnight(date(2026, 1, 1)), 431_000)]
    year = Question(date(2025, 1, 1), date(2025, 12, 31), ("month",))
    found = report.answer_inquiry(frozen({"m": reads}, LONDON), Inquiry(year, compare="year_before"))
    place = [column.name for column in answers.page(found, found.table, LONDON)[0]].index("before") - 1
    total = answers.feet(found, found.table, LONDON)[0]
    assert (total[0], total[1 + place][:2]) == ("total", "□ ")
    whole = found_over(date(2025, 2, 1), date(2025, 2, 28), "month")
    assert not any("□" in cell for cell in answers.feet(whole, whole.table, LONDON)[0])


def test_periods_of_one_length_are_compared_as_they_are() -> None:
    found = found_over(date(2025, 2, 3), date(2025, 2, 9))
    columns, _ = answers.page(found, found.table, LONDON)
    assert [column.title for column in columns if column.right] == ["kWh", "before", "change", "meters", "readings"]


def test_a_total_has_the_share_of_each_row() -> None:
    columns = frozen(
        {"m": [(LONDON.midnight(date(2025, 1, 1)), 0), (LONDON.midnight(date(2025, 3, 1)), 59_000)]}, LONDON
    )
    question = Question(date(2025, 1, 1), date(2025, 2, 28), ("month",))
    found = report.answer_inquiry(columns, Inquiry(question))
    heads, cells = answers.page(found, found.table, LONDON)
    place = [column.name for column in heads].index("share")
    assert [row[place] for row in cells] == ["52.5%", "47.5%"]
    peaks = report.answer_inquiry(columns, Inquiry(question, measure="peak"))
    assert "share" not in [column.name for column in answers.page(peaks, peaks.table, LONDON)[0]]


def test_a_total_is_compared_only_where_each_row_is() -> None:
    """The 2 % that a year with one known month before it would be apart say nothing of that month."""
    at = LONDON.midnight
    reads = [(at(date(2024, 12, 1)), 0), (at(date(2025, 1, 1)), 31_000), (at(date(2025, 3, 1)), 149_000)]
    columns = frozen({"m": reads}, LONDON)

    def total(first: date) -> dict[str, str]:
        asked = Inquiry(Question(first, date(2025, 2, 28), ("month",)), compare="before")
        found = report.answer_inquiry(columns, asked)
        heads, _ = answers.page(found, found.table, LONDON)
        return dict(zip((head.name for head in heads), answers.feet(found, found.table, LONDON)[0], strict=True))

    assert total(date(2025, 2, 1))["change"] == "+0.0%"
    two = total(date(2025, 1, 1))
    assert (two["value"], two["before"], two["change"]) == ("118.000", "□ 31.000", "–")


def regions(use: dict[str, list[int]], rule: Rule | None = None, measure: Measure = "total") -> Findings:
    """Regions by month in 2025, with the Wh of each, from January on; a meter each."""
    starts = [LONDON.midnight(date(2025, month, 1)) for month in range(1, 2 + max(map(len, use.values())))]
    reads = {name: list(zip(starts, accumulate(used, initial=0), strict=False)) for name, used in use.items()}
    columns = frozen(reads, LONDON, {name: [Group(name, "", "")] * len(each) for name, each in reads.items()})
    question = Question(date(2025, 1, 1), LONDON.day(starts[-1] - 1), ("region",))
    return report.answer_inquiry(columns, Inquiry(question, measure), rule)


@given(
    use=st.dictionaries(st.sampled_from("abcdefghijklmnop"), st.integers(0, 50_000), min_size=1, max_size=16),
    which=st.sampled_from(["top", "bottom"]),
    count=st.integers(1, 6),
)
@settings(max_examples=40, deadline=None)
def test_total_share_mean_median_and_rest_are_those_of_the_whole_numbers(
    use: dict[str, int], which: str, count: int
) -> None:
    found = regions({name: [wh] for name, wh in use.items()})
    shown = answers.extreme(found, "", which, count)
    ranked = sorted(use.values(), reverse=which == "top")
    assert [round(kwh * 1000) for kwh in shown["value"]] == ranked[:count]
    feet = {row[0]: row[1:] for row in answers.feet(found, shown, LONDON)}
    total = sum(use.values())
    assert feet["total"][0] == fmt.number(total)
    if total:
        columns, cells = answers.page(found, found.table, LONDON)
        place = [column.name for column in columns].index("share")
        assert [row[place] for row in cells] == [fmt.share(use[row[0]] / total) for row in cells]
        assert feet["total"][place - 1] == "100.0%"
    if others := len(use) - len(shown):
        assert feet[f"these {len(shown)}"][0] == fmt.number(sum(ranked[:count]))
        assert feet[f"the other {others}"][0] == fmt.number(sum(ranked[count:]))
    else:
        assert not any(label.startswith("the other") for label in feet)
    if len(use) < 3:
        assert len(feet) == 1 + 2 * bool(others)
    else:
        for name, value in (("mean", total / len(use)), ("median", median(use.values()))):
            assert float(feet[f"{name} of {len(use)}"][0].replace(" ", "")) == pytest.approx(value / 1000, abs=0.0006)


def test_a_total_reveals_no_hidden_row() -> None:
    """Neither mean nor median is told where a row is hidden, and the total of a small group is hidden itself."""
    use = {"a": [1000], "b": [2000], "c": [3000], "d": [4000]}
    labels = [row[0] for row in answers.feet(regions(use), regions(use).table, LONDON)]
    assert labels == ["total", "mean of 4", "median of 4"]
    hidden = regions(use, Rule(2, 0.9))
    assert hidden.hidden == 4
    assert answers.feet(hidden, hidden.table, LONDON) == [["total", "10.000", "100.0%", "4", "8"]]
    some = answers.feet(hidden, hidden.table.head(2), LONDON)  # as a filter leaves them
    assert [row[1] for row in some] == ["–", "–", "10.000"]
    alone = regions(use, Rule(5, 0.9))
    assert alone.total_wh is None
    assert answers.feet(alone, alone.table, LONDON) == [["total", "hidden", "hidden", "hidden"]]
    per_meter = regions(use, None, "per_meter")
    assert [row[:2] for row in answers.feet(per_meter, per_meter.table, LONDON)] == [
        ["all together", "2.500"], ["median of 4", "2.500"]
    ]  # fmt: skip


def test_a_period_that_is_not_over_is_marked_and_left_out_of_the_mean() -> None:
    day = LONDON.midnight
    reads = [(day(date(2025, month, 1)), 1000 * month) for month in range(1, 6)] + [(day(date(2025, 5, 9)), 9000)]
    question = Question(date(2025, 1, 15), date(2025, 5, 31), ("month",))
    found = report.answer_inquiry(frozen({"m": reads}, LONDON), Inquiry(question))
    _, cells = answers.page(found, found.table, LONDON)
    assert [row[0] for row in cells] == ["2025-01 □", "2025-02", "2025-03", "2025-04", "2025-05 □"]
    assert answers.feet(found, found.table, LONDON)[1][:2] == ["mean of 3 whole", "1.000"]


def test_a_row_that_holds_a_part_of_a_gap_says_how_long_it_is() -> None:
    with opened([*hours("m", 0, 100, 200), *hours("m", 30, 300), *hours("n", 0, 5)]) as engine:
        question = Question(date(2025, 3, 28), date(2025, 3, 29), by=("day",))
        found = report.answer_inquiry(engine.view().frozen(), Inquiry(question, compare="before"))
        whole = report.answer_inquiry(engine.view().frozen(), Inquiry(replace(question, filter=Filter(meter="n"))))
    columns, table = answers.sheet(found, "", engine.zone, ruled=False)
    assert columns["missing_hours"] == "number"
    assert table["missing_hours"].tolist() == [22, 6]
    headings, cells = answers.page(found, found.table, engine.zone)
    assert [heading.title for heading in headings[-2:]] == ["missing h", "missing"]
    assert [row[-2:] for row in cells] == [["22.0", "88.0%"], ["6.0", "85.7%"]]
    assert [row[0] for row in cells] == ["2025-03-28 □", "2025-03-29 □"]
    assert "□ with a gap: 28 Mar 2025" in answer_words.incomplete(found)
    assert answers.feet(found, found.table, engine.zone)[0][-2:] == ["28.0", "87.5%"]
    assert "87.5% of meter hours missing" in answer_words.summary(found, None)
    assert "missing_hours" not in answers.sheet(whole, "", engine.zone, ruled=False)[0]


def test_an_hour_that_one_meter_of_many_lacks_is_told_and_marks_nothing() -> None:
    many = [line for nth in range(60) for line in hours(f"n{nth}", 0, *[5] * 24)]
    with opened([*hours("m", 0, *[5] * 3), *hours("m", 4, *[5] * 20), *many]) as engine:
        day = date(2025, 3, 28)
        asked = [Inquiry(Question(day, day, by=(key,))) for key in ("day", "hour_of_day", "meter")]
        of_day, of_hours, of_meters = (report.answer_inquiry(engine.view().frozen(), each) for each in asked)
    [row] = answers.page(of_day, of_day.table, engine.zone)[1]
    assert (row[0], row[-2:]) == ("2025-03-28", ["1.0", "0.1%"])
    assert answer_words.summary(of_day, None).endswith(" · 0.1% of meter hours missing")
    rows = answers.page(of_hours, of_hours.table, engine.zone)[1]
    assert [(name, share) for name, *_, share in rows if share != "0.0%"] == [("03:00 □", "1.6%")]
    assert answers.page(of_meters, of_meters.table, engine.zone)[1][0][-2:] == ["1.0", "4.2%"]
