"""Importing history: what is counted how, accounts in time, and that doing it again does nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metertui.engine.attributes import Group
from metertui.engine.base import BadLine
from metertui.engine.base.config import Rules
from metertui.engine.base.limits import FitRule
from metertui.engine.base.zone import DAY, HOUR, MINUTE, SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.core.import_report import ImportReport
from metertui.engine.core.importing import FilePiece, Import
from metertui.engine.errors import MeterError
from metertui.engine.storage.reading_lines import Rows
from metertui.engine.vee import rules
from tests.engine.book_changes import modify

ZONE = SiteZone("Asia/Singapore")
NOW = ZONE.parse("2025-03-12T10:40")
NORTH, SOUTH = Group("North", "Quarry", "4-room"), Group("South", "Harbour", "landed")
EAST = Group("East", "Quay", "2-room")


@dataclass
class FixedClock:
    at: int = NOW

    def now(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self.at / 1e6

    def thread_time(self) -> float:
        return 0.0


def opened(folder: Path) -> Engine:
    return Engine.open(folder, Rules(zone=ZONE), FixedClock())


def piece(rows: Sequence[tuple[str, int, int]], groups: Sequence[Group] = (), name: str = "some.csv") -> FilePiece:
    """(meter, µs UTC, Wh) in lines from 1 on, each with its group if there are any."""
    ids = list(dict.fromkeys(meter for meter, _, _ in rows))
    distinct = list(dict.fromkeys(groups))
    return FilePiece(
        name,
        Rows(
            ids,
            np.array([ids.index(meter) for meter, _, _ in rows], dtype=np.int32),
            np.array([time for _, time, _ in rows], dtype=np.int64),
            np.array([wh for _, _, wh in rows], dtype=np.int64),
        ),
        np.arange(1, len(rows) + 1),
        (),
        distinct,
        np.array([distinct.index(group) for group in groups], dtype=np.int32) if groups else None,
    )


def imported(folder: Path, *pieces: FilePiece) -> ImportReport:
    engine = opened(folder)
    try:
        importing = Import(engine.view().frozen(), engine.events.frozen(), latest=NOW + engine.rules.future_us)
        for each in pieces:
            importing.add_piece(each)
        return importing.finish(engine.accounts, engine.archive, now=NOW)
    finally:
        engine.close()


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return report.read, report.new, report.duplicate, report.suspect, report.refused


def test_history_lands_in_day_files_and_comes_back(tmp_path: Path) -> None:
    day = ZONE.parse("2024-02-28T23:30")
    report = imported(tmp_path, piece([("007", day, 1000), ("7", day, 5), ("007", day + 30 * MINUTE, 1500)]))
    assert counts(report) == (3, 3, 0, 0, 0)
    assert (report.registered, report.days) == (2, 2)
    assert (tmp_path / "archive/2024/02_28.csv").read_text().splitlines() == [
        "identifier,timestamp,usage",
        "007,2024-02-28T23:30:00+08:00,1",
        "7,2024-02-28T23:30:00+08:00,0.005",
    ]
    engine = opened(tmp_path)
    assert engine.series("007").wh.tolist() == [1000, 1500]
    assert engine.accounts.get("7") is not None
    engine.close()


def test_again_is_nothing_new(tmp_path: Path) -> None:
    rows = [("a", NOW - DAY, 1), ("b", NOW - DAY, 2), ("a", NOW - HOUR, 3)]
    groups = [NORTH, SOUTH, SOUTH]
    imported(tmp_path, piece(rows, groups))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.csv")}
    report = imported(tmp_path, piece(rows, groups))
    assert counts(report) == (3, 0, 3, 0, 0)
    assert (report.registered, report.moved, report.days) == (0, 0, 0)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.csv")} == before


def test_a_line_that_stands_twice_is_stored_once(tmp_path: Path) -> None:
    row = ("a", NOW - DAY, 1)
    assert counts(imported(tmp_path, piece([row, row]), piece([row], name="other.csv"))) == (3, 1, 2, 0, 0)


def test_another_value_for_the_same_instant_is_refused_with_its_line(tmp_path: Path) -> None:
    report = imported(tmp_path, piece([("a", NOW - DAY, 1000), ("a", NOW - DAY, 2000)]))
    assert counts(report) == (2, 1, 0, 0, 1)
    why = "a has 1 kWh at 2025-03-11T10:40:00+08:00 already; metertui correct replaces a register"
    assert report.refused_lines == [BadLine("some.csv", 2, "conflict", why, "a,2025-03-11T10:40:00+08:00,2")]
    again = imported(tmp_path, piece([("a", NOW - DAY, 2000)], name="new.csv"))
    assert [(misfit.source, misfit.line) for misfit in again.refused_lines] == [("new.csv", 1)]


def test_the_future_is_refused(tmp_path: Path) -> None:
    report = imported(tmp_path, piece([("a", NOW + 10 * MINUTE, 1), ("a", NOW + 10 * MINUTE + 1, 1)]))
    assert counts(report) == (2, 1, 0, 0, 1)
    assert (report.refused_lines[0].line, report.refused_lines[0].code) == (2, "future-timestamp")


def test_refused_lines_of_the_reader_are_counted(tmp_path: Path) -> None:
    bad = BadLine("some.csv", 9, "syntax", "why", "text")
    good = piece([("a", NOW - DAY, 1)])
    report = imported(tmp_path, FilePiece(good.source, good.rows, good.line, [bad]))
    assert counts(report) == (2, 1, 0, 0, 1)
    assert report.reasons == {"syntax": 1}


@pytest.mark.parametrize("register", ["", "a b", "a:", ":export", "x" * 33])
def test_a_register_without_a_valid_name_is_never_stored(tmp_path: Path, register: str) -> None:
    with pytest.raises(MeterError, match="names no register"):
        imported(tmp_path, piece([(register, NOW - DAY, 1)]))


def test_readings_in_the_log_are_known(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    batch = engine.ingest.begin()
    batch.add_account("a", {})
    batch.add_reading("a", "1.5", ZONE.iso(NOW - DAY))
    engine.ingest.write(batch)
    engine.close()
    assert counts(imported(tmp_path, piece([("a", NOW - DAY, 1500)]))) == (1, 0, 1, 0, 0)


def test_suspects_are_those_of_the_whole_history(tmp_path: Path) -> None:
    imported(tmp_path, piece([("a", NOW - 9 * HOUR, 5000), ("a", NOW - 3 * HOUR, 7000)]))
    late = [("a", NOW - 6 * HOUR, 900), ("a", NOW - 5 * HOUR, 6000)]
    assert counts(imported(tmp_path, piece(late))) == (2, 2, 0, 1, 0)


# -- attributes in time ------------------------------------------------------------------------------------------


def course(folder: Path, meter: str = "a") -> tuple[Group, list[tuple[int, Group]]]:
    engine = opened(folder)
    account = engine.accounts.get(meter)
    assert account is not None
    found = account.group, list(engine.accounts.moves_of(meter))
    engine.close()
    return found


def test_a_meter_that_moved_keeps_its_attributes_in_time(tmp_path: Path) -> None:
    rows = [("a", NOW - 2 * DAY, 3), ("a", NOW - 4 * DAY, 1), ("a", NOW - 3 * DAY, 2)]  # not in order of time
    report = imported(tmp_path, piece(rows, [SOUTH, NORTH, NORTH]))
    assert report.moved == 1
    assert course(tmp_path) == (SOUTH, [(NOW - 4 * DAY, NORTH), (NOW - 2 * DAY, SOUTH)])
    engine = opened(tmp_path)
    frozen = engine.view().frozen()
    assert [frozen.groups[code] for code in frozen.group.tolist()] == [NORTH, NORTH, SOUTH]
    engine.close()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_files_in_any_order_tell_the_same_course(tmp_path: Path, order: tuple[int, int]) -> None:
    files = [piece([("a", NOW - 4 * DAY, 1)], [NORTH]), piece([("a", NOW - 2 * DAY, 3)], [SOUTH])]
    for at in order:
        imported(tmp_path, files[at])
    assert course(tmp_path) == (SOUTH, [(NOW - 4 * DAY, NORTH), (NOW - 2 * DAY, SOUTH)])


def test_what_was_registered_later_than_the_history_is_the_latest(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    batch = engine.ingest.begin()
    batch.add_account("a", {**SOUTH._asdict(), "address": "1 Quay"})
    engine.ingest.write(batch)
    engine.close()
    imported(tmp_path, piece([("a", NOW - DAY, 1)], [NORTH]))
    assert course(tmp_path) == (SOUTH, [(NOW - DAY, NORTH), (NOW, SOUTH)])


def test_a_users_file_without_dates_speaks_of_now(tmp_path: Path) -> None:
    header = "identifier,address,region,sub_region,postcode,apartment_type\n"
    (tmp_path / "users.csv").write_text(f"{header}a,1 Quay,South,Harbour,1,landed\n")
    imported(tmp_path, piece([("a", NOW - DAY, 1)], [NORTH]))
    assert course(tmp_path) == (SOUTH, [(NOW - DAY, NORTH), (NOW, SOUTH)])


def test_an_account_without_attributes_takes_those_of_the_history(tmp_path: Path) -> None:
    imported(tmp_path, piece([("a", NOW - DAY, 1)]))
    imported(tmp_path, piece([("a", NOW - HOUR, 2)], [NORTH]))
    assert course(tmp_path) == (NORTH, [])


HALVES = [NOW - DAY + n * HOUR for n in range(8)]
MOVED = [NORTH] * 4 + [EAST] * 4
"""The attributes that a file states at HALVES."""


@pytest.mark.parametrize("since", [HALVES[2], HALVES[4], HALVES[5], HALVES[7], HALVES[6] + 1])
@pytest.mark.parametrize("more", [0, 3], ids=["the same file", "a longer file"])
def test_what_an_operator_entered_stands_before_what_a_file_says_again(tmp_path: Path, since: int, more: int) -> None:
    rows = [("a", time, n) for n, time in enumerate(HALVES)]
    imported(tmp_path, piece(rows, MOVED))
    assert course(tmp_path) == (EAST, [(HALVES[0], NORTH), (HALVES[4], EAST)])
    engine = opened(tmp_path)
    modify(engine.accounts, "a", SOUTH._asdict(), NOW, since=since)
    engine.close()
    entered = course(tmp_path)
    longer = [*rows, *(("a", HALVES[-1] + n * HOUR, 7 + n) for n in range(1, more + 1))]
    imported(tmp_path, piece(longer, MOVED + more * [EAST]))
    assert course(tmp_path) == entered
    assert len({at for at, _ in entered[1]}) == len(entered[1])


def test_a_move_that_an_operator_took_back_does_not_return_with_the_file(tmp_path: Path) -> None:
    rows = [("a", time, n) for n, time in enumerate(HALVES)]
    imported(tmp_path, piece(rows, MOVED))
    engine = opened(tmp_path)
    modify(engine.accounts, "a", NORTH._asdict(), NOW, since=HALVES[4])
    engine.close()
    imported(tmp_path, piece(rows, MOVED))
    assert course(tmp_path) == (NORTH, [(HALVES[0], NORTH)])


def test_a_move_in_new_rows_goes_behind_what_an_operator_entered(tmp_path: Path) -> None:
    imported(tmp_path, piece([("a", HALVES[0], 1)], [NORTH]))
    engine = opened(tmp_path)
    modify(engine.accounts, "a", SOUTH._asdict(), NOW, since=HALVES[1])
    engine.close()
    imported(tmp_path, piece([("a", time, 1 + n) for n, time in enumerate(HALVES)], MOVED))
    assert course(tmp_path) == (EAST, [(HALVES[0], NORTH), (HALVES[1], SOUTH), (HALVES[4], EAST)])


# -- what readings are judged by ------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [False, True])
def test_new_readings_are_suspect_by_the_types_of_home_that_the_file_brings(tmp_path: Path, known: bool) -> None:
    fit = FitRule(max_w_by_type={NORTH.apartment_type: 5_000, SOUTH.apartment_type: 50_000})
    engine = Engine.open(tmp_path, Rules(zone=ZONE, fit=fit), FixedClock())
    if known:
        batch = engine.ingest.begin()
        batch.add_account("a", {})
        engine.ingest.write(batch)
        engine.ingest.apply(batch)
    # 20 kWh in an hour are too much for a 4-room flat, not for a landed house, which the home of meter a becomes.
    rows = [("b", HALVES[0], 0), ("b", HALVES[1], 20_000)]
    rows += [("a", time, wh) for time, wh in zip(HALVES, [0, 100, 20_000, 300, 20_300, 20_400], strict=False)]
    importing = Import(engine.view().frozen(), engine.events.frozen(), latest=NOW)
    importing.add_piece(piece(rows, [SOUTH, SOUTH, NORTH, NORTH, NORTH, NORTH, SOUTH, SOUTH]))
    report = importing.finish(engine.accounts, engine.archive, now=NOW)
    engine.close()
    engine = Engine.open(tmp_path, Rules(zone=ZONE, fit=fit), FixedClock())
    frozen = engine.view().frozen()
    doubtful = frozen.columns.wh[rules.is_doubtful(frozen.status)].tolist()
    engine.close()
    assert doubtful == [20_000]
    assert [(line.line, line.text.rpartition(",")[2]) for line in report.suspect_lines] == [(5, "20")]


# -- against a plain model ---------------------------------------------------------------------------------------

FILES = st.lists(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 6), st.integers(0, 4)), max_size=12), max_size=3
)


@settings(max_examples=40, deadline=None)
@given(FILES)
def test_counts_are_those_of_a_plain_model(files: list[list[tuple[str, int, int]]]) -> None:
    stored: dict[tuple[str, int], int] = {}
    with tempfile.TemporaryDirectory() as name:
        for file in files:
            rows = [(meter, NOW - DAY + slot * HOUR, wh * 1_000_000) for meter, slot, wh in file]
            fresh: set[tuple[str, int]] = set()
            duplicate = refused = 0
            for meter, time, wh in rows:
                if (meter, time) not in stored:
                    stored[meter, time] = wh
                    fresh.add((meter, time))
                elif stored[meter, time] == wh:
                    duplicate += 1
                else:
                    refused += 1
            suspect = 0
            for meter in "abc":
                times = sorted(time for other, time in stored if other == meter)
                judge = rules.Judge(1000)
                for time in times:
                    judge.push(time, stored[meter, time], 100_000)
                marks = zip(times, judge.status, strict=True)
                suspect += sum((meter, time) in fresh and status >= rules.SUSPECT for time, status in marks)
            report = imported(Path(name), piece(rows))
            assert counts(report) == (len(rows), len(fresh), duplicate, suspect, refused)
        engine = opened(Path(name))
        columns = engine.view().frozen().columns
        found = {
            (engine.directory.ids[code], time): wh
            for code, time, wh in zip(columns.meter.tolist(), columns.time.tolist(), columns.wh.tolist(), strict=True)
        }
        assert found == stored
        engine.close()
