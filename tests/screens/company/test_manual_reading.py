"""The reading tab: a reading is checked while one types it, and stored."""

from __future__ import annotations

from metertui.engine.base.qualities import ESTIMATED
from tests.screens.company.helpers import field, leave, push, result
from tests.screens.town import STEADY, Town, at_work, press, settle, text_of


async def test_a_reading_is_stored_by_hand(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right", *STEADY, "enter", *"2690.6", "enter") as pilot:
        await press(pilot, *"2025-03-12 10:36", "enter", "enter")
        await settle(pilot)
        assert result(pilot) == f"{STEADY} 2 690.600 kWh is stored"
        assert field(pilot, "reading-kwh").value == ""
        assert field(pilot, "reading-meter").has_focus
        assert office.engine.usage(STEADY, "today").usage_wh == 10_600


async def test_an_estimate_is_proposed_with_its_reason_and_stored_as_such(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right", *STEADY, "enter") as pilot:
        field(pilot, "reading-time").value = "2025-03-12T10:38"
        await push(pilot, "propose")
        await settle(pilot)
        said = " ".join(text_of(pilot, "#reading-check").split())
        assert said.startswith("Proposed: 2 690.500 kWh counted at 12 Mar 2025 10:30 and what was used as a mean, ")
        assert field(pilot, "reading-kwh").value == "2690.633"
        await push(pilot, "store-estimate")
        assert result(pilot) == f"{STEADY} 2 690.633 kWh is stored as estimated"
        assert office.engine.series(STEADY).quality_at(-1) == ESTIMATED


async def test_what_became_of_a_reading_is_shown(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right") as pilot:
        for kwh, time, said in (
            ("2690.5", "2025-03-12T10:30", "is stored already; nothing changes"),
            ("2690.4", "2025-03-12T10:30", "! conflict: "),
            ("1", "2025-03-12T10:40", "is stored, but suspect: "),
            ("2691", "2025-03-12T11:40", "! future-timestamp: "),
            ("-1", "", "! bad-reading: "),
        ):
            for name, value in (("meter", STEADY), ("kwh", kwh), ("time", time)):
                field(pilot, f"reading-{name}").value = value
            await push(pilot, "store")
            assert said in result(pilot)


async def test_a_long_reason_is_shown_to_its_end_in_80_columns(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right", *STEADY, "enter", "1", size=(80, 24)) as pilot:
        await push(pilot, "store")
        said = " ".join(result(pilot).split())
        assert "suspect: 1.000 kWh is lower than the 2 690.500 kWh counted at 12 Mar 2025 10:30" in said


async def test_a_reading_is_checked_as_one_types(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", "ctrl+right") as pilot:
        for meter, kwh, time, said in (
            ("nobody", "", "", ""),
            (STEADY, "-3", "", ""),
            (
                STEADY,
                "3",
                "2025-02-19T00:30",
                "! 2 176.500 kWh is already stored for this time. To replace it, press w on it in Lookup (F3).",
            ),
            (STEADY, "2176.5", "2025-02-19T00:30", "Counted before: 2 176.000 kWh at 19 Feb 2025 00:00."),
            (STEADY, "3", "2025-02-19T00:40", "! It would be suspect: 3.000 kWh is lower than the 2 176.500 kWh"),
            (STEADY, "2177", "", "! It would be suspect: 2 177.000 kWh is lower than the 2 690.500 kWh"),
            (STEADY, "", "", "Counted before: 2 690.500 kWh at 12 Mar 2025 10:30."),
            (STEADY, "3", "2020-02-19T00:30", "There is no counted reading before this one."),
            ("", "3", "", ""),
            (STEADY, "3", "2025-02-19", ""),
        ):
            for name, value in (("meter", meter), ("kwh", kwh), ("time", time)):
                field(pilot, f"reading-{name}").value = value
            await pilot.pause()
            assert text_of(pilot, "#reading-check").startswith(said)
            assert bool(text_of(pilot, "#reading-check")) == bool(said)
        for name, typed, said in (
            ("meter", "nobody", "! nobody is not registered"),
            ("kwh", "-3", "! "),
            ("time", "2025-02-19", "! "),
            ("kwh", "3", ""),
        ):
            shown = await leave(pilot, f"reading-{name}", typed)
            assert shown.startswith(said)
            assert bool(shown) == bool(said)
