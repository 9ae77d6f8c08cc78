"""The proof of a data folder: a sound one passes, and each kind of damage is found and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from metertui.engine.accounts.account import Account
from metertui.engine.accounts.book import AccountBook
from metertui.engine.base.config import Rules
from metertui.engine.base.zone import HOUR, SiteZone
from metertui.engine.billing.billing_run import BillingRun
from metertui.engine.columns.columns import Group
from metertui.engine.core.engine import Engine
from metertui.engine.maintenance import check as checking
from metertui.engine.maintenance import reconcile
from metertui.engine.maintenance.check import check_folder
from metertui.engine.maintenance.proof import Proof
from metertui.engine.storage.day_files import Archive, split_by_day
from metertui.engine.storage.reading_lines import Rows
from metertui.engine.usage.intervals import Intervals, Pieces
from metertui.engine.vee.curve import energy_of_readings
from metertui.engine.vee.edit_log import Edit
from tests.clock import FakeClock
from tests.engine.maintenance.test_backup import close_day, put

ZONE = SiteZone("Europe/Berlin")
RULES = Rules(zone=ZONE)
START = ZONE.parse("2024-10-25T00:00")
DAY_FILE = "archive/2024/10_26.csv"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three meters over a change of the clock: a steady one that moved, one with a bad read, one that was exchanged."""
    hours = 24 * 9
    registers = np.array([np.arange(hours) * 500 + 7, np.arange(hours) * 333, np.arange(hours) * 1001 + 50_000])
    registers[1, 40] = 0
    registers[2, 100:] -= registers[2, 100]
    rows = Rows(
        ["m-1", "m-2", "m-3"],
        np.repeat(np.arange(3, dtype=np.int32), hours),
        np.tile(START + np.arange(hours, dtype=np.int64) * HOUR, 3),
        registers.ravel(),
    )
    archive = Archive(tmp_path, ZONE)
    for day, of_day in split_by_day(rows, ZONE):
        archive.merge_day(day, of_day)
    accounts = [Account(meter, region=region, registered=START) for meter, region in zip(rows.ids, "NSS", strict=True)]
    moves = {"m-1": [(START, Group("W")), (START + 50 * HOUR, Group("N"))]}
    AccountBook(tmp_path, ZONE).put_accounts(accounts, moves)
    (tmp_path / "log.txt").write_text("m-1,2024-11-04T01:00:00+01:00,120\n")
    return tmp_path


def problems(folder: Path) -> list[str]:
    return [problem for proof in check_folder(folder, RULES, lambda _: None) for problem in proof.problems]


def test_a_sound_folder_is_proven_with_its_counts(folder: Path) -> None:
    told: list[float] = []
    proofs = {proof.what: proof for proof in check_folder(folder, RULES, told.append)}
    assert not any(proof.failures for proof in proofs.values())
    assert proofs["readings in the log"].count == 1
    assert proofs["readings: one value at an instant"].count == 3 * 24 * 9 + 1
    assert proofs["meters: energy against registers"].count == 3
    assert proofs["every meter's months: C(t) at both ends, and the sum of their days"].count == 3 * 2
    assert proofs["every meter's days: C(t) at both ends, and the sum of their hours"].count == 32
    assert {what for what, proof in proofs.items() if not proof.count} == {
        "staff accounts",
        "edits",
        "tariffs",
        *(what for what in proofs if what.startswith("issued bills")),
    }
    assert told == sorted(told)


def test_an_empty_folder_is_sound(tmp_path: Path) -> None:
    assert problems(tmp_path) == []


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return damage


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (edit(DAY_FILE, "m-2,2024-10-26T05:00:00+02:00,9.657", "m-2,2024-10-26T05:00:00+02:00,"), "10_26.csv:18: "),
        (edit(DAY_FILE, "m-2,2024-10-26T05", "m-2,2024-10-25T05"), "10_26.csv:18: not of this day in Europe/Berlin"),
        (edit(DAY_FILE, "m-2,2024-10-26T05", "m-2,2024-10-26T06"), "is not in order of time and identifier"),
        (edit(DAY_FILE, "m-2,2024-10-26T05", "m-4,2024-10-26T05"), "m-4 has readings and no account"),
        (edit(DAY_FILE, "identifier", "meter"), "10_26.csv:1: the header is not"),
        (edit("log.txt", "m-1,2024-11-04T01", "m-1,2024-10-27T01"), "in one file and"),
        (edit("log.txt", "120", "12x"), "log.txt:1: "),
        (edit("users.csv", "m-1,,N", "m-1,,S"), "m-1: the last row of accounts_history.csv is not what users.csv says"),
        (edit("users.csv", "m-2", "m-1"), "m-1 stands here a second time"),
    ],
)
def test_damage_is_found_and_named(folder: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(folder)
    found = problems(folder)
    assert any(said in problem for problem in found), found


def test_a_wrong_sum_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The registers are subtracted anew: an energy that is off by 1 Wh does not pass."""

    def off_by_one(*columns: np.ndarray) -> np.ndarray:
        return energy_of_readings(*columns) + np.arange(len(columns[0])) // 100

    monkeypatch.setattr("metertui.engine.vee.curve.energy_of_readings", off_by_one)
    found = {proof.what for proof in check_folder(folder, RULES, lambda _: None) if proof.failures}
    assert found >= {"meters: energy against registers", "meters: the table against registers"}


def test_a_table_that_loses_an_hour_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = reconcile.cut_intervals

    def lossy(taken: Intervals, marks: np.ndarray) -> Iterator[Pieces]:
        for piece in whole(taken, marks):
            piece.used[5 if len(marks) > 100 else 0 :][:1] -= len(marks) > 100
            yield piece

    monkeypatch.setattr(reconcile, "cut_intervals", lossy)
    [failed] = [proof for proof in check_folder(folder, RULES, lambda _: None) if proof.failures]
    assert failed.what.endswith("the sum of their hours")
    assert failed.problems == ["m-1, the day from 2024-10-25T00:00:00+02:00: 11.999 kWh is not 12 kWh"]


def test_many_failures_are_counted_and_some_told() -> None:
    proof = Proof("something")
    for i in range(1000):
        proof.check_equal(0, i, f"meter {i}")
    assert (proof.count, proof.failures, len(proof.problems)) == (1000, 999, 20)
    assert proof.problems[0] == "meter 1: 0.001 kWh is not 0 kWh"


def test_exchanges_and_voids_are_part_of_the_proof(folder: Path) -> None:
    """Sums hold over what was decided, wherever in a meter's history that is."""
    engine = Engine.open(folder, RULES, FakeClock())
    for meter in sorted({account.meter for account in engine.accounts} & engine.directory.codes.keys()):
        series = engine.series(meter)
        if len(series.curve) < 3:
            continue
        times, whs = series.curve.time.tolist(), series.curve.wh.tolist()
        events = [
            Edit(0, meter, "exchange", times[0] - 1, "ann", "x", 5, whs[0]),
            Edit(0, meter, "exchange", times[1] + 1, "ann", "x", whs[1] + 700, whs[2]),
            Edit(0, meter, "exchange", times[-1] + 1, "ann", "x", whs[-1] + 50, 0),
        ]
        engine.events.append_edits(events)
        engine.apply_events(events)
        assert int(engine.series(meter).curve.energy[-1]) == series.curve.energy[-1] + 750 - (whs[2] - whs[1])
    engine.close()
    assert [problem for proof in check_folder(folder, RULES, lambda _: None) for problem in proof.problems] == []
    with (folder / "events.csv").open("a") as file:
        file.write("2025-03-12T10:40:00+08:00,m-1,void,at=2025-03-01T00:00:01+08:00,ann,x\n")
    told = [problem for proof in check_folder(folder, RULES, lambda _: None) for problem in proof.problems]
    assert told == ["the void of m-1 at 2025-02-28T17:00:01+01:00 is of a reading that is not stored"]


HEADER = "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent\n"


def issue(folder: Path, month: str) -> int:
    engine = Engine.open(folder, RULES, FakeClock("2025-01-01T00:00:00", ZONE))
    try:
        frozen = engine.view().frozen(RULES.max_w)
        return BillingRun(frozen, month, engine.terms(), engine.bills, lambda _: None).issue(engine.clock.now())
    finally:
        engine.close()


def notes(folder: Path) -> list[str]:
    return [note for proof in check_folder(folder, RULES, lambda _: None) for note in proof.notes]


@pytest.mark.parametrize(
    ("log", "decisions"),
    [
        # an exchange after the last reading, before the first one, and with none that counts
        ("m,2025-03-01T00:00:00Z,10\nm,2025-03-02T00:00:00Z,20\n", "exchange,at=2025-03-05T00:00Z final=44 initial=0"),
        ("m,2025-03-01T00:00:00Z,10\nm,2025-03-02T00:00:00Z,20\n", "exchange,at=2025-02-05T00:00Z final=44 initial=0"),
        (
            "m,2025-03-01T00:00:00Z,10\n",
            "void,at=2025-03-01T00:00Z\nexchange,at=2025-02-05T00:00Z final=44 initial=0",
        ),
        # nothing that counts, and a suspect on a day of its own
        ("m,2025-03-01T00:00:00Z,10\n", "void,at=2025-03-01T00:00Z"),
        ("m,2025-03-01T00:00:00Z,10\nm,2025-03-02T00:00:00Z,20\nm,2025-03-10T00:00:00Z,5\n", ""),
    ],
)
def test_what_lies_beyond_what_is_counted_is_no_problem(tmp_path: Path, log: str, decisions: str) -> None:
    (tmp_path / "users.csv").write_text("identifier,address,region,sub_region,postcode,apartment_type\nm,,N,,,\n")
    (tmp_path / "log.txt").write_text(log)
    rows = "".join(
        f"2025-03-12T10:40:00Z,m,{what},{values},ada,because\n"
        for what, values in (each.split(",") for each in decisions.split("\n") if each)
    )
    (tmp_path / "events.csv").write_text("time,meter,what,values,who,reason\n" + rows)
    assert problems(tmp_path) == []


def test_a_day_that_is_written_between_two_looks_is_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine.open(tmp_path, RULES, FakeClock("2025-03-12T10:40:00"))
    minutes = iter(range(60))
    read = checking._data

    def busily(path: Path) -> bytes:
        put(engine, ("m", "1", f"2025-03-11T10:{next(minutes):02d}"))
        close_day(engine)
        return read(path)

    busily(engine.archive.path_of_day(date(2025, 3, 11)))
    monkeypatch.setattr(checking, "_data", busily)
    assert problems(tmp_path) == []
    engine.close()


def test_issued_bills_are_proven_and_a_difference_is_a_note(folder: Path) -> None:
    (folder / "tariffs.csv").write_text(HEADER + "2024-01-01,,,,,28.12,9\n2024-01-01,4-rom,,,,1,9\n")
    assert issue(folder, "2024-10") == 3
    assert problems(folder) == []
    assert notes(folder) == ["tariffs.csv: no account has the apartment type 4-rom"]
    proofs = {proof.what: proof.count for proof in check_folder(folder, RULES, lambda _: None)}
    assert [count for what, count in proofs.items() if what.startswith(("tariffs", "issued"))] == [2, 1, 3, 3]
    (folder / "tariffs.csv").write_text(HEADER + "2024-01-01,,,,,56.24,9\n")
    assert problems(folder) == []
    [told] = notes(folder)
    assert told.startswith("2024-10: 3 issued bills would differ now, by 0 kWh and ")
    (folder / "tariffs.csv").write_text(HEADER + "2024-10-02,,,,,56.24,9\n")
    assert notes(folder)[0].startswith("2024-10: no tariff is in force on 2024-10-01 for meter m-1")
    (folder / "tariffs.csv").unlink()
    assert notes(folder) == ["2024-10: there are no tariffs to compare its issued bills with"]


def test_tariffs_that_are_none_and_bills_that_were_touched_are_problems(folder: Path) -> None:
    tariffs, bills = folder / "tariffs.csv", folder / "bills" / "2024_10.csv"
    tariffs.write_text(HEADER + "2024-01-01,,,,,28.12,9\n")
    issue(folder, "2024-10")
    sound = bills.read_bytes()
    tariffs.write_text(HEADER + "2024-01-01,,,,,,9\n")
    assert problems(folder) == [f"{tariffs}:2: cents_per_kwh is empty; a price is never taken as zero"]
    tariffs.write_text(HEADER + "2024-01-01,,,,,28.12,9\n")
    bills.write_bytes(sound.replace(b"m-3,bill", b"m-4,bill"))
    assert problems(folder) == [
        f"{bills}: it is not what was issued: something else has changed it. "
        "Put it back from a backup; or, if it is to count as it is, take its line out of bills/manifest.csv"
    ]
    bills.unlink()
    assert problems(folder) == [f"{bills}: missing; what was billed is lost unless a backup has it"]
    (folder / "bills" / "manifest.csv").unlink()
    bills.write_bytes(sound.replace(b'""28.12""', b'""28.13""', 1))
    assert problems(folder) == [f"{bills}:2: the lines of m-1 cannot be read"]
