"""A newcomer's first minutes: the real app in a terminal of 80x24, while simulated meters feed it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from metertui import settings, simulator
from metertui.engine.base.zone import SiteZone
from metertui.formats.simulated import Fleet
from tests.end_to_end.terminal import ENTER, ESCAPE, F1, F2, F3, F4, F5, F6, F7, F10, PAGE_DOWN, TAB, Terminal
from tests.patience import PATIENCE

ZONE = SiteZone("Asia/Singapore")
METERS = 60
FAILING = """
from metertui.screens.live import LiveScreen

shown, once = LiveScreen.show_live, ["the screen fails once, after the first reading"]

def show_live(self, snapshot):
    shown(self, snapshot)
    if snapshot.accepted and once:
        once.clear()
        raise RuntimeError("no such widget")

LiveScreen.show_live = show_live
"""


async def test_the_first_minutes_of_a_desk(tmp_path: Path) -> None:
    desk = Terminal(tmp_path)
    fleet = Fleet(METERS, 3, ZONE)
    feeding: asyncio.Task[simulator.Tally] | None = None
    try:
        await desk.until("First steps, 1 of 3")
        desk.press(ENTER + ENTER)
        await desk.until("First steps, 2 of 3")
        desk.press(f"ada@example.com{ENTER}secret horse{ENTER}secret horse{ENTER}{ENTER}")
        await desk.until("ada@example.com can log in")
        desk.press(ESCAPE)
        await desk.until("Nothing has arrived yet")
        port = await desk.port()
        rounds = simulator.live_rounds(fleet, ZONE, 0.5, None)
        feeding = asyncio.create_task(
            simulator.send_rounds("127.0.0.1", port, fleet.accounts, rounds, register=True, connections=3)
        )
        await desk.until("Last readings")
        await desk.until("3 clients")
        desk.press("3")
        await desk.until(f"{METERS}             0")  # meters, and of them silent
        desk.press("/")
        desk.press("nothing such")
        await desk.until("nothing such")
        await desk.until(f"{METERS}             0", there=False)
        desk.press(b" caf\xe9s \xff \x9b15~ \x1b[97;5:1u \x1b[99999999u end")
        await desk.until("end")
        desk.press(ESCAPE)
        await desk.until(f"{METERS}             0")
        desk.press("/")
        desk.press(ESCAPE + "1")  # at once, as over a slow line
        await desk.until("register kWh")
        desk.press(F1)
        await desk.until("Keys here")
        desk.press(PAGE_DOWN)
        await desk.until("Server: its figures")
        desk.press(F3)
        await desk.until("Type part of a meter")
        meter = fleet.accounts[-1]
        desk.press(f"{meter.meter}{ENTER}")
        await desk.until(meter.address)
        desk.press(F4)
        await desk.until("Find a meter")
        desk.press(f"{meter.meter}{ENTER}")
        await desk.until("STATEMENT")
        desk.press(F6)
        await desk.until("Log in with your")
        desk.press(f"ada@example.com{ENTER}secret horse{ENTER}")
        await desk.until(f"{METERS} accounts")
        desk.press(F5)  # whose gate is open to operators
        await desk.until("Total kWh by month")
        desk.press("f")
        await desk.until("‹last 12 months›")
        desk.press(F7)
        await desk.until("F10 Quit")
        desk.press(TAB + F10)
        await desk.until("Quit metertui?")
        desk.press(F10)
        assert await desk.ended() == 0
    finally:
        if feeding is not None:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
        desk.close()
    log = (tmp_path / "log.txt").read_text().splitlines()
    assert len({line.split(",")[0] for line in log}) == METERS
    staff = (tmp_path / "admins.csv").read_text()
    assert staff.startswith('email,role,password_hash\nada@example.com,operator,"$argon2id')


async def test_a_terminal_that_takes_nothing_in_holds_up_no_meter(tmp_path: Path) -> None:
    settings.write_defaults(tmp_path)
    desk = Terminal(tmp_path, (120, 40))
    try:
        port = await desk.port()
        await desk.until("Nothing has arrived yet")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        desk.hang()
        for number in range(30):  # each another screen, of which a terminal's own buffer holds a few
            desk.press((F3, F4)[number % 2])
            writer.write(b"PING\n")
            assert await asyncio.wait_for(reader.readline(), PATIENCE) == b"OK\n"
        desk.press(F2)
        writer.write(b"REGISTER 123456\nREAD 123456 144.5\n")
        assert await asyncio.wait_for(reader.readexactly(6), PATIENCE) == b"OK\nOK\n"
        desk.go_on()
        await desk.until("144.500")
        assert "Type part of a meter" not in desk.text
        desk.press(F10)
        await desk.until("1 client is connected")
        desk.press("y")
        assert await desk.ended() == 0
        writer.close()
    finally:
        desk.close()


async def test_screens_that_fail_stop_no_meter_and_a_terminal_that_disappears_ends_them(tmp_path: Path) -> None:
    settings.write_defaults(tmp_path)
    desk = Terminal(tmp_path, (120, 40), program=FAILING)
    try:
        port = await desk.port()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"REGISTER 123456\nREAD 123456 144.5\n")
        assert await asyncio.wait_for(reader.readexactly(6), PATIENCE) == b"OK\nOK\n"
        await desk.until("metertui: the screens failed (RuntimeError: no such widget)")
        await desk.until("enter opens the screens")
        assert f"meters are still served on 127.0.0.1:{port}" in desk.text.replace("\n", "")
        assert "Traceback" not in desk.text
        writer.write(b"READ 123456 144.6\n")
        assert await asyncio.wait_for(reader.readexactly(3), PATIENCE) == b"OK\n"
        desk.press(ENTER)
        await desk.until("144.600")
        desk.unplug()
        assert await desk.ended() == 0
        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    finally:
        desk.close()
    assert len((tmp_path / "log.txt").read_text().splitlines()) == 2
    log = (tmp_path / "metertui.log").read_text()
    assert log.count("RuntimeError: no such widget") == 1 + log.count("the screens failed (RuntimeError")
    assert "the terminal is gone; the screens end" in log
