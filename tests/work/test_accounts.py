"""Changes of accounts beside ingest."""

from __future__ import annotations

from metertui.headend import HeadEnd
from tests.desk import read


async def test_who_did_what_is_kept(desk: HeadEnd) -> None:
    await desk.modify("m", {"address": "12 Elm Street"}, "ada@example.com")
    await desk.deactivate("m", "ada@example.com")
    assert (await read(desk, "1", "2025-03-12T01:00:00")).code == "deactivated"
    await desk.reactivate("m", "ada@example.com")
    await desk.stop()
    lines = (desk.engine.folder / "audit.log").read_text().splitlines()
    assert [line.split("\t")[1:3] for line in lines] == [
        ["test", "register"],
        ["ada@example.com", "modify"],
        ["ada@example.com", "deactivate"],
        ["ada@example.com", "reactivate"],
    ]
