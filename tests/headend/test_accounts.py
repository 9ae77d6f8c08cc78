"""Changes of accounts on a running head-end."""

from __future__ import annotations

from typing import cast

import pytest

from metertui.engine.attributes import Group
from metertui.engine.errors import Refused, StorageError
from metertui.engine.vee.edit_log import EditLog
from metertui.headend.service import HeadEnd
from tests.clock import FakeClock
from tests.desk import read
from tests.engine.listed import listed


async def test_changes_of_accounts_are_audited(desk: HeadEnd) -> None:
    await desk.accounts.modify("m", {"address": "12 Elm Street"}, "ada@example.com")
    await desk.accounts.deactivate("m", "ada@example.com")
    assert (await read(desk, "1", "2025-03-12T01:00:00")).code == "deactivated"
    await desk.accounts.reactivate("m", "ada@example.com")
    await desk.stop()
    lines = (desk.engine.folder / "audit.log").read_text().splitlines()
    assert [line.split("\t")[1:3] for line in lines] == [
        ["test", "register"],
        ["ada@example.com", "modify"],
        ["ada@example.com", "deactivate"],
        ["ada@example.com", "reactivate"],
    ]


async def test_what_a_meter_was_before_is_audited_as_it_held_then(desk: HeadEnd) -> None:
    zone = desk.engine.zone
    march, april, may = (f"2024-0{month}-01T00:00:00+08:00" for month in (3, 4, 5))
    for fields, since in (
        ({"multiplier": "40"}, april),
        ({"multiplier": "60"}, may),
        ({"multiplier": "2"}, march),
        ({"multiplier": "60"}, april),
        ({"digits": "5"}, march),
        ({"digits": "5"}, april),
    ):
        await desk.accounts.modify("m", fields, "ada", zone.parse(since))
    await desk.stop()
    lines = (desk.engine.folder / "audit.log").read_text().splitlines()
    assert [line.split("\t")[4] for line in lines if "modify" in line] == [
        f"multiplier=40 (before: nothing) from {april}",
        f"multiplier=60 (before: 40) from {may}",
        f"multiplier=2 (before: nothing) from {march}",
        f"multiplier=60 (before: 40) from {april}, instead of multiplier=60 from {may}",
        f"digits=5 (before: nothing) from {march}",
        f"digits=5 (before: 5) from {april}, instead of digits=5 from {march}",
    ]


async def test_an_account_cannot_say_fewer_digits_than_were_counted(desk: HeadEnd) -> None:
    await read(desk, "100000", "2025-03-12T01:00:00")
    with pytest.raises(Refused, match=r"m has counted 100000 kWh .* more than 5 digits"):
        await desk.accounts.modify("m", {"digits": "5"}, "ada", desk.engine.zone.parse("2025-03-01T00:00"))
    await desk.accounts.modify("m", {"digits": "5"}, "ada")  # the meter was exchanged just now
    await desk.accounts.modify("m", {"max_kw": "7"}, "ada", desk.engine.zone.parse("2025-03-01T00:00"))
    with pytest.raises(Refused):
        await desk.accounts.modify("m", {"digits": "5"}, "ada", desk.engine.zone.parse("2025-03-01T00:00"))
    await desk.stop()


@pytest.mark.parametrize("what", ["append_edits", "commit_change"])
async def test_a_deactivation_and_its_event_are_stored_together_or_not_at_all(
    desk: HeadEnd, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("the disk is full")

    book, events = desk.engine.accounts, desk.engine.events
    before = (desk.engine.folder / "users.csv").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(events if what == "append_edits" else book, what, refuse)
        with pytest.raises(StorageError, match="the disk is full"):
            await desk.accounts.deactivate("m", "ann", "moved out")
    assert (desk.engine.folder / "users.csv").read_bytes() == before
    assert not events.history_of_meter("m")
    kept = EditLog(desk.engine.folder, desk.engine.zone)
    kept.load()
    assert (len(kept), kept.warnings) == (0, [])
    assert (await read(desk, "1", "2025-03-12T01:00:00")).kind == "ok"
    await desk.accounts.deactivate("m", "ann", "moved out")
    assert [(event.kind, event.reason) for event in events.history_of_meter("m")] == [("deactivate", "moved out")]
    assert (await read(desk, "2", "2025-03-12T02:00:00")).code == "deactivated"


@pytest.mark.parametrize("order", [(15, 18), (18, 15)])
async def test_readings_return_to_their_group_when_a_move_is_corrected(desk: HeadEnd, order: tuple[int, int]) -> None:
    engine = desk.engine
    cast("FakeClock", engine.clock).advance(10 * 86_400)
    await desk.accounts.modify("m", {"region": "East"}, "ann", engine.zone.parse("2025-03-12T11:00"))
    for day in range(13, 21):
        assert (await read(desk, f"{day}", f"2025-03-{day}T12:00")).kind == "ok"
    for day in order:
        await desk.accounts.modify("m", {"region": "West"}, "ann", engine.zone.parse(f"2025-03-{day}T00:00"))
        found = [len(listed(engine, Group(region))) for region in ("East", "West")]
        assert found == [day - 13, 21 - day]
