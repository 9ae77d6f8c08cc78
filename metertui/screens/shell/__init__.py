"""The parts that all screens share: frame, help, login, first steps, messages."""

from __future__ import annotations

from metertui.screens.shell.command_window import CommandScreen
from metertui.screens.shell.errands import ERRANDS, Errand
from metertui.screens.shell.exporting import export, export_list, export_readings, export_text
from metertui.screens.shell.first_steps import WalkScreen
from metertui.screens.shell.following import Following
from metertui.screens.shell.frame import PLACES, DeskScreen, OnDesk
from metertui.screens.shell.help import HelpScreen, own_keys
from metertui.screens.shell.key_line import key_name
from metertui.screens.shell.lasting_window import KeptWindows, LastingWindow
from metertui.screens.shell.login_form import GatedScreen
from metertui.screens.shell.login_window import as_operator
from metertui.screens.shell.meter_input import MOST_SUGGESTED, MeterInput, suggestion_lines
from metertui.screens.shell.meter_registers import MeterRegisters
from metertui.screens.shell.open_cases import OpenCases
from metertui.screens.shell.quit_window import QuitScreen, effects_of_quitting
from metertui.screens.shell.recent_meters import RecentMeters, recent_line
from metertui.screens.shell.sessions import Sessions
from metertui.screens.shell.steady_text import Steady
from metertui.screens.shell.tile import Tile
from metertui.screens.shell.trail import Trail
from metertui.screens.shell.waiting import Waiting
from metertui.screens.shell.work_under_way import Cancelled, Work, Works, show_progress

__all__ = [
    "ERRANDS",
    "MOST_SUGGESTED",
    "PLACES",
    "Cancelled",
    "CommandScreen",
    "DeskScreen",
    "Errand",
    "Following",
    "GatedScreen",
    "HelpScreen",
    "KeptWindows",
    "LastingWindow",
    "MeterInput",
    "MeterRegisters",
    "OnDesk",
    "OpenCases",
    "QuitScreen",
    "RecentMeters",
    "Sessions",
    "Steady",
    "Tile",
    "Trail",
    "Waiting",
    "WalkScreen",
    "Work",
    "Works",
    "as_operator",
    "effects_of_quitting",
    "export",
    "export_list",
    "export_readings",
    "export_text",
    "key_name",
    "own_keys",
    "recent_line",
    "show_progress",
    "suggestion_lines",
]
