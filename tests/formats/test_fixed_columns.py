"""What the columns of our own forms are shown as."""

from __future__ import annotations

from metertui.formats.fixed_columns import columns_of_lines, export_taken_for, taken_for

WIDE = (
    "Identifier,AreaID,dwelling_type_id,kwh_per_acc,year,month,day,time,quarter,Area,Region,dwelling_type,\n"
    "w-1,12,3,100.5,2025,3,1,0:30,1,Hill,North,3-room,\n"
)


def shown(head: str) -> list[tuple[int, str, str, str]]:
    taken = taken_for("form", "register", *columns_of_lines(head))
    assert not taken.is_table, "nobody can say that it is anything else"
    assert taken.sentence() == "form, registers"
    return [(each.number, each.name, each.role or each.why, " ".join(each.first)) for each in taken.series]


def test_columns_have_their_meaning_and_first_cells() -> None:
    assert shown("identifier,timestamp,usage\nm,2025-03-01T00:00:00+08:00,1\nn,2025-03-02T00:00:00+08:00,2\n") == [
        (1, "identifier", "meter", "m n"),
        (2, "timestamp", "time", "2025-03-01T00:00:00+08:00 2025-03-02T00:00:00+08:00"),
        (3, "usage", "use", "1 2"),
    ]
    wide = shown(WIDE)
    assert [each[2] for each in wide] == [
        *("meter", "", "", "use", "date", "date", "date", "clock", "", "sub-region", "region", "apartment type"),
    ]
    assert wide[3] == (4, "kwh_per_acc", "use", "100.5")
    export = shown("identifier,timestamp,reading_kwh,usage_kwh,status\nm,2025-03-01T00:00:00+08:00,1,,counted\n")
    assert [each[2] for each in export[2:]] == ["use", "follows from the readings", "only says what was left out"]


def test_a_log_has_no_names_and_its_first_line_is_a_row() -> None:
    assert shown("m,2025-03-01T00:00:00+08:00,1,E\n") == [
        (1, "identifier", "meter", "m"),
        (2, "timestamp", "time", "2025-03-01T00:00:00+08:00"),
        (3, "usage", "use", "1"),
        (4, "quality", "quality", "E"),
    ]
    assert shown("") == []
    assert shown("x" * 200_000) == []


def test_an_export_is_of_what_its_rows_are() -> None:
    heading = "identifier,timestamp,start,interval_kwh,reading_kwh\n"
    interval, reading = "m,2025-03-01T01:00Z,2025-03-01T00:00Z,0.5,\n", "m,2025-03-01T01:00Z,,,7\n"

    def sentence(*rows: str) -> str:
        return export_taken_for(*columns_of_lines(heading + "".join(rows))).sentence()

    assert sentence(interval, interval) == "export of intervals, energy per interval"
    assert sentence(*[interval] * 9, reading) == "export of readings and intervals, registers"
    assert sentence(reading) == "export of readings, registers"
    assert sentence() == "export of readings, registers"
