"""An explanation in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from metertui.engine.base.config import Rules
from metertui.engine.base.windows import window_of_days
from metertui.engine.base.zone import HOUR, SECOND, SiteZone
from metertui.engine.core import one_meter
from metertui.engine.core.engine import Engine
from metertui.text import explained
from tests.clock import FakeClock
from tests.engine.test_intervals import START, hours, opened, window


def test_where_an_interval_begins_says_its_day_where_that_is_another() -> None:
    zone = SiteZone("Europe/London")
    midnight = zone.parse("2025-02-28T00:00:00")
    assert explained.since(midnight, midnight + HOUR, zone) == "from 00:00"
    assert explained.since(midnight + 5 * SECOND, midnight + HOUR, zone) == "from 00:00:05"
    assert explained.since(midnight - HOUR, midnight, zone) == "from 27 23:00"
    assert explained.since(midnight - 24 * HOUR, midnight, zone) == "from 27 Feb"


def test_the_edge_of_a_gap_says_what_is_known() -> None:
    def told(first: int, last: int) -> dict[str, str]:
        found, _ = one_meter.prepare_explanation(engine, "m", window(first, last))()
        lines = [line for section in explained.sections(found, engine.zone, {}) for line in section.lines]
        return {line.label: line.note.partition(", ")[2] for line in lines}

    with opened([*hours("m", 0, 100, 200, quality=1), *hours("m", 30, 300)]) as engine:
        into, out, inside = told(1, 20), told(20, 40), told(0, 31)
    assert into["opening"] == "estimated: the end of an interval of a file"
    assert into["closing"] == "the end of what is known: nothing is of the time until 29 Mar 2025 06:00"
    assert out["opening"] == "the beginning of what is known again: nothing is of the time since 28 Mar 2025 02:00"
    assert out["closing"] == "the end of what is known: no reading and no interval of a file comes after it"
    assert inside["opening"] == "the beginning of what is known: no reading and no interval of a file comes before it"


def test_summary_of_no_data_says_why(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("identifier,address,region,sub_region,postcode,apartment_type\nm-1,,,,,\n")
    engine = Engine.open_readonly(tmp_path, Rules(zone=SiteZone("UTC")), FakeClock())
    day = window_of_days(date(2025, 1, 1), date(2025, 1, 1), engine.zone)
    found, _ = one_meter.prepare_explanation(engine, "m-1", day)()
    assert explained.summary(found, engine.zone).startswith("No data. ")
    titles = [section.title for section in explained.sections(found, engine.zone, {})]
    assert titles[:2] == ["The figure", "Why there is no data"]
    engine.close()


def test_the_longest_time_without_a_reading_is_named_among_the_parts() -> None:
    reads = [("m", START + hour * HOUR, wh) for hour, wh in ((0, 0), (1, 10), (54, 540), (55, 550))]
    with opened([], reads) as engine:
        found, _ = one_meter.prepare_explanation(engine, "m", window(0, 55))()
        told = {line.label: line for section in explained.sections(found, engine.zone, {}) for line in section.lines}
    assert told["3 whole intervals"].figure == "0.550 kWh"
    longest = told["  the longest"]
    assert longest.figure == "0.530 kWh"
    days = "from 28 Mar 2025 01:00 to 30 Mar 2025 07:00"
    assert longest.note == f"53 h without a reading, {days}, is spread evenly"


def test_the_figure_is_of_the_time_of_which_anything_is_known() -> None:
    reads = [("m", START + hour * HOUR, wh) for hour, wh in ((0, 0), (1, 10))]
    with opened([], reads) as engine:
        found, _ = one_meter.prepare_explanation(engine, "m", window(-2, 50))()
        [usage] = next(iter(explained.sections(found, engine.zone, {}))).lines
    known = "from 28 Mar 2025 00:00 to 28 Mar 2025 01:00"
    assert usage.note == f"{known}; nothing is known of the rest, from 27 Mar 2025 22:00 and up to 30 Mar 2025 03:00"
