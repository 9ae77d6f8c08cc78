"""An explanation in words."""

from __future__ import annotations

from metertui.engine.base.zone import HOUR, SECOND, SiteZone
from metertui.text import explained


def test_moment_that_comes_twice_has_its_offset() -> None:
    london = SiteZone("Europe/London")
    first = london.parse("2025-10-26T01:30:00")
    assert explained.moment(first, london) == "2025-10-26 01:30"
    assert explained.moment(first + HOUR, london) == "2025-10-26 01:30 (+0000)"
    assert explained.moment(first + 2 * HOUR + 5 * SECOND, london) == "2025-10-26 02:30:05"
