"""A file that is written shows how far it is, can be cancelled, and then is as if it had never been begun."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from metertui.engine.base.progress import no_progress
from metertui.engine.base.windows import window_of_days
from metertui.engine.errors import MeterError
from metertui.engine.usage import lookup
from metertui.engine.usage.query import Question
from metertui.headend.service import HeadEnd
from metertui.screens.shell import exporting, work_under_way
from metertui.screens.shell.work_under_way import Cancelled, Work
from metertui.settings import Settings
from tests.desk import read
from tests.patience import PATIENCE
from tests.screens.idle import held_up, until
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of


class Gate:
    """Stops whoever writes a file at the n-th look at whether it is still wanted, until it is opened."""

    def __init__(self, nth: int) -> None:
        self.left = nth
        self.reached, self.open = threading.Event(), threading.Event()

    def look(self) -> None:
        self.left -= 1
        if not self.left:
            self.reached.set()
            assert self.open.wait(PATIENCE)


@pytest.fixture
def gates(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Gate]]:
    """Where a gate that is put writes have to pass it; files are written by five rows."""
    put: list[Gate] = []
    tell = Work.report_progress

    def looked(work: Work, share: float) -> None:
        for gate in put:
            gate.look()
        tell(work, share)

    monkeypatch.setattr(Work, "report_progress", looked)
    monkeypatch.setattr(work_under_way, "PATIENCE", 0.0)
    monkeypatch.setattr(work_under_way, "_INTERVAL_SECONDS", 0.02)
    monkeypatch.setattr(exporting, "_CHUNK", 5)
    yield put
    for gate in put:
        gate.open.set()


async def write(pilot: Pilot[None], path: Path, gate: Gate) -> None:
    """Ask for a file, name it, and wait until it is written as far as the gate, and the screen has said so."""
    await press(pilot, "ctrl+e")
    pilot.app.screen.query_one("#line-text", Input).value = str(path)
    await press(pilot, "enter")
    await until(pilot, gate.reached.is_set)
    await until(pilot, lambda: said(pilot).endswith("escape cancels"))


def said(pilot: Pilot[None]) -> str:
    return " ".join(text_of(pilot, "#said").split())


@pytest.mark.parametrize("keys", [("f5",), ("f3", *STEADY, "enter")])
async def test_escape_cancels_a_file_that_is_written(
    town: Town, tmp_path: Path, outside: Path, gates: list[Gate], keys: tuple[str, ...]
) -> None:
    folder = outside
    town.log_in("operator")
    async with at_work(town, *keys) as pilot:
        for suffix, nth in ((".csv", 1), (".parquet", 2), (".xlsx", 3)):
            gates[:] = [gate := Gate(nth)]
            with held_up():
                await write(pilot, folder / f"figures{suffix}", gate)
                assert os.listdir(folder), "a half one, under another name"
                assert not (folder / f"figures{suffix}").exists()
                assert re.fullmatch(rf"Writing figures\{suffix} [━─]{{24}} \d+% · escape cancels", said(pilot))
                await press(pilot, "escape")
                assert said(pilot) == f"Writing figures{suffix}: cancelling …"
            gate.open.set()
            await settle(pilot)
            assert said(pilot) == f"Cancelled; figures{suffix} was not written."
            assert os.listdir(folder) == []
        gates.clear()
        await press(pilot, "enter")  # its name is there still
        await settle(pilot)
        assert "written to" in said(pilot)
        assert len(pd.read_excel(folder / "figures.xlsx")) == (12 if keys == ("f5",) else 549)
    assert (tmp_path / "audit.log").read_text().count("figures") == 1


async def test_what_is_cancelled_is_not_recorded_as_exported(tmp_path: Path, outside: Path, gates: list[Gate]) -> None:
    """Under the rule for small groups, what was exported is kept; and asked again is cancelled as well."""
    town = Town(tmp_path, filled=True, settings=Settings(small_group_meters=2))
    town.log_in("government")
    async with at_work(town, "f5") as pilot:
        for nth in (1, 4, 8):  # while it is asked again, and while it is written
            gates[:] = [gate := Gate(nth)]
            with held_up():
                await write(pilot, outside / "figures.csv", gate)
                await press(pilot, "escape")
            gate.open.set()
            await settle(pilot)
            assert said(pilot) == "Cancelled; figures.csv was not written."
            assert os.listdir(outside) == []
        assert not (tmp_path / "exports.csv").exists()
        gates.clear()
        await press(pilot, "enter")
        await settle(pilot)
        assert "12 rows written to" in said(pilot)
    assert (tmp_path / "exports.csv").read_text().count("figures.csv") == 1


def test_what_is_ended_goes_no_further() -> None:
    work = Work("Writing x.csv")
    work.report_progress(0.5)
    assert work.status_line() == f"Writing x.csv {'━' * 12}{'─' * 12}  50% · escape cancels"
    work.cancel()
    with pytest.raises(Cancelled):
        work.report_progress(0.6)
    assert (work.share, work.status_line()) == (0.5, "Writing x.csv: cancelling …")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
async def test_the_times_of_a_file_have_one_form_though_a_fraction_comes_late(
    desk: HeadEnd, outside: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(exporting, "_CHUNK", 1)
    for kwh, time in (("5", "2025-03-12T09:00"), ("6", "2025-03-12T09:30"), ("7", "2025-03-12T10:00:00.5")):
        await read(desk, kwh, time)
    day = (date(2025, 3, 12), date(2025, 3, 12))
    behind = lookup.readings_in_window(desk.engine.series("m"), window_of_days(*day, desk.engine.zone))
    found = await desk.readings.find(Question(*day))
    await exporting.export_readings(desk, behind, outside / f"one{suffix}", no_progress)
    await exporting.export_list(desk, found, {}, outside / f"list{suffix}", no_progress)
    for name in ("one", "list"):
        path = outside / f"{name}{suffix}"
        if suffix == ".csv":
            stamps = [stamp[10:26] for stamp in pd.read_csv(path)["timestamp"]]
            assert stamps == ["T09:00:00.000000", "T09:30:00.000000", "T10:00:00.500000"]
        else:
            assert pd.read_excel(path)["timestamp"].dt.microsecond.tolist() == [0, 0, 500_000]


async def test_a_text_is_written_to_a_new_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "bill.txt"
    await exporting.export_text(path, "672 kWh – €\n")
    assert path.read_text(encoding="utf-8") == "672 kWh – €\n"
    with pytest.raises(MeterError, match="exists already"):
        await exporting.export_text(path, "other")
    assert path.read_text(encoding="utf-8") == "672 kWh – €\n"
