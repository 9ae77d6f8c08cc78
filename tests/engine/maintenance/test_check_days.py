"""Day files: what was changed, is missing or cannot be read is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from metertui.engine.base.progress import no_progress
from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import DataError
from metertui.engine.maintenance.check_days import prove_days
from metertui.engine.maintenance.proof import Proof
from metertui.engine.storage import DayFolder

ZONE = SiteZone("Europe/Berlin")
DAYS = [date(2025, 3, day) for day in (1, 2, 3)]


def parse(data: bytes, path: Path) -> int:
    if not data.isdigit():
        raise DataError(path, 1, "not a number")
    return int(data)


def in_order(found: int, path: Path, day: date, zone: SiteZone, proof: Proof) -> None:
    if found != day.day:
        proof.fail(f"{path}: {found} is not of {day} in {zone.name}")


def prove(files: DayFolder) -> tuple[list[int], list[str]]:
    proofs = Proof("order"), Proof("whole")
    found = prove_days(files, parse, in_order, proofs, ZONE, no_progress)
    return found, [f"{proof.what}: {problem}" for proof in proofs for problem in proof.problems]


def test_each_file_is_read_and_what_is_not_as_it_was_written_is_named(tmp_path: Path) -> None:
    files = DayFolder(tmp_path)
    with files.changing_days(DAYS):
        for day in DAYS:
            files.replace_day(day, [str(day.day).encode()])
    assert prove(files) == ([1, 2, 3], [])
    first, second, third = (files.path_of_day(day) for day in DAYS)
    first.write_text("7")
    second.write_text("x")
    third.unlink()
    assert prove(files) == (
        [7],
        [
            f"order: {first}: 7 is not of 2025-03-01 in Europe/Berlin",
            f"order: {second}:1: not a number",
            f"whole: {third}: missing; its readings are lost unless a backup has them",
            f"whole: {first}: edited by hand: it differs from what was written; --repair accepts it as it is",
            f"whole: {second}: damaged: it differs from what was written and cannot be read",
        ],
    )
    (tmp_path / "2025" / "02_30.csv").write_text("")
    assert prove(files)[1] == [f"order: {tmp_path / '2025' / '02_30.csv'}: this name is not a day of the calendar"]
