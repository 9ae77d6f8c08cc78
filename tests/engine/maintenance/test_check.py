"""The proof of a data folder: a sound one passes, and each kind of damage is found and named."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from metertui.engine.core.engine import Engine
from metertui.engine.maintenance import check_days
from metertui.engine.maintenance.check import check_folder
from metertui.engine.storage import durable
from tests.clock import FakeClock
from tests.engine.maintenance.proofs import DAY_FILE, RULES, problems
from tests.engine.maintenance.test_backup import close_day, put


def test_a_sound_folder_is_proven_with_its_counts(folder: Path) -> None:
    told: list[float] = []
    proofs = {proof.what: proof for proof in check_folder(folder, RULES, told.append)}
    assert not any(proof.failures for proof in proofs.values())
    assert proofs["readings in the log"].count == 1
    assert proofs["readings: one value per meter and time"].count == 3 * 24 * 9 + 1
    assert proofs["meters: energy equals what the registers rose by"].count == 3
    assert proofs["every meter's months: what its registers rose by, and the sum of their days"].count == 3 * 2
    assert proofs["every meter's days: what its registers rose by, and the sum of their hours"].count == 29
    assert {what for what, proof in proofs.items() if not proof.count} == {
        "staff accounts",
        "decisions about readings",
        "tariffs",
        *(what for what in proofs if what.startswith("issued bills")),
    }
    assert told == sorted(told)


@pytest.mark.parametrize("name", ["log.txt", "users.csv", "events.csv", "admins.csv", "tariffs.csv", DAY_FILE])
def test_what_stands_in_the_place_of_a_file_is_named_and_the_rest_is_checked(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    assert f"{folder / name}: this is a named pipe, not a file" in "\n".join(problems(folder))


def test_an_empty_folder_is_sound(tmp_path: Path) -> None:
    assert problems(tmp_path) == []


def test_a_closed_case_of_a_meter_that_is_not_registered_is_sound(folder: Path) -> None:
    rows = "2024-11-04T02:00:00+01:00,{meter},{what},at=2024-11-04T01:30:00+01:00{kwh},ada,seen\n"
    header = "time,meter,what,values,who,reason\n"
    lines = rows.format(meter="x", what="accept", kwh="") + rows.format(meter="", what="accept", kwh="")
    (folder / "events.csv").write_text(header + lines)
    assert problems(folder) == []
    (folder / "events.csv").write_text(header + rows.format(meter="x", what="void", kwh=" kwh=1"))
    assert "x has decisions in events.csv, but neither an account nor a reading" in "\n".join(problems(folder))


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
        (edit("log.txt", "m-1,2024-11-04T01", "m-1,2024-10-27T01"), "and no decision says which is void"),
        (edit("log.txt", "120", "12x"), "log.txt:1: "),
        (edit("users.csv", "m-1,,N", "m-1,,S"), "m-1: the last row of accounts_history.csv is not what users.csv says"),
        (edit("users.csv", "m-2", "m-1"), "m-1 is listed twice"),
    ],
)
def test_damage_is_found_and_named(folder: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(folder)
    found = problems(folder)
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize("name", ["log.txt", "log.sealed.txt", "users.csv", "events.csv"])
def test_zeros_of_a_power_cut_are_named_before_any_start(folder: Path, name: str) -> None:
    path = folder / name
    whole = path.read_bytes() if path.exists() else b""
    padding = 512 - len(whole) % 512
    path.write_bytes(whole + bytes(padding) + bytes(512))
    found = problems(folder)
    assert any(problem.startswith(name) and str(padding + 512) in problem for problem in found), found
    (folder / "log.txt").write_bytes(b"m-1,2024-11-04T01:00:00+01:00,120\n" + bytes(512 - 34) + b"\n")
    assert any("log.txt" in problem for problem in problems(folder))


def test_a_day_that_is_written_between_two_looks_is_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine.open(tmp_path, RULES, FakeClock("2025-03-12T10:40:00"))
    minutes = iter(range(60))

    def busily(path: Path) -> bytes | None:
        put(engine, ("m", "1", f"2025-03-11T10:{next(minutes):02d}"))
        close_day(engine)
        return durable.read_present(path)

    busily(engine.archive.path_of_day(date(2025, 3, 11)))
    monkeypatch.setattr(check_days, "durable", SimpleNamespace(read_present=busily))
    assert problems(tmp_path) == []
    engine.close()
