"""The windows that decide about cases: the menu, the preview of the effects, and the reason."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from textual.pilot import Pilot
from textual.widgets import Input

from metertui.engine.core.corrections import Effect
from metertui.engine.core.decision_check import Decision
from metertui.engine.usage import Series
from metertui.engine.vee.edits import Edit
from metertui.screens.decisions.decision_choices import CHOICES
from metertui.screens.decisions.decision_window import DecisionScreen, EffectTable
from metertui.screens.exceptions.exceptions import ExceptionsScreen
from tests.engine.book_changes import add_member
from tests.screens.exceptions.helpers import SILENT, go, listed
from tests.screens.town import HOSTILE, STEADY, Town, at_work, press, settle, text_of

ADA, BOB, SECRET = "ada@metertui.example", "bob@metertui.example", "correct horse"


def decided(town: Town) -> list[tuple[str, str, str, str]]:
    return [(event.kind, event.meter, event.who, event.reason) for event in town.engine.events]


async def pass_by(pilot: Pilot[None], email: str) -> None:
    """Fill in the form that asks for a login; the email that stands there is overwritten."""
    pilot.app.screen.query_one("#login-email", Input).value = ""
    await press(pilot, *email, "enter", *SECRET, "enter")
    await settle(pilot)


@pytest.mark.parametrize("width", [74, 90, 160])
def test_no_figure_of_an_effect_is_cut(troubled: Town, width: int) -> None:
    at = troubled.zone.parse("2025-03-12T10:30:01")
    edits = tuple(Edit(0, "538-673-998", "unvoid", at + hours * 3_600_000_000, "ada", "") for hours in (0, 24, 48))
    console = Console(width=width)
    for some in (edits[:1], edits):
        with console.capture() as captured:
            console.print(EffectTable([Effect(some, 8_445_960, 99_784_838_886, 0, 1)], troubled.zone))
        shown = captured.get()
        assert all(each in shown for each in ("538-673-998", " 8 445.960 ", " 99 784 838.886 ", "+99 776 392.926"))
        assert "…" not in shown
        words = " ".join(line[13:].split("  ")[0].strip() for line in shown.splitlines()[1:]).split()
        assert "10:30:01" in words
        assert ("14 Mar 2025 10:30:01, 3 readings" in " ".join(words)) is (len(some) > 1)


def test_a_long_id_is_folded_so_that_time_and_figures_stay_whole(troubled: Town) -> None:
    meter, at = "DE00056266802AO6G56M11SN51G21M24S", troubled.zone.parse("2025-03-14T10:30:00")
    edit = Edit(at, meter, "release", at, "ada", "")
    console = Console(width=72)
    with console.capture() as captured:
        console.print(EffectTable([Effect((edit,), 37_200_000, 86_419_754_500, 0, 1)], troubled.zone))
    lines = captured.get().splitlines()[2:]
    assert "".join(line[:13].strip() for line in lines) == meter
    for whole in ("14 Mar 2025", "10:30", " 37 200.000 ", " 86 419 754.500 ", "+86 382 554.500"):
        assert whole in captured.get()
    assert "…" not in captured.get()


async def test_looking_is_open_and_deciding_asks_for_a_login_and_goes_on(troubled: Town) -> None:
    add_member(troubled.engine.staff, ADA, "operator", SECRET)
    add_member(troubled.engine.staff, BOB, "government", SECRET)
    troubled.app.sessions.end()
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "c", "v")
        assert text_of(pilot, "#login-text").startswith("Deciding about cases is for staff with the role operator.")
        await go(pilot, "escape")
        assert isinstance(pilot.app.screen, ExceptionsScreen)
        assert troubled.app.sessions.role == ""
        await go(pilot, "v")
        await pass_by(pilot, BOB)
        told = " ".join(text_of(pilot, "#login-message").split())
        assert told == "! Your role is government; deciding about cases is for the role operator."
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
    add_member(troubled.engine.staff, ADA, "operator", SECRET)
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
        assert text_of(pilot, "#decision-sum").startswith("The total usage of")
        await go(pilot, "enter")
        assert text_of(pilot, "#decision-error") == "! a decision needs a reason"
        reason = pilot.app.screen.query_one("#decision-reason", Input)
        ready = []
        for key in ("A", "down", "down", "up", "up"):
            await go(pilot, key)
            ready.append(reason.value)
        assert ready == ["A", "misread", "transmission fault", "misread", "A"], "own words are kept"
        reason.value = ""
        await go(pilot, "Storm damage", "enter")
        assert isinstance(pilot.app.screen, ExceptionsScreen)
        assert text_of(pilot, "#said") == "2 cases are void; press u to undo."
        who = "operator@metertui.example"
        assert decided(troubled) == [("void", meter, who, "Storm damage") for meter in (STEADY, HOSTILE)]
        await go(pilot, "escape", "o")
        assert listed(pilot) == [(f"✓{STEADY}", "void"), (f"✓{HOSTILE}", "void")]
        assert f"void by {who}, 12 Mar 2025 10:40: Storm damage" in _flat(pilot, "#case")
        await go(pilot, "o", "o", "u", "Too early", "enter")  # nothing is chosen and open cases have no decision
        assert text_of(pilot, "#said") == "2 decisions undone: void."
        assert [cause for _, cause in listed(pilot)] == ["reset", "suspect", "refused"]
    audit = (troubled.headend.engine.audit._path).read_text()
    assert audit.count("\tvoid\t") == audit.count("\tunvoid\t") == 2
    assert len((Path(troubled.folder) / "events.csv").read_text().splitlines()) == 5


async def test_an_exchange_is_proposed_and_corrected(troubled: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    before = troubled.engine.series(HOSTILE).curve.energy[-1]
    threads, plain = set(), Series.from_readings

    def from_readings(*args: Any, **kwargs: Any) -> Series:
        threads.add(threading.current_thread() is threading.main_thread())
        return plain(*args, **kwargs)

    monkeypatch.setattr(Series, "from_readings", from_readings)
    async with at_work(troubled, "f7", size=(80, 24)) as pilot:
        await go(pilot, "c", "c", "x")
        fields = [pilot.app.screen.query_one(f"#decision-{name}", Input).value for name in ("final", "initial", "at")]
        assert fields == ["51", "7", "11 Mar 2025 12:00"]
        assert threads == {False}, "no meter is judged on the event loop"
        pilot.app.screen.query_one("#decision-initial", Input).value = "x"
        await settle(pilot)
        assert not pilot.app.screen.query(".wrong").exclude(".hidden")
        await go(pilot, "tab", "tab")  # a field says what is wrong when it is left
        wrong = pilot.app.screen.query(".wrong").exclude(".hidden")
        assert wrong.first().render_line(0).text.strip().startswith("! a reading is digits")
        await go(pilot, "tab", "Worn out", "enter")
        assert text_of(pilot, "#decision-error").startswith("! a reading is digits")
        assert not decided(troubled)
        pilot.app.screen.query_one("#decision-initial", Input).value = "6.5"
        await settle(pilot)
        assert "+0.500" in text_of(pilot, "#decision-effects")
        await go(pilot, "enter")
        assert text_of(pilot, "#said") == "1 case is exchanged; press u to undo."
        assert troubled.engine.series(HOSTILE).curve.energy[-1] == before + 500
        assert "No case matches the filter" in text_of(pilot, "#no-cases")
        await go(pilot, "escape")
        assert len(listed(pilot)) == 2


async def test_the_menu_offers_what_fits_and_escape_leaves_all_as_it_is(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "C", "C", "enter")
        menu = text_of(pilot, "OptionList")
        assert "Accept" in menu
        await go(pilot, "x")  # which does not apply to a silent meter
        assert (
            text_of(pilot, "#said")
            == "! Exchange does not apply to a silent meter; a accept, k request reading, n note do."
        )
        await go(pilot, "enter", "enter")
        assert text_of(pilot, "#decision-sum") == "No figure changes."
        await go(pilot, "escape")
        assert not decided(troubled)
        await go(pilot, "n", "The cellar is flooded", "enter", "k", "By letter", "enter", "a", "Known", "enter")
        assert [what for what, *_ in decided(troubled)] == ["note", "reask", "accept"]
        told = troubled.engine.audit.entries_before(None, "", 3)
        assert told is not None
        assert [what for _, _, what, *_ in told[0][:3]] == ["accept", "request reading", "note"]
        assert len(listed(pilot)) == SILENT - 1
        await go(pilot, "o")
        case = text_of(pilot, "#case")
        for said in ("note by", "The cellar is flooded", "marked for reading by", "accepted by"):
            assert said in case
        await go(pilot, "u", "Dry again", "enter")
        assert decided(troubled)[-1][0] == "unaccept"


async def test_each_decision_has_its_key_on_the_list_and_in_the_menu(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "down")
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


async def test_a_page_of_cases_is_looked_through_before_it_is_decided_on_a_small_terminal(town: Town) -> None:
    town.read(*((STEADY, f"{400 - 2 * n}", f"2025-03-12T10:3{n // 60}:{n % 60:02}") for n in range(119, 1, -1)))
    town.log_in("operator")
    async with at_work(town, "f7", size=(80, 24)) as pilot:
        await go(pilot, "c")
        assert listed(pilot)[0] == (STEADY, "suspect")
        await go(pilot, "c", "enter", "ctrl+a")
        line = pilot.app.screen.query_one("#conditions").render_line(0).text
        assert "esc ‹ △ 117 × rejected" in line
        assert "117 selected" in line
        assert "page 1 of 2 [ ]" in line
        await go(pilot, "v")
        paper = pilot.app.screen.query_one("#decision-paper")
        assert text_of(pilot, "#decision-sum") == "No figure changes."
        for key, top in (("pagedown", paper.size.height), ("pageup", 0)):
            await go(pilot, key)
            assert paper.scroll_offset.y == top, key
        await go(pilot, "Storm", "enter")
        assert text_of(pilot, "#said") == "117 cases are void; press u to undo."


async def test_a_meter_that_nobody_knows_is_to_be_registered(town: Town) -> None:
    town.log_in("operator")
    batch = town.engine.ingest.begin()
    batch.add_refused_line("127.0.0.1:50123", "not-registered", "999-1 is not registered", "READ 999-1 5")
    town.engine.ingest.write_notes(batch, stored=True)
    town.engine.ingest.apply(batch)
    async with at_work(town, "f7") as pilot:
        await go(pilot, "C", "enter")
        assert " ".join(text_of(pilot, ".check").split()) == (
            "! This case is about an unknown meter, and can only be accepted (a) or noted (n): "
            "register it on the company screen (F6), and its next readings will be stored."
        )
        await go(pilot, "a", "A meter of the neighbours", "enter")
        assert decided(town) == [("accept", "999-1", "operator@metertui.example", "A meter of the neighbours")]
        assert "999-1" not in str(listed(pilot))
        await go(pilot, "o")
        assert ("✓999-1", "refused") in listed(pilot)
        await go(pilot, "enter", "u", "They are ours", "enter")
        assert decided(town)[-1][:2] == ("unaccept", "999-1")


async def test_a_conflict_is_decided_by_the_value_that_it_brought(troubled: Town) -> None:
    batch = troubled.engine.ingest.begin()
    batch.add_refused_line("127.0.0.1:5", "conflict", "", f"READ {STEADY} 8 2025-03-12T10:35:00")
    troubled.engine.ingest.write_notes(batch, stored=True)
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "c", "c", "c", "c")
        assert [cause for _, cause in listed(pilot)] == ["conflict"]
        await go(pilot, "enter", "w")
        assert pilot.app.screen.query_one("#decision-wh", Input).value == "8"
        await go(pilot, "tab", "They rang", "enter")
        assert text_of(pilot, "#said") == "1 case is corrected; press u to undo."
        assert listed(pilot) == []
        at = troubled.zone.parse("2025-03-12T10:35:00")
        assert troubled.engine.series(STEADY).standing_at(at) == 8000
        await go(pilot, "escape", "o")
        assert sorted(cause for _, cause in listed(pilot)) == ["conflict", "corrected"]
        await go(pilot, "u", "A slip", "enter")
        assert troubled.engine.series(STEADY).standing_at(at) == 7000


async def test_the_preview_says_which_months_gain_what_others_lose(town: Town) -> None:
    town.log_in("operator")
    at = town.zone.parse("2025-03-01T00:00:00")
    async with at_work(town, "f3") as pilot:
        await pilot.app.push_screen(DecisionScreen([Decision("correct", STEADY, at, "", wh=2_416_250)]))
        await settle(pilot)
        said = _flat(pilot, "#decision-sum")
        assert "changes by ±0.000 kWh" in said
        assert "By month: Feb 2025 +0.250 kWh, Mar 2025 −0.250 kWh." in said
        await press(pilot, "escape")
        await pilot.app.push_screen(DecisionScreen([Decision("reask", STEADY, at, "")]))
        await settle(pilot)
        assert text_of(pilot, "#decision-sum") == "No figure changes."
        assert "no data" not in text_of(pilot, "#decision-effects")
        assert _flat(pilot, "#decision-effects").startswith("meter reading at ")


async def test_a_correction_says_what_to_type_before_it_says_no(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "w")
        assert text_of(pilot, "#decision-sum").startswith("Type the right value in place of the stored one")
        assert text_of(pilot, "#decision-error") == ""
        value = pilot.app.screen.query_one("#decision-wh", Input)
        value.value = "2690.7"
        await settle(pilot)
        assert "The total usage of the meter changes" in text_of(pilot, "#decision-sum")
        value.value = "99999"
        await settle(pilot)
        kept = _flat(pilot, "#decision-sum")
        assert "▲ The reading will not count. It stays rejected: 99 999.000 kWh is a rise of 99 948.000 kWh in" in kept
        value.value = "many"
        await settle(pilot)
        assert text_of(pilot, "#decision-sum").startswith("Type the right value")


async def test_what_was_typed_is_there_again_after_another_screen(troubled: Town) -> None:
    async with at_work(troubled, "f7") as pilot:
        await go(pilot, "down", "w", "75.5", "tab", "A storm", "f2", "f7", "w")
        assert [field.value for field in pilot.app.screen.query(Input)] == ["75.5", "A storm"]
        await go(pilot, "escape", "v")
        assert [field.value for field in pilot.app.screen.query(Input)] == [""], "that was about another decision"
        await go(pilot, "escape", "w", "enter", "enter")
        assert [(what, reason) for what, _, _, reason in decided(troubled)] == [("correct", "A storm")]
