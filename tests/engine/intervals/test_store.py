"""The day files of intervals."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from metertui.engine.base.zone import HOUR, MINUTE, SiteZone
from metertui.engine.errors import DataError
from metertui.engine.intervals.lines import HEADER, WITHDRAWN
from metertui.engine.intervals.store import IntervalStore
from tests.engine.intervals.listed import Listed, listed, rows_of

ZONE = SiteZone("Europe/London")
DAY = date(2025, 3, 30)  # of 23 hours
NEXT = date(2025, 3, 31)
MIDNIGHT = ZONE.midnight(NEXT)
LAST: Listed = ("a", MIDNIGHT - 30 * MINUTE, MIDNIGHT + 30 * MINUTE, 500_000_001, 0)
THEN: Listed = ("a", MIDNIGHT + 30 * MINUTE, MIDNIGHT + HOUR, 250_000_000, 2)


def test_an_interval_is_in_the_file_of_the_day_in_which_it_begins(tmp_path: Path) -> None:
    store, shares = IntervalStore(tmp_path, ZONE), list[float]()
    assert store.add_values(rows_of([THEN, LAST]), shares.append) == {DAY, NEXT}
    assert shares == [0.5, 1]
    assert store.path_of_day(DAY) == tmp_path / "intervals" / "2025" / "03_30.csv"
    assert store.path_of_day(NEXT).read_text() == (
        "identifier,start,end,kwh,quality\na,2025-03-31T00:30:00+01:00,2025-03-31T01:00:00+01:00,0.25,S\n"
    )
    assert listed(store.read_all()) == [LAST, THEN]
    assert sorted(store.manifest.read_entries()) == ["2025/03_30.csv", "2025/03_31.csv"]


def test_a_correction_rewrites_the_file_of_its_day_alone_and_keeps_what_was_there(tmp_path: Path) -> None:
    store = IntervalStore(tmp_path, ZONE)
    store.add_values(rows_of([LAST, THEN]))
    other = store.path_of_day(DAY).stat()
    corrected: Listed = (*THEN[:3], 300_000_000, 0)
    for _ in range(2):  # doing it again changes nothing
        assert store.add_values(rows_of([corrected])) == {NEXT}
        assert listed(store.read_day(NEXT)) == [THEN, corrected]
    same = store.path_of_day(NEXT).stat()
    store.add_values(rows_of([corrected]))
    assert store.path_of_day(NEXT).stat().st_ino == same.st_ino
    assert store.path_of_day(DAY).stat().st_ino == other.st_ino
    store.add_values(rows_of([(*THEN[:3], WITHDRAWN, 0)]))
    assert store.path_of_day(NEXT).read_text().endswith(",2025-03-31T01:00:00+01:00,,\n")


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    store = IntervalStore(tmp_path, ZONE)
    path = store.path_of_day(DAY)
    assert listed(store.read_day(DAY)) == []
    with pytest.raises(DataError, match=r"03_30\.csv:2: the last line is incomplete"):
        store.parse_day(HEADER + b"a,2025-03-30T12:00", path)
    with pytest.raises(DataError, match=r"03_30\.csv:2: an energy is digits"):
        store.parse_day(HEADER + b"a,2025-03-30T12:00:00,2025-03-30T12:30:00,x,\n", path)
