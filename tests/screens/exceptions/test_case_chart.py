"""The chart of a case: readings round it, or usage round a time without readings."""

from __future__ import annotations

import pytest

from metertui.engine.base.zone import DAY, HOUR, SiteZone
from metertui.engine.worklist.cases import NEVER, Cause, ExceptionRow
from metertui.screens.exceptions.case_chart import case_picture
from tests.engine.build import series

ZONE = SiteZone("Asia/Singapore")
START = ZONE.parse("2025-03-01T00:00")


def case(cause: Cause, time: int, wh: int | None = None, stake: int | None = None) -> ExceptionRow:
    return ExceptionRow("m", time, wh, cause, "", "", None, (), stake_wh=stake)


@pytest.mark.parametrize(("cause", "odd"), [("rejected", 7_000), ("conflict", 111_000)])
def test_a_reading_stands_apart_from_those_round_it(cause: Cause, odd: int) -> None:
    course = [(START + n * HOUR, 100_000 + n * 1000) for n in range(30)]
    if cause == "rejected":
        course[10] = (course[10][0], odd)
    picture = case_picture(case(cause, course[10][0], odd), series(course), course[-1][0], ZONE)
    assert picture is not None
    line, point = picture.series
    assert len(picture.labels) == 17
    assert picture.labels[8] == "10:00"
    assert picture.from_zero == (cause == "rejected")
    assert [value for value in point.values if value is not None] == [odd / 1000]
    assert point.values[8] is not None
    assert line.values[8] == (None if cause == "rejected" else 110.0)
    assert line.values[7] == 109.0
    assert picture.note == "register kWh, 1 Mar"


def test_a_gap_and_a_silence_are_days_of_which_some_are_estimated() -> None:
    days = [(START + n * DAY, n * 24_000) for n in range(20) if n not in (14, 15)]
    meter, now = series(days), START + 20 * DAY + 12 * HOUR
    gap = case_picture(case("gap", START + 16 * DAY), meter, now, ZONE)
    assert gap is not None
    assert gap.labels[0] == "4 Mar"
    assert [label for label, guessed in zip(gap.labels, gap.estimated, strict=True) if guessed] == [
        "14 Mar", "15 Mar", "16 Mar",
    ]  # fmt: skip
    silent = case_picture(case("silent", START + 19 * DAY, stake=36_000), meter, now, ZONE)
    assert silent is not None
    values = dict(zip(silent.labels, silent.series[0].values, strict=True))
    assert [values[day] for day in ("19 Mar", "20 Mar", "21 Mar")] == [24.0, 24.0, 12.0]
    assert silent.estimated[-2:] == (True, True)
    assert silent.running[-2:] == (False, True)
    unknown = case_picture(case("silent", START + 19 * DAY), meter, now, ZONE)
    assert unknown is not None
    assert unknown.series[0].values[-1] is None


def test_what_has_no_readings_has_no_chart() -> None:
    meter = series([(START, 0), (START + HOUR, 1)])
    assert case_picture(case("refused", START), meter, START, ZONE) is None
    assert case_picture(case("silent", NEVER), meter, START, ZONE) is None
    assert case_picture(case("drift", START + 5, 7), meter, START, ZONE) is None
    assert case_picture(case("suspect", START), meter, START, ZONE) is None
