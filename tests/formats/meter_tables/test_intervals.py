"""Which instants the labels of intervals are."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.errors import MeterError
from tests.formats.meter_tables.made_up import Read, clock, read

FALL, SPRING = "26.10.2025", "30.03.2025"


def spans(found: Read) -> list[str]:
    """Return start and end of each interval as times of day with the offsets, and its energy."""
    rows = [row.split() for row in found.intervals]
    return [
        f"{start[11:16]}{start[-6:-3]} {end[11:16]}{end[-6:-3]} {kwh}"
        for _, start, end, kwh, *_ in sorted(rows, key=lambda r: r[1:])
    ]


def test_ends_that_come_twice(tmp_path: Path) -> None:
    labels = [
        "01:30",
        "01:45",
        "02:00",
        "02:15",
        "02:30",
        "02:45",
        "02:00",
        "02:15",
        "02:30",
        "02:45",
        "03:00",
        "03:15",
    ]
    rows = "".join(f"{FALL} {label};0,{at % 5 + 10}\n" for at, label in enumerate(labels))
    found = read(tmp_path, f"Zeitpunkt;Verbrauch (kWh)\n{rows}", stamps="end")
    starts = [span.split()[0] for span in spans(found)]
    assert len(set(found.intervals)) == 12
    assert found.refused == []
    assert sorted(starts)[:2] == ["01:15+02", "01:30+02"]
    ends = [row.split()[2] for row in found.intervals]
    assert len(set(ends)) == 12
    newest = "".join(f"{FALL} {label};0,{at % 5 + 10}\n" for at, label in reversed(list(enumerate(labels))))
    assert sorted(read(tmp_path, f"Zeitpunkt;Verbrauch (kWh)\n{newest}", stamps="end").intervals) == sorted(
        found.intervals
    )


def test_rows_of_both_passes_may_stand_together(tmp_path: Path) -> None:
    quarters = [0, 15, 30, 45, 60, 75, 90, 105, *(each for at in (120, 135, 150, 165) for each in (at, at)), 180]
    rows = "".join(
        f"26-10-2025;{clock(at)};26-10-2025;{clock(120 if at == 165 and not number % 2 else at + 15)};0,{number + 10}\n"
        for number, at in enumerate(quarters)
    )
    found = read(tmp_path, f"A;B;C;D;Verbrauch (kWh)\n{rows}")
    assert found.refused == []
    assert len(set(found.intervals)) == 17
    whole = spans(found)
    assert "02:45+02 02:00+01 0.24" in whole or "02:45+02 02:00+01 0.24" in [each.rstrip("0") for each in whole]
    assert all(each.split()[0] != each.split()[1] for each in whole)


def test_quarters_of_one_pass_leave_a_gap_for_the_other(tmp_path: Path) -> None:
    ends = {165: "02:59"}
    rows = "".join(f"{FALL};{clock(at)};{ends.get(at, clock(at + 15))};0,{at + 10}\n" for at in range(90, 240, 15))
    found = read(tmp_path, f"Datum;von;bis;Verbrauch (kWh)\n{rows}")
    assert found.refused == []
    assert spans(found)[3:7] == [
        "02:15+02 02:30+02 0.145",
        "02:30+02 02:45+02 0.16",
        "02:45+02 02:00+01 0.175",
        "03:00+01 03:15+01 0.19",
    ]


def test_an_hour_may_hold_both_of_the_day_on_which_the_clock_goes_back(tmp_path: Path) -> None:
    rows = "".join(f"{FALL} {clock(60 * at)} - {FALL} {clock(60 * at + 60)};0,{at + 1}\n" for at in range(1, 5))
    found = read(tmp_path, f"Datum;Verbrauch (kWh)\n{rows}")
    assert "02:00+02 03:00+01 0.3" in spans(found)
    both = rows.replace(f"{FALL} 03:00 -", f"{FALL} 02:00 - {FALL} 03:00;0,9\n{FALL} 03:00 -", 1)
    found = read(tmp_path, f"Datum;Verbrauch (kWh)\n{both}")
    assert {"02:00+02 02:00+01 0.3", "02:00+01 03:00+01 0.9"} <= set(spans(found))


@pytest.mark.parametrize("end", ["02:00", "03:00"])
def test_an_interval_ends_where_the_clock_goes_forward(tmp_path: Path, end: str) -> None:
    rows = f"{SPRING};01:30;01:45;0,1\n{SPRING};01:45;{end};0,2\n{SPRING};03:00;03:15;0,3\n"
    assert spans(read(tmp_path, f"A;B;C;Verbrauch (kWh)\n{rows}")) == [
        "01:30+01 01:45+01 0.1",
        "01:45+01 03:00+02 0.2",
        "03:00+02 03:15+02 0.3",
    ]


def test_a_start_that_the_clock_skips_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"{SPRING} {clock(60 * at)};0,{at % 3 + 1}\n" for at in range(6))
    found = read(tmp_path, f"Zeit;Verbrauch (kWh)\n{rows}", stamps="start")
    assert found.lines() == [(4, "bad-timestamp")]
    assert found.refused[0].why == "2025-03-30 2:00:00 does not exist in Europe/Vienna: the clock skips it"


def test_days_are_as_long_as_they_are(tmp_path: Path) -> None:
    days = read(tmp_path, "Tag,Verbrauch (kWh)\n20250329,8\n20250330,7\n20250331,8\n")
    assert [row.split()[1:3] for row in days.intervals][1] == ["2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00"]
    months = read(tmp_path, "Monat,Verbrauch (kWh)\n20250301,8\n20250401,7\n20250501,8\n")
    assert months.intervals[0].split()[2] == "2025-04-01T00:00:00+02:00"
    stamps = read(
        tmp_path, "Zeit,Verbrauch (kWh)\n2025-03-29 00:00,8\n2025-03-30 00:00,7\n2025-03-31 00:00,8\n", stamps="end"
    )
    assert stamps.intervals[2].split()[1] == "2025-03-30T00:00:00+01:00"
    inclusive = read(tmp_path, "Von;Bis;Verbrauch (kWh)\n29.03.2025;29.03.2025;8\n30.03.2025;30.03.2025;7\n")
    assert inclusive.intervals[1].split()[2] == "2025-03-31T00:00:00+02:00"


def test_totals_among_the_rows_are_left_out_and_long_intervals_are_not(tmp_path: Path) -> None:
    rows = "".join(f"0{day}.04.2025 00:00;0{day + 1}.04.2025 00:00;{day % 3 + 1}\n" for day in (1, 2, 3))
    long = "05.04.2025 00:00;08.04.2025 00:00;9\n"
    found = read(tmp_path, f"Von;Bis;Verbrauch (kWh)\n{rows}01.04.2025 00:00;04.04.2025 00:00;6\n{long}")
    assert found.total("m1") == 15
    assert found.table.left_out.sentences() == ["totals of other rows: 1 (line 5)"]


def test_power_times_the_length_of_its_interval_is_energy(tmp_path: Path) -> None:
    rows = "".join(f"01.04.2025 {clock(15 * at)};{value}\n" for at, value in enumerate(("2,0", "1,0", "4,0", "0,001")))
    found = read(tmp_path, f"Zeit;Leistung (kW)\n{rows}", stamps="start", unit="kW")
    assert [row.split()[3] for row in found.intervals] == ["0.5", "0.25", "1", "0.00025"]


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("change", ["02:00", "03:00"])
def test_the_end_of_the_first_pass_may_have_either_name(tmp_path: Path, change: str, newest_first: bool) -> None:
    labels = ["01:30", "02:00", "02:30", change, "02:30", "03:00", "03:30"]
    rows = [f"{FALL} {label};0,{at + 1}\n" for at, label in enumerate(labels)]
    text = "".join(reversed(rows) if newest_first else rows)
    assert spans(read(tmp_path, f"Zeitpunkt;Verbrauch (kWh)\n{text}", stamps="end")) == [
        "01:00+02 01:30+02 0.1",
        "01:30+02 02:00+02 0.2",
        "02:00+01 02:30+01 0.5",
        "02:00+02 02:30+02 0.3",
        "02:30+01 03:00+01 0.6",
        "02:30+02 02:00+01 0.4",
        "03:00+01 03:30+01 0.7",
    ]


def quarters(count: int, start: int = 0, step: int = 15) -> str:
    return "".join(
        f"01.0{at // 1440 + 1}.2025;{clock(at)};0,{at * at % 7 + 1}\n"
        for at in range(start, start + count * step, step)
    )


@pytest.mark.parametrize(
    ("rows", "other"),
    [
        (quarters(30, step=60) + quarters(20, 1800), "times are 1 h apart, but 15 min near line 3[12]"),
        (quarters(20) + quarters(100, 300, 5), "times are 5 min apart, but 15 min near line 2:"),
    ],
)
def test_intervals_that_change_their_length_are_not_guessed(tmp_path: Path, rows: str, other: str) -> None:
    with pytest.raises(MeterError, match=other):
        read(tmp_path, f"Tag;Uhrzeit;Verbrauch (kWh)\n{rows}", stamps="start")


def test_rows_may_be_missing_or_late(tmp_path: Path) -> None:
    rows = quarters(40).splitlines(keepends=True)
    del rows[10:15], rows[20:22]
    assert len(read(tmp_path, f"Tag;Uhrzeit;Verbrauch (kWh)\n{''.join(rows)}", stamps="start").intervals) == 33
