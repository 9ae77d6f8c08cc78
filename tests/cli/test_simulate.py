"""Simulated meters: their history as a file, and the summary of what was sent."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from pathlib import Path

import pytest

from metertui import simulator
from metertui.cli import simulate
from metertui.engine.base.zone import SiteZone
from metertui.formats import Fleet
from metertui.simulator import Tally
from tests.cli.conftest import Command
from tests.patience import PATIENCE


def test_summary_says_who_was_registered_only_if_someone_was() -> None:
    tally = Tally()
    tally.sent = tally.ok = 5
    assert simulate.summary(tally).startswith("sent 5, OK 5, duplicate 0, suspect 0, ERR 0")
    tally.registered = 2
    assert simulate.summary(tally).startswith("registered 2, sent 5")


async def test_an_outage_is_reported_once_and_its_end_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(simulate, "_AGAIN_SECONDS", 0.0)
    shown: list[str] = []
    outage = simulate._Outage(shown.append, None)
    outage.show(Tally(sent=1, ok=1))
    assert await outage.again("the server closed")
    assert await outage.again("no connection")
    outage.show(Tally(sent=2, ok=2))
    outage.show(Tally(sent=3, ok=3))
    outage.stop.set()
    assert not await outage.again("the server closed")
    assert capsys.readouterr().err.splitlines() == [
        "metertui: the server closed; trying again until it answers",
        "metertui: connected again",
        "metertui: the server closed; trying again until it answers",
    ]
    assert [line.split(",")[0] for line in shown if line] == ["sent 1", "sent 2", "sent 3"]
    assert not await simulate._Outage(shown.append, 0.0).again("its time has passed")


def test_generated_history_is_the_same_for_equal_seeds(metertui: Command, tmp_path: Path) -> None:
    words = ["generate", "--meters", "2", "--from", "2025-01-01", "--to", "2025-01-01", "--seed"]
    for name, seed in (("a.log", "1"), ("b.log", "1"), ("c.log", "2")):
        assert metertui(*words, seed, "-o", str(tmp_path / name)).code == 0
    first, same, other = ((tmp_path / name).read_bytes() for name in ("a.log", "b.log", "c.log"))
    assert first == same != other
    assert first.count(b"\n") == 2 * 48


@pytest.mark.parametrize("ignored", [False, True])
async def test_sighup_ends_live_meters_with_their_summary_unless_nohup_has_it_ignored(
    monkeypatch: pytest.MonkeyPatch, ignored: bool
) -> None:
    async def send_rounds(*_: object, tally: Tally, **__: object) -> Tally:
        os.kill(os.getpid(), signal.SIGHUP)
        if not ignored:
            await outage.stop.wait()
        return tally

    outage = simulate._Outage(lambda _: None, None)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)
    monkeypatch.setattr(simulator, "send_rounds", send_rounds)
    try:
        fleet = Fleet(1, 1, SiteZone("UTC"))
        options = argparse.Namespace(register=False)
        async with asyncio.timeout(PATIENCE):
            await simulate._simulate(
                options, fleet, simulator.live_rounds(fleet, SiteZone("UTC"), 1.0, None), 1, outage
            )
        assert outage.stop.is_set() is not ignored
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, before)
