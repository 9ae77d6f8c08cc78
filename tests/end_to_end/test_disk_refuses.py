"""The real process against a kernel that refuses: no space for its files, no more files to open."""

from __future__ import annotations

import contextlib
import resource
import socket
from pathlib import Path

from tests.end_to_end.process import Server, asked, metertui, serving
from tests.patience import PATIENCE

DAY = "2025-03-01"


def limit(server: Server, what: int, most: int | None) -> None:
    """Let the process have no more than `most` of something; None: as much as it may."""
    _, hard = resource.prlimit(server.process.pid, what)
    resource.prlimit(server.process.pid, what, (hard if most is None else most, hard))


def reads(first: int, count: int) -> str:
    return "".join(f"READ m {n} {DAY}T{n // 60:02d}:{n % 60:02d}\n" for n in range(first, first + count))


def test_a_full_disk_is_answered_and_forgiven(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert set(server.say("REGISTER m\n" + reads(0, 10))) == {"OK"}
        size = (tmp_path / "log.txt").stat().st_size
        limit(server, resource.RLIMIT_FSIZE, size + 50)
        assert server.say(reads(10, 1)) == ["OK"]  # there was room for one
        [account] = server.say(f'REGISTER n address="{"x" * 900}"\n')
        assert account.startswith("ERR storage: cannot write users.csv: File too large")
        refused = server.say(reads(11, 5))
        assert all(reply.startswith("ERR storage: cannot write log.txt: File too large") for reply in refused)
        assert server.say("STOPSERVER\n")[0].startswith("ERR storage: cannot write ")
        assert server.say("PING\nREAD m 0 2025-03-01T00:00\n") == ["OK", "OK duplicate"]
        limit(server, resource.RLIMIT_FSIZE, None)
        assert server.say(reads(11, 5) + "REGISTER n\n") == ["OK"] * 6
        assert server.say("STOPSERVER\n")[0].startswith("OK closed 16 readings into 1 day files")
        server.kill()
    with serving(tmp_path) as server:
        assert set(server.say(reads(0, 16))) == {"OK duplicate"}
        assert server.stop() == 0
    assert [account["identifier"] for account in asked(tmp_path, "users", "list")] == ["m", "n"]
    metertui(tmp_path, "check")


def test_too_many_open_files_are_answered_and_forgiven(tmp_path: Path) -> None:
    with serving(tmp_path) as server, server.connect() as meter, contextlib.ExitStack() as others:
        talk = meter.makefile("rw", encoding="utf-8", newline="\n")

        def say(line: str) -> str:
            talk.write(f"{line}\n")
            talk.flush()
            return talk.readline().rstrip()

        assert say("REGISTER m") == "OK"
        open_now = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
        limit(server, resource.RLIMIT_NOFILE, open_now)
        for _ in range(20):  # which the kernel takes, and nobody answers yet
            others.enter_context(socket.create_connection(server.address, timeout=PATIENCE))
        assert say(reads(0, 1).strip()) == "OK"
        assert say("REGISTER n").startswith("ERR storage: cannot write users.csv: Too many open files")
        assert say("STOPSERVER").startswith("ERR storage: ")
        assert say(reads(1, 1).strip()) == "OK"
        limit(server, resource.RLIMIT_NOFILE, None)
        assert say("REGISTER n") == "OK"
        assert say("STOPSERVER").startswith("OK closed 2 readings into 1 day files")
        assert server.say("PING\n") == ["OK"]
        assert server.stop() == 0
    metertui(tmp_path, "check")
