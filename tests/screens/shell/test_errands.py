"""Errands: each names a screen and an action that it has."""

from __future__ import annotations

from textual.binding import Binding

from metertui.app import MetertuiApp
from metertui.screens.company.company import _TABS
from metertui.screens.shell.errands import ERRANDS


def test_each_is_an_action_of_its_screen() -> None:
    assert len({errand.title for errand in ERRANDS}) == len(ERRANDS)
    tabs = {tab.name_of: tab.heading for tab in _TABS}
    for errand in ERRANDS:
        action, _, argument = errand.action.partition("('")
        assert hasattr(MetertuiApp.SCREENS[errand.place], f"action_{action}"), errand
        assert not argument or argument.rstrip("')") in tabs
        if ", tab " in errand.keys:
            assert errand.keys == f"F6, tab {tabs[argument.rstrip(chr(39) + ')')]}"
        _, _, key = errand.keys.partition(" ")
        if len(key) == 1:
            bindings = vars(MetertuiApp.SCREENS[errand.place])["BINDINGS"]
            bound = [one for one in bindings if isinstance(one, Binding) and one.action == errand.action and one.show]
            assert [one.key_display or one.key for one in bound] == [key], errand
