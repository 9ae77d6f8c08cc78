"""The proof of bills: tariffs load, and issued bills are unchanged and add up."""

from __future__ import annotations

from pathlib import Path

from metertui.engine.billing.billing_run import BillingRun
from metertui.engine.core.engine import Engine
from metertui.engine.maintenance.check import check_folder
from tests.clock import FakeClock
from tests.engine.maintenance.proofs import RULES, ZONE, notes, problems

HEADER = "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent\n"


def issue(folder: Path, month: str) -> int:
    engine = Engine.open(folder, RULES, FakeClock("2025-01-01T00:00:00", ZONE))
    try:
        frozen = engine.view().frozen()
        return BillingRun(frozen, month, engine.terms(), engine.bills, lambda _: None).issue(engine.clock.now())
    finally:
        engine.close()


def test_issued_bills_are_proven_and_a_difference_is_a_note(folder: Path) -> None:
    (folder / "tariffs.csv").write_text(HEADER + "2024-01-01,,,,,28.12,9\n2024-01-01,4-rom,,,,1,9\n")
    assert issue(folder, "2024-10") == 3
    assert problems(folder) == []
    assert notes(folder) == ["tariffs.csv: no account has the apartment type 4-rom"]
    proofs = {proof.what: proof.count for proof in check_folder(folder, RULES, lambda _: None)}
    assert [count for what, count in proofs.items() if what.startswith(("tariffs", "issued"))] == [2, 1, 3, 3, 1]
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
        f"{bills}: another program has changed this file of issued bills. "
        "Restore it from a backup; or, to accept it as it is, remove its line from bills/manifest.csv"
    ]
    bills.unlink()
    assert problems(folder) == [f"{bills}: missing; what was billed is lost unless a backup has it"]
    (folder / "bills" / "manifest.csv").unlink()
    bills.write_bytes(sound.replace(b'""28.12""', b'""28.13""', 1))
    assert problems(folder) == [f"{bills}:2: the lines of m-1 cannot be read"]
