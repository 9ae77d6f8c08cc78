"""The command line that gives the same answer as a screen."""

from __future__ import annotations

from datetime import date

from metertui.engine.reports.report import Inquiry
from metertui.engine.usage.query import Filter, Question
from metertui.text.command_line import query_line

DAYS = (date(2025, 1, 1), date(2025, 1, 31))


def test_what_is_not_asked_for_is_not_said() -> None:
    line = query_line("metertui", "data", Inquiry(Question(*DAYS)))
    assert line == "metertui query --data data --from 2025-01-01 --to 2025-01-31"


def test_everything_is_said_as_a_shell_takes_it() -> None:
    chosen = Filter.by_name(region="St John's $HOME", sub_region="-west", time="22:00-06:00")
    inquiry = Inquiry(Question(*DAYS, by=("day", "meter"), filter=chosen), "peak", "year_before")
    assert query_line(".venv/bin/metertui", "/srv/my meters", inquiry, "-value", 10) == (
        ".venv/bin/metertui query --data '/srv/my meters' --from 2025-01-01 --to 2025-01-31 --by day,meter "
        """--region 'St John'"'"'s $HOME' --sub-region=-west --time 22:00-06:00 --measure peak --compare year_before """
        "--sort=-peak_kwh --limit 10"
    )
    assert query_line("m", "d", inquiry, "change").endswith(" --sort=change_percent")
    assert query_line("m", "d", inquiry, "-meters").endswith(" --sort=-meters")
