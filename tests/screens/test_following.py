"""The screens beside the owner of the folder."""

from __future__ import annotations

import os
from pathlib import Path

from textual.widgets import Button, Input

from metertui.app import MetertuiApp
from metertui.engine.base.config import Rules
from metertui.engine.core.decision_check import Decision
from metertui.engine.replica.changes import ChangeReader
from metertui.headend.read_only import ReadOnlyHeadEnd
from metertui.screens.decisions.decision_choices import PREVIEW
from metertui.screens.decisions.decision_window import DecisionScreen
from metertui.screens.fields.typed_line import TypedLine
from metertui.settings import Settings
from tests.screens.town import Town, press, settle, text_of


async def test_a_second_desk_shows_what_the_first_has_and_changes_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path, filled=False)
    batch = town.engine.ingest.begin()
    batch.add_account("m-1", {})
    town.engine.ingest.write(batch)
    town.engine.ingest.apply(batch)
    follower = ReadOnlyHeadEnd(*ChangeReader.open(tmp_path, Rules(zone=town.zone), town.clock))
    app = MetertuiApp(follower, Settings(small_group_meters=0))
    app.animation_level = "none"
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            app.sessions.begin("operator@metertui.example", "operator")
            town.read(("m-1", "5", "2025-03-12T10:00"))
            await follower.follow()
            app.tick()
            await settle(pilot)
            assert text_of(pilot, "#state").startswith("read-only · ")
            assert f"process {os.getpid()} owns this folder" in text_of(pilot, "#banner")
            offered = {command.title for command in app.get_system_commands(app.screen)}
            assert "Staff" in offered
            assert "First steps" not in offered, "they would end in a refusal"
            app.sessions.end()
            await press(pilot, "f6")
            assert "There is no staff account" in text_of(pilot, "#login-text")
            assert "ctrl+p" not in text_of(pilot, "#login-text")
            app.sessions.begin("operator@metertui.example", "operator")
            assert "client" not in text_of(pilot, "#state")
            assert follower.live().stored == 1
            await press(pilot, "f6")
            await settle(pilot)
            app.screen.query_one("#form-meter", Input).value = "m-2"
            app.screen.query_one("#register", Button).press()
            await settle(pilot)
            assert f"read-only: process {os.getpid()} has owned this folder since " in text_of(pilot, "#said")
            app.screen.query_one("#close-day", Button).press()
            await settle(pilot)
            assert f"read-only: process {os.getpid()} has owned this folder since " in text_of(pilot, "#said")
            app.screen.warn(follower.why_read_only())  # type: ignore[attr-defined]
            assert "T" not in text_of(pilot, "#said").partition(" since ")[2]
            at = town.zone.parse("2025-03-12T10:00")
            app.push_screen(DecisionScreen([Decision("void", "m-1", at, PREVIEW)]))
            await settle(pilot)
            assert text_of(pilot, "#decision-note").startswith("! Read-only: process ")
            assert not app.screen.query(Input), "no reason is asked for in vain"
            await press(pilot, "escape", "f4", "b")
            await settle(pilot)
            assert app.screen.query_one("#run-issue", Button).disabled
            assert "! Read-only: process " in text_of(pilot, "#run-said")
            await press(pilot, "escape")
            await settle(pilot)
            await press(pilot, "t")
            await settle(pilot)
            await press(pilot, "w")
            assert text_of(pilot, "#tariff-said").startswith("! Read-only: process ")
            await press(pilot, "escape", "f5")
            await settle(pilot)
            await press(pilot, "K")
            assert not app.screen.query_one(TypedLine).asks
            town.engine.close()
            await follower.follow()
            app.tick()
            await settle(pilot)
            assert text_of(pilot, "#state").startswith("read-only · ")
            assert f"process {os.getpid()} that owned this folder has ended" in text_of(pilot, "#banner")
            assert "start metertui again to take its place" in text_of(pilot, "#banner")
    finally:
        await follower.stop()
        town.engine.close()
    assert "m-2" not in (tmp_path / "users.csv").read_text()
