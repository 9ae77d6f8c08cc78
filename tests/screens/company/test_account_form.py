"""The form tab: an account is registered, changed, deactivated and reactivated."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import TabbedContent

from tests.screens.company.helpers import WHO, field, leave, push, reason_below, result
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of


def shown_buttons(pilot: Pilot[None]) -> list[str | None]:
    """The buttons of the form that are offered."""
    return [button.id for button in pilot.app.screen.query("FormTab Button") if not button.has_class("hidden")]


async def test_the_form_shows_an_account_and_changes_it(office: Town) -> None:
    async with at_work(office, "f6", *"harbour", "enter", "down", "enter") as pilot:
        assert pilot.app.screen.query_one(TabbedContent).active == "form"
        assert field(pilot, "form-meter").value == "200-005"
        assert field(pilot, "form-sub_region").value == "Harbour"
        assert text_of(pilot, "#form-check") == "200-005 is registered and active"
        assert shown_buttons(pilot) == ["modify", "deactivate"]
        field(pilot, "form-region").value = "North"
        for since, said in (
            ("2025-13-01", "! 2025-13-01 is not a date of the calendar"),
            ("2031-01-01", "! 2031-01-01T00:00:00+08:00 is in the future"),
            ("2025-03-12", ""),
            ("", ""),
        ):
            assert (await leave(pilot, "form-since", since)).startswith(said)
            assert field(pilot, "form-since").value == since
            assert text_of(pilot, "#form-check") == ("" if said else "200-005 is registered and active")
        office.clock.advance(60)
        field(pilot, "form-since").value = "2025-03-12 10:40:30"
        await push(pilot, "modify")
        assert result(pilot) == "200-005 is changed from 12 Mar 2025 10:40:30 on"
        past = text_of(pilot, "#form-past")
        assert "from the start  South, Harbour, landed" in past
        assert "12 Mar 2025 10:40:30  North, Harbour, landed" in past
        field(pilot, "form-since").value = "2025-03-12 10:40:20"  # the date was mistyped
        await pilot.pause()
        assert text_of(pilot, "#form-check").endswith(
            "The button Change corrects its last change, of 12 Mar 2025 10:40:30"
        )
        await push(pilot, "modify")
        assert "12 Mar 2025 10:40:20  North, Harbour, landed" in text_of(pilot, "#form-past")
        assert "10:40:30" not in text_of(pilot, "#form-past")
    account = office.engine.accounts.get("200-005")
    assert account is not None
    assert (account.region, account.address) == ("North", "5 Harbour Road")
    audit = (office.folder / "audit.log").read_text()
    assert f"\t{WHO}\tmodify\t200-005\t" in audit
    assert "10:40:20+08:00, instead of North, Harbour, landed from 2025-03-12T10:40:30+08:00\n" in audit


async def test_a_meter_is_registered_by_keys_alone(office: Town) -> None:
    keys = ["f6", "ctrl+right", *"300-001", "enter", *"7 New Street", "enter", *"South", "enter", "enter", *"99"]
    async with at_work(office, *keys, "enter", *"2-room", *["enter"] * 8) as pilot:
        assert result(pilot) == "300-001 is registered"
        assert text_of(pilot, "#form-check") == "300-001 is registered and active"
        account = office.engine.accounts.get("300-001")
        assert account is not None
        assert (account.address, account.region, account.postcode) == ("7 New Street", "South", "99")
        await press(pilot, *"300-002", "enter", *"8 New Street", *["enter"] * 12)  # its neighbour: only what differs
        await settle(pilot)
        assert result(pilot) == "300-002 is registered"
        account = office.engine.accounts.get("300-002")
        assert account is not None
        assert (account.address, account.region, account.postcode) == ("8 New Street", "South", "99")


async def test_a_field_is_checked_when_it_is_left_and_keeps_what_was_typed(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right") as pilot:
        for name, typed, said in (
            ("meter", "-x", "! "),
            ("meter", "unheard-of", ""),
            ("address", "=1+1", "! address begins with =, which a spreadsheet would read as a formula"),
            ("address", "1 + 1 Street", ""),
            ("region", "a\x07b", "! region has control characters"),
            ("region", "=North", "! region begins with ="),
        ):
            shown = await leave(pilot, f"form-{name}", typed)
            assert shown.startswith(said)
            assert bool(shown) == bool(said)
            assert not text_of(pilot, "#form-check")
        await press(pilot, "f2", "f6")  # a change of screen keeps all of it
        assert field(pilot, "form-address").value == "1 + 1 Street"
        assert reason_below(pilot, "form-region").startswith("! region begins with =")
        field(pilot, "form-postcode").focus()
        await press(pilot, "=", "f2", "f6")  # and an F key leaves a field too
        assert reason_below(pilot, "form-postcode").startswith("! postcode begins with =")
        assert await leave(pilot, "form-meter", STEADY) == ""
        assert field(pilot, "form-address").value == "1 + 1 Street"
        assert (
            text_of(pilot, "#form-check") == f"{STEADY} is registered already; ctrl+n, then its id, shows its account"
        )
        assert not shown_buttons(pilot), "Change would give it the address of another"
        await press(pilot, "ctrl+n", *STEADY)
        assert text_of(pilot, "#form-check") == f"{STEADY} is registered already; tab shows its account"
        await press(pilot, "tab")
        assert text_of(pilot, "#form-check") == f"{STEADY} is registered and active"
        assert text_of(pilot, "#form-title") == f"Account {STEADY}"
        assert field(pilot, "form-address").value == "1 Steady Lane"
        assert shown_buttons(pilot) == ["modify", "deactivate"]
        assert "  ^n New account" in text_of(pilot, "#keys")
        await press(pilot, "ctrl+n", *"300-001")
        assert text_of(pilot, "#form-title") == "New account"
        assert field(pilot, "form-meter").value == "300-001"
        assert field(pilot, "form-region").value == ""
        await press(pilot, "ctrl+left", "enter")
        assert "  n New account  i Reading  " in text_of(pilot, "#keys")
        await press(pilot, "n")
        await press(pilot, "4")
        assert field(pilot, "form-meter").value == "4"


async def test_a_meter_is_deactivated_and_back(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", *HOSTILE, "tab") as pilot:
        field(pilot, "form-reason").value = "[b]pulled down"
        await push(pilot, "deactivate")
        assert f"deactivate by {WHO}: [b]pulled down" in text_of(pilot, "#form-past")
        assert result(pilot) == f"{HOSTILE} is deactivated: its readings are refused from now on"
        assert text_of(pilot, "#form-check") == f"{HOSTILE} is registered and deactivated"
        assert shown_buttons(pilot) == ["modify", "reactivate"]
        await pilot.press("ctrl+right")
        assert await leave(pilot, "reading-meter", HOSTILE) == f"! {HOSTILE} is deactivated"
        field(pilot, "reading-kwh").value = "60"
        await push(pilot, "store")
        assert result(pilot).startswith("! deactivated: ")
        await push(pilot, "reactivate")
        assert result(pilot) == f"{HOSTILE} is active again"
        await push(pilot, "store")
        assert result(pilot).startswith(f"{HOSTILE} 60.000 kWh is stored")


async def test_what_someone_else_has_done_meanwhile_is_said(office: Town) -> None:
    async with at_work(office, "f6", "ctrl+right", *"300-001", "tab", *"8 New Street") as pilot:
        assert shown_buttons(pilot) == ["register"]
        office.register("300-001", "7 New Street")
        await push(pilot, "register")
        assert result(pilot).startswith("! already-registered: ")
        assert not shown_buttons(pilot)
        assert field(pilot, "form-meter").has_focus, "no button that a second enter would press"
        assert field(pilot, "form-address").value == "8 New Street"
        await press(pilot, "ctrl+n", *"300-001", "tab")
        assert field(pilot, "form-address").value == "7 New Street"
        assert shown_buttons(pilot) == ["modify", "deactivate"]
        await office.headend.accounts.deactivate("300-001", "ada", "sold")
        await push(pilot, "deactivate")
        assert result(pilot) == "! 300-001 is deactivated already"
        assert shown_buttons(pilot) == ["modify", "reactivate"]
