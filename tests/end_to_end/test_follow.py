"""Two real processes on one folder: the second follows the first, and commands reach it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from metertui.engine.base.config import Rules, SystemClock
from metertui.engine.base.zone import SiteZone
from metertui.engine.core.engine import Engine
from metertui.engine.replica.changes import ChangeReader
from metertui.headend.read_only import ReadOnlyHeadEnd
from metertui.server import control
from metertui.server.control_protocol import Done, Request
from tests.end_to_end.process import Server, metertui
from tests.patience import until

RULES = Rules(zone=SiteZone("Asia/Singapore"))


def figures(engine: Engine) -> list[tuple[str, int, int]]:
    columns = engine.view().frozen().columns
    meters = [engine.directory.ids[code] for code in columns.meter.tolist()]
    return sorted(zip(meters, columns.time.tolist(), columns.wh.tolist(), strict=True))


async def test_a_follower_sees_what_a_server_stores_closes_and_leaves_behind(tmp_path: Path) -> None:
    def say(lines: str) -> list[str]:
        return server.say(lines)

    server = await asyncio.to_thread(Server, tmp_path)
    follower = ReadOnlyHeadEnd(*ChangeReader.open(tmp_path, RULES, SystemClock()))
    await follower.start()
    try:
        assert f"process {server.process.pid} owns" in follower.live().following
        await asyncio.to_thread(say, "REGISTER m region=East\nREAD m 1 2025-03-01T10:00\nREAD m 2 2025-03-02T10:00\n")
        await until(lambda: follower.live().stored == 2)
        out = await asyncio.to_thread(metertui, tmp_path, "users", "register", "m-2", "--region", "West")
        assert "West" in out
        assert (await asyncio.to_thread(say, "READ m-2 7 2025-03-02T10:00\nSTOPSERVER\n"))[1].startswith("OK closed 3")
        await asyncio.to_thread(say, "READ m 3 2025-03-03T10:00\n")
        await until(lambda: follower.live().stored == 4)
        reply = await control.send_request(tmp_path, Request("status", {}))
        assert isinstance(reply, Done)
        assert reply.result["address"] == f"127.0.0.1:{server.address[1]}"
        await asyncio.to_thread(server.kill)
        await until(lambda: "has ended" in follower.live().following)
        assert (tmp_path / ".control").exists()  # nobody took it away
        server = await asyncio.to_thread(Server, tmp_path)
        await asyncio.to_thread(say, "READ m 4 2025-03-04T10:00\n")
        await until(lambda: follower.live().stored == 5)
        assert f"process {server.process.pid} owns" in follower.live().following
        assert not (await asyncio.to_thread(metertui, tmp_path, "users", "deactivate", "m-2")).startswith("metertui")
        assert await asyncio.to_thread(server.stop) == 0
        assert not (tmp_path / ".control").exists()
        truth = figures(Engine.open_readonly(tmp_path, RULES, SystemClock()))
        assert figures(follower.engine) == truth
        assert len(truth) == 5
    finally:
        await follower.stop()
        if server.process.poll() is None:
            await asyncio.to_thread(server.kill)
