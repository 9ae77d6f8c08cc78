"""The registers of a meter on the screens about it."""

from __future__ import annotations

from metertui.screens.shell.meter_registers import MeterRegisters
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of

METER = "200-001"


async def test_registers_stand_beside_the_use_in_lookup_and_in_the_form_of_the_account(town: Town) -> None:
    town.log_in("operator")
    for at, (t1, export) in {"2025-03-11T08:00": ("100", "5"), "2025-03-12T08:00": ("103", "6.5")}.items():
        town.read((f"{METER}:t1", t1, at), (f"{METER}:export", export, at))
    async with at_work(town, "f3", size=(80, 24)) as pilot:
        await press(pilot, *METER, "enter")
        await settle(pilot)
        lines = text_of(pilot, "#lookup-registers").splitlines()
        assert [line.split()[0] for line in lines] == ["register", "use", "t1", "export"]
        assert lines[2].split() == ["t1", "3.000", "12", "Mar", "2025", "08:00", "103.000", "✓", "counted"]
        assert not pilot.app.screen.query_one("#lookup-ends").display, "there is room for one of them"
        await press(pilot, "slash", *f"{METER}:t1", "enter")
        await settle(pilot)
        assert not pilot.app.screen.query_one(MeterRegisters).display, "of a register alone"
        assert pilot.app.screen.query_one("#lookup-ends").display
        await press(pilot, "f6", "ctrl+right", *STEADY, "tab")
        await settle(pilot)
        assert not pilot.app.screen.query_one(MeterRegisters).display
        pilot.app.screen.open_account(METER)  # type: ignore[attr-defined]
        await settle(pilot)
        said = text_of(pilot, "#form-registers")
        assert said.splitlines()[1] == "export 6.500 ✓ 12 Mar 08:00"
        assert "t1 103.000 ✓ 12 Mar 08:00" in said
        await pilot.resize_terminal(120, 40)
        await settle(pilot)
        assert text_of(pilot, "#form-registers").split()[:4] == ["register", "kWh", "this", "month"]
        assert pilot.app.screen.query_one(MeterRegisters).size.height == 4
