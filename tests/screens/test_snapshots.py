"""Pictures of every screen as its users first see it, at both sizes; `--snapshot-update` after a change meant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.keys import Keys
from textual.pilot import Pilot

from metertui.engine.core.counters import Peer
from metertui.engine.vee.edits import Edit
from metertui.settings import Settings
from tests.engine.book_changes import add_member
from tests.screens.billing.test_billing import TARIFFS
from tests.screens.live.helpers import mid_close
from tests.screens.town import HOSTILE, STEADY, Town, press, settle

Compare = Callable[..., bool]
SIZES = [(120, 40), (80, 24)]
KEYS = {key.value for key in Keys}
every_size = pytest.mark.parametrize("size", SIZES, ids=["120x40", "80x24"])


def doing(town: Town, *keys: str, role: str = "") -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Press keys, as someone with a role if it says so, and wait for what they bring about.

    What is no key is typed as one text, as if pasted: to draw a screen for each character takes as long as all else.
    """
    keys = tuple(town.open_on(*keys))
    if role:
        town.log_in(role)

    async def act(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        for key in keys:
            await press(pilot, *([key] if "+" in key or key in KEYS else key))
            await settle(pilot)
        for _ in range(4):  # a second, in which each table has its turn
            town.app.tick()
        await settle(pilot)

    return act


@every_size
def test_an_operator_opens_a_new_desk(snap_compare: Compare, empty_town: Town, size: tuple[int, int]) -> None:
    assert snap_compare(empty_town.app, terminal_size=size, run_before=doing(empty_town, "f2"))


@every_size
def test_an_operator_watches_readings_arrive(snap_compare: Compare, town: Town, size: tuple[int, int]) -> None:
    town.read((STEADY, "2690.6", "2025-03-12T10:35:00"), (STEADY, "1", "2025-03-12T10:36:00"))
    batch = town.engine.ingest.begin()
    batch.add_refused_line("127.0.0.1:50123", "unknown-command", "it is not a command", "[red]hello[/] \x1b[31m")
    batch.add_refused_line("127.0.0.1:50124", "bad-reading", "a reading is digits", "READ 200-001 1e5")
    town.engine.ingest.apply(batch)
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, "f2"))


@every_size
def test_an_operator_sees_a_full_disk_while_the_day_closes(
    snap_compare: Compare, town: Town, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    trouble = replace(
        town.headend.live(),
        day_state="writing day files",
        progress=0.42,
        storage_error="No space left on device",
        rate=195_065.0,
        log_bytes=86_912_345,
    )
    monkeypatch.setattr(town.headend, "live", lambda: trouble)
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, "f2", "p"))


def test_an_operator_watches_a_close_in_80_columns(
    snap_compare: Compare, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = mid_close(town)
    monkeypatch.setattr(town.headend, "live", lambda: closing)
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, "f2", "4"))


def test_who_closes_the_day_is_asked_to_log_in(snap_compare: Compare, town: Town) -> None:
    add_member(town.engine.staff, "ada@metertui.example", "operator", "secret horse")
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, "f2", "d"))


@pytest.mark.parametrize("place", ["f2", "f7"])
def test_an_operator_works_in_daylight(snap_compare: Compare, town: Town, place: str) -> None:
    town.app.action_toggle_theme()
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, place))


def test_an_operator_has_a_wall_screen(snap_compare: Compare, town: Town) -> None:
    assert snap_compare(town.app, terminal_size=(200, 60), run_before=doing(town, "f2"))


@every_size
def test_a_customer_asks_what_the_month_was(snap_compare: Compare, town: Town, size: tuple[int, int]) -> None:
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, "f3", STEADY, "enter"))


def test_a_meter_is_found_by_its_street(snap_compare: Compare, town: Town) -> None:
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, "f3", "harbour"))


@every_size
def test_a_customer_disputes_a_figure(snap_compare: Compare, town: Town, size: tuple[int, int]) -> None:
    town.register("300", "7 Long Street")
    at = ("2025-02-27T18:00", "2025-03-02T06:00", "2025-03-04T00:00", "2025-03-06T00:00", "2025-03-08T00:00")
    town.read(*(("300", kwh, time) for kwh, time in zip(("910", "940", "1", "965", "12"), at, strict=True)))
    town.read(
        ("300", "30", "2025-03-11T12:00"), ("300", "700", "2025-03-11T13:00"), ("300", "36.5", "2025-03-12T09:00")
    )
    decided, ada = town.zone.parse("2025-03-12T10:00"), "ada@metertui.example"
    exchange, doubt = town.zone.parse("2025-03-07T09:30"), town.zone.parse("2025-03-04T00:00")
    town.engine.apply_events(
        [
            Edit(decided, "300", "exchange", exchange, ada, "worn out, work order 4711", 972_250, 0),
            Edit(decided, "300", "void", doubt, ada, "read at the neighbour's"),
        ]
    )
    (town.folder / "tariffs.csv").write_text(
        "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent\n"
        "2025-01-01,,,,,28.12,9\n2025-03-10,,,,,27.47,9\n"
    )
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, "f3", "300", "enter", "e"))


def test_a_clerk_picks_dates(snap_compare: Compare, town: Town) -> None:
    keys = ["f3", "200-003", "enter", "c", "pageup", "enter", "down"]
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, *keys))


def test_a_clerk_goes_through_the_readings_of_a_meter_read_daily(snap_compare: Compare, town: Town) -> None:
    keys = ["f3", "200-003", "enter", "left", "r", "down"]
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, *keys))


@every_size
def test_a_statement_is_read_out(snap_compare: Compare, town: Town, size: tuple[int, int]) -> None:
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, "f4", STEADY, "enter"))


@pytest.mark.parametrize("key", ["t", "b"])
def test_an_operator_looks_at_tariffs_and_bills_everyone(
    snap_compare: Compare, town: Town, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")  # the window shows the folder
    (town.folder / "tariffs.csv").write_text(TARIFFS)
    keys = ["f4", STEADY, "enter", key]
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, *keys, role="operator"))


@every_size
def test_an_analyst_looks_at_a_year(snap_compare: Compare, town: Town, size: tuple[int, int]) -> None:
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, "f5", role="government"))


@every_size
def test_an_analyst_lists_the_readings_behind_a_month(snap_compare: Compare, town: Town, size: tuple[int, int]) -> None:
    keys = ("f5", "end", "r", "s", "S")
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, *keys, role="operator"))


@every_size
def test_an_analyst_builds_a_question(snap_compare: Compare, town: Town, size: tuple[int, int]) -> None:
    keys = ["f5", "f", "down", "down", "right"]
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, *keys, role="government"))


def test_an_analyst_sees_when_the_week_is_busy(snap_compare: Compare, town: Town) -> None:
    keys = ["f5", "o", *["down"] * 5, "enter"]
    assert snap_compare(town.app, terminal_size=(120, 40), run_before=doing(town, *keys, role="operator"))


@every_size
def test_an_analyst_sees_every_day_of_a_year(snap_compare: Compare, town: Town, size: tuple[int, int]) -> None:
    keys = ["f5", "o", *["down"] * 6, "enter", "down", "down"]
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, *keys, role="operator"))


def test_a_stranger_meets_the_gate(snap_compare: Compare, town: Town) -> None:
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, "f6"))


@every_size
def test_an_operator_lists_accounts(snap_compare: Compare, town: Town, size: tuple[int, int]) -> None:
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, "f6", role="operator"))


@pytest.mark.parametrize(("tab", "name"), [(1, "form"), (2, "reading"), (3, "file"), (4, "close"), (5, "staff")])
def test_an_operator_goes_through_the_tabs(snap_compare: Compare, town: Town, tab: int, name: str) -> None:
    keys = ["f6", *["ctrl+right"] * tab]
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, *keys, role="operator")), name


@every_size
def test_an_operator_goes_through_the_exceptions(snap_compare: Compare, town: Town, size: tuple[int, int]) -> None:
    town.read((STEADY, "2690.6", "2025-03-12T10:45:30"), (STEADY, "1", "2025-03-12T10:36:00"))
    batch = town.engine.ingest.begin()
    batch.add_refused_line("127.0.0.1:50124", "conflict", "", "READ 200-001 7 2025-03-10T00:00")
    batch.add_refused_line("127.0.0.1:50123", "unknown-command", "it is no command", "[red]hello[/] \x1b[31m")
    town.engine.ingest.write_notes(batch, stored=True)
    town.engine.ingest.apply(batch)
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, "f7", "space", "down", role="operator"))


def test_an_operator_sees_what_a_void_would_change(snap_compare: Compare, town: Town) -> None:
    town.read((HOSTILE, "8", "2025-03-12T01:00"), (STEADY, "1", "2025-03-12T10:36:00"))
    keys = ["f7", "space", "space", "v", "storm"]
    assert snap_compare(town.app, terminal_size=(120, 40), run_before=doing(town, *keys, role="operator"))


def test_an_operator_declares_an_exchange(snap_compare: Compare, town: Town) -> None:
    town.read((HOSTILE, "8", "2025-03-12T01:00"))
    keys = ["f7", "x", "tab", "9"]
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, *keys, role="operator"))


def test_help_is_asked_for(snap_compare: Compare, town: Town) -> None:
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, "f3", "f1"))


def test_in_the_light(snap_compare: Compare, town: Town) -> None:
    town.app.action_toggle_theme()
    assert snap_compare(town.app, terminal_size=(120, 40), run_before=doing(town, "f3", STEADY, "enter"))


@pytest.mark.parametrize(("size", "pane"), [((80, 24), "2"), ((120, 40), "3"), ((80, 24), "3"), ((200, 60), "3")])
def test_an_operator_looks_for_who_is_missed(
    snap_compare: Compare, town: Town, size: tuple[int, int], pane: str
) -> None:
    peers = [Peer(f"10.0.0.{n}:5000{n}", town.clock.now() - n * 10**9, 4000 // n, n % 3, 100 * n) for n in range(1, 9)]
    town.headend.peers = lambda most: peers[:most]
    town.headend.connections, town.headend.connections_total = 8, 12
    town.read(("200-003", "20000", "2025-03-12T10:30"), ("200-004", "20000", "2025-03-12T08:30"))
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, "f2", pane))


def test_an_operator_has_no_colours(snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    town = Town(tmp_path, filled=True)
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, "f2", "/", "200", "enter"))


def test_an_operator_reads_what_the_terminal_draws_itself(snap_compare: Compare, tmp_path: Path) -> None:
    town = Town(tmp_path, filled=True, settings=Settings(theme="terminal"))
    assert snap_compare(town.app, terminal_size=(80, 24), run_before=doing(town, "f2"))


@every_size
def test_an_operator_looks_at_a_file_of_a_portal(
    snap_compare: Compare, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    rows = "".join(f"0{day}.03.2025 {hour:02}:00;0,{5 + hour % 2};7,5\n" for day in (1, 2) for hour in range(24))
    (tmp_path / "portal.csv").write_text(f"Zeit;Verbrauch (kWh);Gas\n{rows}02.03.2025 25:00;0,5;1\n")
    monkeypatch.chdir(tmp_path)
    keys = ("f6", *["ctrl+right"] * 3, *"portal.csv", "enter", *"home-1", "enter")
    assert snap_compare(town.app, terminal_size=size, run_before=doing(town, *keys, role="operator"))
