"""Working the list of exceptions off, by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from metertui.engine.vee.edit_log import Edit
from metertui.engine.worklist.exception_list import Exceptions
from metertui.screens.exceptions.decision_choices import CHOICES
from metertui.screens.exceptions.exceptions import ExceptionsScreen
from metertui.screens.tables.listing import Listing
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of

ADA, BOB, SECRET = "ada@metertui.example", "bob@metertui.example", "correct horse"
SILENT = 6
"""All of the town but the two that were read today."""


def listed(pilot: Pilot[None]) -> list[tuple[str, str]]:
    """Meter and cause of the rows in the table, those that are chosen marked."""
    rows = pilot.app.screen.query_one("#cases", Listing)._rows
    return [(f"{cells[0].strip()}{cells[1]}", cells[3]) for _, cells in rows]


def cells(pilot: Pilot[None]) -> list[str]:
    """The rows in the table as they read."""
    return [" ".join(cells) for _, cells in pilot.app.screen.query_one("#cases", Listing)._rows]


def decided(town: Town) -> list[tuple[str, str, str, str]]:
    return [(event.kind, event.meter, event.who, event.reason) for event in town.engine.events]


async def go(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, or type what has capitals or blanks, and wait for what each brings about."""
    for key in keys:
        if len(key) > 1 and not key.islower():
            await press(pilot, *key)
        else:
            await press(pilot, key)
            await settle(pilot)


async def pass_by(pilot: Pilot[None], email: str) -> None:
    """Fill in the form that asks for a login; the email that stands there is overwritten."""
    pilot.app.screen.query_one("#login-email", Input).value = ""
    await press(pilot, *email, "enter", *SECRET, "enter")
    await settle(pilot)


@pytest.fixture
def troubled(town: Town) -> Town:
    """One bad read of the steady meter, a register that fell for good, a line that was refused; an operator."""
    town.read((STEADY, "7", "2025-03-12T10:35:00"), (HOSTILE, "8", "2025-03-12T01:00"))
    batch = town.engine.ingest.begin()
    batch.add_refused_line("127.0.0.1:50123", "syntax", "READ takes two or three words", "READ [red]1[/] \x1b[31m")
    town.engine.ingest.write_notes(batch, stored=True)
    town.engine.ingest.apply(batch)
    town.log_in("operator")
    return town


async def test_what_to_look_at_is_listed_newest_first_and_in_full(troubled: Town) -> None:
    async with at_work(troubled, "f7", size=(80, 24)) as pilot:
        assert [cause for _, cause in listed(pilot)] == ["refused", "suspect", "reset", *["silent"] * SILENT]
        assert text_of(pilot, "#facets").startswith("c  suspect 1  reset 1  silent 6  refused 1")
        assert text_of(pilot, "#case").splitlines()[-1] == "sent: READ [red]1[/] \\x1b[31m"
        await go(pilot, "down")
        assert " ".join(text_of(pilot, "#case").split()) == (
            f"{STEADY} · 2025-03-12 10:35:00 · 7.000 kWh · North · 1 Steady Lane suspect, does not fit; the next "
            "reading decides: 7.000 kWh is lower than the 2 690.500 kWh counted at 2025-03-12 10:30:00"
        )


async def test_looking_is_open_and_deciding_asks_for_a_login_and_goes_on(troubled: Town) -> None:
    add = troubled.engine.staff.add_member
    add(ADA, "operator", SECRET)
    add(BOB, "government", SECRET)
    troubled.app.sessions.end()
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "c", "v")
        assert text_of(pilot, "#login-text").startswith("Deciding about cases is for staff with the role operator.")
        await go(pilot, "escape")
        assert isinstance(pilot.app.screen, ExceptionsScreen)
        assert troubled.app.sessions.role == ""
        await go(pilot, "v")
        await pass_by(pilot, BOB)
        assert text_of(pilot, "#login-message") == "! Your role is government; deciding about cases is for operator."
        assert troubled.app.sessions.role == ""
        await go(pilot, "shift+tab")
        await pass_by(pilot, ADA)
        assert text_of(pilot, "#decision-title") == f"Void · {STEADY}"
        await go(pilot, "Storm", "enter")
        assert text_of(pilot, "#said") == "1 case is void; press u to undo."
        assert decided(troubled) == [("void", STEADY, ADA, "Storm")]
        await go(pilot, "f9")
        assert text_of(pilot, "#said") == "Logged out."
        troubled.log_in("government")
        await go(pilot, "u")
        assert "government@metertui.example is logged in with the role government" in _flat(pilot, "#login-text")
        await pass_by(pilot, ADA)
        assert text_of(pilot, "#decision-title").startswith("Undo: void")  # one's own last, whoever asked


async def test_a_login_that_ends_over_a_decision_is_asked_for_again(troubled: Town) -> None:
    troubled.engine.staff.add_member(ADA, "operator", SECRET)
    troubled.log_in("operator")
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "c", "v", "Storm")
        troubled.clock.advance(troubled.app.settings.session_idle_minutes * 60 + 1)
        await go(pilot, "enter")
        assert not decided(troubled)
        await pass_by(pilot, ADA)
    assert decided(troubled) == [("void", STEADY, ADA, "Storm")]


def _flat(pilot: Pilot[None], selector: str) -> str:
    return " ".join(text_of(pilot, selector).split())


async def test_several_are_decided_together_seen_before_and_taken_back(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "c")
        assert [cause for _, cause in listed(pilot)] == ["suspect"]
        await go(pilot, "space", "c", "space")
        assert "2 selected" in text_of(pilot, "#conditions")
        await go(pilot, "v")
        shown = text_of(pilot, "#decision-effects").splitlines()
        assert [line.split()[0] for line in shown[1:3]] == [HOSTILE, STEADY]  # the largest change first
        assert shown[2].split()[-1] == "±0.000"
        assert text_of(pilot, "#decision-sum").startswith("In total")
        await go(pilot, "enter")
        assert text_of(pilot, "#decision-error") == "! a decision needs its reason"
        await go(pilot, "Storm damage", "enter")
        assert isinstance(pilot.app.screen, ExceptionsScreen)
        assert text_of(pilot, "#said") == "2 cases are void; press u to undo."
        who = "operator@metertui.example"
        assert decided(troubled) == [("void", meter, who, "Storm damage") for meter in (STEADY, HOSTILE)]
        await go(pilot, "escape", "o")
        assert listed(pilot) == [(f"✓{STEADY}", "void"), (f"✓{HOSTILE}", "void")]
        assert f"void by {who}, 2025-03-12 10:40:00: Storm damage" in text_of(pilot, "#case")
        await go(pilot, "o", "o", "u", "Too early", "enter")  # nothing is chosen and open cases have no decision
        assert text_of(pilot, "#said") == "2 decisions undone: void."
        assert [cause for _, cause in listed(pilot)] == ["refused", "suspect", "reset", *["silent"] * SILENT]
    audit = (troubled.headend.engine.audit._path).read_text()
    assert audit.count("\tvoid\t") == audit.count("\tunvoid\t") == 2
    assert len((Path(troubled.folder) / "events.csv").read_text().splitlines()) == 5


async def test_an_exchange_is_proposed_and_corrected(troubled: Town) -> None:
    before = troubled.engine.series(HOSTILE).curve.energy[-1]
    async with at_work(troubled, "f7", size=(80, 24)) as pilot:
        await go(pilot, "c", "c", "x")
        fields = [pilot.app.screen.query_one(f"#exchange-{name}", Input).value for name in ("final", "initial", "at")]
        assert fields == ["51", "7", "2025-03-11T12:00:00+08:00"]
        pilot.app.screen.query_one("#exchange-initial", Input).value = "x"
        await settle(pilot)
        assert text_of(pilot, "#decision-error").startswith("! a reading is digits")
        await go(pilot, "tab", "tab", "tab", "Worn out", "enter")
        assert not decided(troubled)
        pilot.app.screen.query_one("#exchange-initial", Input).value = "6.5"
        await settle(pilot)
        assert "+0.500" in text_of(pilot, "#decision-effects")
        await go(pilot, "enter")
        assert text_of(pilot, "#said") == "1 case is exchanged; press u to undo."
        assert troubled.engine.series(HOSTILE).curve.energy[-1] == before + 500
        assert "No case matches the filter" in text_of(pilot, "#no-cases")
        await go(pilot, "escape")
        assert len(listed(pilot)) == SILENT + 2


async def test_the_menu_offers_what_fits_and_escape_leaves_all_as_it_is(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "C", "C", "enter")
        menu = text_of(pilot, "OptionList")
        assert "Accept" in menu
        await go(pilot, "x")  # which does not apply to a silent meter
        assert text_of(pilot, "#said") == "! Exchange does not apply to a silent meter; this case is of that kind."
        await go(pilot, "enter", "enter")
        assert text_of(pilot, "#decision-sum") == "No figure changes."
        await go(pilot, "escape")
        assert not decided(troubled)
        await go(pilot, "n", "The cellar is flooded", "enter", "k", "By letter", "enter", "a", "Known", "enter")
        assert [what for what, *_ in decided(troubled)] == ["note", "reask", "accept"]
        assert len(listed(pilot)) == SILENT - 1
        await go(pilot, "o")
        case = text_of(pilot, "#case")
        for said in ("note by", "The cellar is flooded", "asked again by", "accepted by"):
            assert said in case
        await go(pilot, "u", "Dry again", "enter")
        assert decided(troubled)[-1][0] == "unaccept"


async def test_each_decision_has_its_key_on_the_list_and_in_the_menu(troubled: Town) -> None:
    async with at_work(troubled, "f7", "down") as pilot:
        for choice in CHOICES.values():
            for way in ([], ["enter"]):
                await go(pilot, *way, choice.key)
                assert text_of(pilot, "#decision-title").startswith(f"{choice.name} · {STEADY}")
                await go(pilot, "escape")
                assert isinstance(pilot.app.screen, ExceptionsScreen)
        assert not decided(troubled)


async def test_a_reading_is_released_from_the_menu_which_takes_back_and_explains(troubled: Town) -> None:
    before = troubled.engine.series(STEADY).curve.energy[-1]
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "c", "enter", "e")
        assert text_of(pilot, "#explain-title").startswith("Why")
        await go(pilot, "q")
        assert isinstance(pilot.app.screen, ExceptionsScreen)
        await go(pilot, "enter", "q")
        assert isinstance(pilot.app.screen, ExceptionsScreen)
        await go(pilot, "enter", "r", "Rolled over", "enter")
        assert [(what, reason) for what, _, _, reason in decided(troubled)] == [("release", "Rolled over")]
        await go(pilot, "escape", "o", "enter", "u", "Was none", "enter")
        assert [what for what, *_ in decided(troubled)] == ["release", "unrelease"]
        assert troubled.engine.series(STEADY).curve.energy[-1] == before


async def test_the_list_is_read_again_by_a_key(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        troubled.read((STEADY, "6", "2025-03-12T10:36:00"))  # within the seconds in which nothing is asked
        await go(pilot, "ctrl+r")
        assert [cause for _, cause in listed(pilot)][:3] == ["refused", "suspect", "rejected"]


async def test_conditions_by_keys(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "slash", "200-00", "enter")
        assert {meter for meter, _ in listed(pilot)} == {f"200-00{n}" for n in range(1, 7)}
        await go(pilot, "g")
        assert "g region North" in text_of(pilot, "#conditions")
        assert {meter for meter, _ in listed(pilot)} == {"200-001", "200-002", "200-003"}
        await go(pilot, "G", "p")
        assert "p today" in text_of(pilot, "#conditions")
        assert "No case matches the filter" in text_of(pilot, "#no-cases")
        await go(pilot, "escape")
        assert len(listed(pilot)) == SILENT + 3


async def test_a_list_in_view_follows_and_keeps_cursor_and_choice(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "space")
        assert listed(pilot)[0][0].startswith("●")
        assert text_of(pilot, "#case").startswith(STEADY)
        troubled.read((STEADY, "6", "2025-03-12T10:36:00"))
        troubled.app.tick()
        await settle(pilot)
        assert len(listed(pilot)) == SILENT + 3  # not twice in two seconds
        troubled.clock.advance(2)
        troubled.app.tick()
        await settle(pilot)
        assert [cause for _, cause in listed(pilot)][:3] == ["refused", "suspect", "rejected"]
        assert listed(pilot)[0][0].startswith("●")
        assert "rejected" in text_of(pilot, "#case")


async def test_pages(town: Town) -> None:
    town.read((STEADY, "99999", "2025-03-12T10:30:01"))
    town.read(*((STEADY, f"{200 - n}", f"2025-03-12T10:3{n // 60}:{n % 60:02}") for n in range(119, 1, -1)))
    async with at_work(town, "f7") as pilot:
        assert "page 1 of 2 [ ]" in text_of(pilot, "#conditions")
        assert len(listed(pilot)) == 100
        await go(pilot, "right_square_bracket", "right_square_bracket", "ctrl+a")
        total = town.app.screen._found.total  # type: ignore[attr-defined]
        assert f"{total - 100} selected" in text_of(pilot, "#conditions")
        await go(pilot, "left_square_bracket", "ctrl+a")
        assert f"{total} selected" in text_of(pilot, "#conditions")
        await go(pilot, "ctrl+a")
        assert f"{total - 100} selected" in text_of(pilot, "#conditions")
        await go(pilot, "e")
        assert "Why" in text_of(pilot, "#explain-title")


async def test_a_page_of_cases_is_looked_through_before_it_is_decided_on_a_small_terminal(town: Town) -> None:
    town.read(*((STEADY, f"{200 - n}", f"2025-03-12T10:3{n // 60}:{n % 60:02}") for n in range(119, 1, -1)))
    town.log_in("operator")
    async with at_work(town, "f7", size=(80, 24)) as pilot:
        await go(pilot, "c")
        assert listed(pilot)[0] == (STEADY, "suspect")
        await go(pilot, "c", "ctrl+a")
        line = pilot.app.screen.query_one("#conditions").render_line(0).text
        assert "c rejected" in line
        assert "100 selected" in line
        assert "page 1 of 2 [ ]" in line
        assert "kWh is" not in cells(pilot)[0]  # the register stands before it
        assert "lower than" in cells(pilot)[0]
        await go(pilot, "v")
        paper = pilot.app.screen.query_one("#decision-paper")
        assert text_of(pilot, "#decision-sum") == "No figure changes."
        for key, top in (("pagedown", paper.size.height), ("down", paper.size.height + 1), ("pageup", 1), ("up", 0)):
            await go(pilot, key)
            assert paper.scroll_offset.y == top, key
        await go(pilot, "Storm", "enter")
        assert text_of(pilot, "#said") == "100 cases are void; press u to undo."


async def test_a_meter_that_nobody_knows_is_to_be_registered(town: Town) -> None:
    town.log_in("operator")
    batch = town.engine.ingest.begin()
    batch.add_refused_line("127.0.0.1:50123", "not-registered", "999-1 is not registered", "READ 999-1 5")
    town.engine.ingest.write_notes(batch, stored=True)
    town.engine.ingest.apply(batch)
    async with at_work(town, "f7") as pilot:
        await go(pilot, "enter")
        assert " ".join(text_of(pilot, ".check").split()) == (
            "! This case is about an unknown meter and cannot be decided; "
            "register it on the company screen (F6), and its next readings are stored."
        )


async def test_what_cannot_be_decided_changes_nothing(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "a")
        assert text_of(pilot, "#said").startswith("! This case is about an unknown meter")
        await go(pilot, "enter")
        menu = pilot.app.screen.query_one(OptionList)
        assert all(menu.get_option_at_index(at).disabled for at in range(menu.option_count))
        why = " ".join(text_of(pilot, ".check").split())
        assert why == "! This case is about an unknown meter and cannot be decided."
        await go(pilot, "escape", "u")
        assert text_of(pilot, "#said") == "! There is no decision to undo."
        await go(pilot, "down", "v")
        at = troubled.zone.parse("2025-03-12T10:35:00")
        troubled.engine.apply_events([Edit(1, STEADY, "void", at, "ben", "faster")])  # by someone else, meanwhile
        await go(pilot, "Slow", "enter")
        assert text_of(pilot, "#decision-error") == f"! {STEADY} at 2025-03-12T10:35:00+08:00 is void already"
    assert [event.who for event in troubled.engine.events] == ["ben"]


async def test_nothing_to_do_is_said(empty_town: Town) -> None:
    async with at_work(empty_town, "f7") as pilot:
        assert " ".join(text_of(pilot, "#no-cases").split()) == (
            "No open case. Every stored reading fits, and every active meter was heard from within 24 h."
        )
        await go(pilot, "space", "enter", "e", "right_square_bracket")
        assert isinstance(pilot.app.screen, ExceptionsScreen)


async def test_an_empty_list_never_has_the_focus(empty_town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = await empty_town.headend.worklist.exceptions()

    async def at_once(_: object) -> Exceptions:
        """Answer before the screen is laid out for the first time."""
        return nothing

    monkeypatch.setattr(empty_town.headend.worklist, "exceptions", at_once)
    async with at_work(empty_town, "f7") as pilot:
        assert pilot.app.screen.focused is None
        await go(pilot, "slash", "x", "escape")
        assert pilot.app.screen.focused is None
        await go(pilot, "f2", "f7")
        assert pilot.app.screen.focused is None
