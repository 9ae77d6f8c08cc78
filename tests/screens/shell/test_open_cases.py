"""The count of open cases on the tab of the exceptions: of now, and worked out no more often than it may cost."""

from __future__ import annotations

import pytest

from metertui.screens.exceptions import ExceptionsScreen
from metertui.screens.shell.frame import _titles
from metertui.screens.shell.open_cases import OpenCases
from tests.screens.town import HOSTILE, Town, at_work, settle, text_of


async def test_the_tab_counts_what_is_open_and_follows(town: Town) -> None:
    cases = town.app.open_cases
    async with at_work(town, "f2", size=(80, 24)) as pilot:
        before = cases.number
        assert before
        assert text_of(pilot, "#title").endswith(f"F7 Exceptions {before}")
        assert not cases.is_due()
        town.read((HOSTILE, "4", "2025-03-12T10:00"))
        assert not cases.is_due()  # at once
        town.clock.advance(2)
        assert cases.is_due()
        town.app.tick()
        await settle(pilot)
        assert cases.number == before + 1
        assert text_of(pilot, "#title").endswith(f"F7 Exceptions {before + 1}")
        assert not cases.is_due()
        town.clock.advance(59)
        assert not cases.is_due()
        town.clock.advance(1)  # some may have fallen silent
        assert cases.is_due()
        await pilot.click("#title", offset=(74, 0))  # the number belongs to the tab
        await settle(pilot)
        assert isinstance(pilot.app.screen, ExceptionsScreen)


async def test_no_count_is_due_while_one_is_under_way(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = OpenCases(town.headend)

    async def fail() -> None:
        assert not cases.is_due()
        town.clock.advance(3)
        raise OSError("gone")

    assert cases.is_due()
    monkeypatch.setattr(town.headend.worklist, "count_open", fail)
    with pytest.raises(OSError, match="gone"):
        await cases.count()
    town.read((HOSTILE, "4", "2025-03-12T10:00"))
    town.clock.advance(59)
    assert not cases.is_due()  # twenty times as long as it took
    town.clock.advance(1)
    assert cases.is_due()


@pytest.mark.parametrize(
    ("cases", "width", "shown"),
    [
        (0, 80, ""),
        (7, 80, "7 "),
        (12_345, 80, "12 345 "),
        (123_456, 80, "123456 "),
        (1_234_567, 80, "… "),
        (1_234_567, 120, "1 234 567 "),
    ],
)
def test_the_count_is_whole_or_an_ellipsis(cases: int, width: int, shown: str) -> None:
    titles = _titles(cases, width)
    assert titles["exceptions"] == f" F7 Exceptions {shown}"
    assert sum(map(len, titles.values())) <= width + 1  # the blank behind the last one may be cut
