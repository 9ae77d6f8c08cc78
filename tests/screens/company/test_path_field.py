"""The field for the path of a file: tab completes it, and moves on where it ends."""

from __future__ import annotations

from pathlib import Path

from metertui.screens.company.path_field import PathField
from tests.screens.company.helpers import TO_FILE
from tests.screens.town import Town, at_work, press, settle


async def test_tab_completes_a_path_and_then_moves_on(office: Town, tmp_path: Path) -> None:
    (tmp_path / "june").mkdir()
    (tmp_path / "june" / "only.csv").write_text("a")
    async with at_work(office, "f6", *TO_FILE, *f"{tmp_path}/j") as pilot:
        path = pilot.app.screen.query_one(PathField)
        for wanted in ("june/", "june/only.csv"):
            await press(pilot, "tab")
            await settle(pilot)
            assert (path.value, path.has_focus) == (f"{tmp_path}/{wanted}", True)
        await press(pilot, "tab")
        await settle(pilot)
        assert not path.has_focus
