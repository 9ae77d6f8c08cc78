"""The whole program as its users meet it: a process, a socket, files."""

from __future__ import annotations

import random
import signal
import socket
import threading
from pathlib import Path

import pandas as pd

from metertui.engine.base.registers import format_kwh
from metertui.engine.base.zone import DAY, MINUTE, SiteZone
from tests.end_to_end.process import asked, metertui, serving
from tests.patience import PATIENCE

ZONE = SiteZone("Asia/Singapore")
START = ZONE.parse("2025-02-01T00:00:00")


def steady(meter: str, start: str, end: str) -> str:
    """READ lines of a meter that draws 1 kW, every half hour from start to end."""
    first, last = ZONE.parse(start), ZONE.parse(end)
    return "".join(
        f"READ {meter} {format_kwh((t - START) // (3600 * 1000) + 5_000)} {ZONE.iso(t)}\n"
        for t in range(first, last + 1, 30 * MINUTE)
    )


def test_the_steady_meter_from_the_socket_to_the_bill(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        lines = steady("k1", "2025-02-01T00:00:00", "2025-03-12T10:30:00")
        replies = server.say('REGISTER k1 region="East Region" apartment_type=3-room\n' + lines)
        assert set(replies) == {"OK"}
        at = ("--at", "2025-03-12T10:40:00")
        for _ in range(2):  # beside the running server, before the day close and after it
            used = {w: asked(tmp_path, "usage", "k1", w, *at) for w in ("today", "week", "month", "last_month")}
            assert {w: usage["usage_kwh"] for w, usage in used.items()} == {
                "today": 10.5,
                "week": 58.5,
                "month": 274.5,
                "last_month": 672,
            }
            assert used["today"]["closing_quality"] == "last"
            assert used["today"]["opening_quality"] == "actual"
            bill = asked(tmp_path, "bill", "k1", "--month", "2025-02")
            assert (bill["usage_kwh"], bill["opening_kwh"], bill["closing_kwh"]) == (672, 5, 677)
            year = asked(tmp_path, "query", "--from", "2025-01-01", "--to", "2025-12-31")
            days = asked(tmp_path, "query", "--from", "2025-01-01", "--to", "2025-12-31", "--by", "day")
            regions = asked(tmp_path, "query", "--from", "2025-01-01", "--to", "2025-12-31", "--by", "region")
            whole = 39 * 24 + 10.5
            assert year == [{"usage_kwh": whole, "meters": 1, "readings": len(replies) - 1}]
            assert sum(day["usage_kwh"] for day in days) == whole
            assert regions == [{"region": "East Region", **year[0]}]
            closed = server.say("STOPSERVER\n")
        assert closed[0].startswith("OK closed 0 readings into 0 day files in ")
        metertui(tmp_path, "check")
        day = pd.read_csv(tmp_path / "archive/2025/02_19.csv")
        assert day.columns.tolist() == ["identifier", "timestamp", "usage"]
        assert len(day) == 48
        assert day["timestamp"].iloc[0] == "2025-02-19T00:00:00+08:00"
        assert server.stop() == 0


def test_a_conversation_with_every_verb(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        replies = server.say(
            'ping\nHELP\nREGISTER a address="1 Elm Street"\nread a 5 2025-03-01T00:00\nREAD a 5 2025-03-01 00:00:00\n'
            "READ a 6 2025-03-01T00:00:00\nREAD a 0.5 2025-03-01T01:00:00\nAUTH me secret\n\n  \nQUIT\nPING\n"
        )
        assert replies[0] == "OK"
        assert replies[1].startswith("OK READ <meter_id>[:<channel>] <kwh>")
        assert replies[2:5] == ["OK", "OK", "OK duplicate"]
        assert replies[5].startswith("ERR conflict: ")
        assert replies[6].startswith("OK suspect: 0.5 kWh is lower than the 5 kWh counted at ")
        assert replies[7] == "ERR denied: no credentials are set up yet"
        assert replies[8:] == ["OK"]
        assert server.say("READ a 7 2025-03-01T02:00:00") == ["OK"]
        idle = [server.connect() for _ in range(50)]  # clients that say nothing do not hold it up
        assert server.stop(signal.SIGINT) == 0
        for connection in idle:
            connection.close()
    assert "secret" not in (tmp_path / "rejects.log").read_text()


def test_killed_in_mid_stream_nothing_that_was_answered_is_lost(tmp_path: Path) -> None:
    choose = random.Random(1)
    answered: list[int] = []
    with serving(tmp_path) as server:
        assert server.say("REGISTER m\n") == ["OK"]
        sent = [f"READ m {i}.5 {ZONE.iso(START + i * MINUTE)}\n" for i in range(60_000)]

        def stream(connection: socket.socket) -> None:
            for i in range(0, len(sent), 200):
                try:
                    connection.sendall("".join(sent[i : i + 200]).encode())
                except OSError:
                    return

        with server.connect() as connection:
            streaming = threading.Thread(target=stream, args=(connection,), daemon=True)
            streaming.start()
            enough = choose.randrange(1, 20_000)
            count = 0
            while count < enough:
                data = connection.recv(choose.choice((64, 4096, 65536)))
                count += data.count(b"\n")
                assert b"ERR" not in data
            server.kill()
            while data := _rest(connection):
                count += data.count(b"\n")
        streaming.join(PATIENCE)
        answered = list(range(count))
    with serving(tmp_path) as server:
        log = pd.read_csv(tmp_path / "log.txt", header=None, names=["identifier", "timestamp", "usage"])
        assert log["usage"].iloc[: len(answered)].tolist() == [i + 0.5 for i in answered]
        assert not log["timestamp"].duplicated().any()
        again = server.say("".join(sent[: len(answered)]))
        assert set(again) == {"OK duplicate"}
        assert len(again) == len(answered)


def _rest(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except OSError:
        return b""


def test_a_day_close_in_mid_stream_loses_nothing(tmp_path: Path) -> None:
    meters, days = 20, 6
    with serving(tmp_path) as server:
        assert set(server.say("".join(f"REGISTER m{i}\n" for i in range(meters)))) == {"OK"}
        replies: dict[int, list[str]] = {}

        def stream(number: int) -> None:
            lines = [
                f"READ m{m} {(t - START) // (3600 * 1000 * 1000)} {ZONE.iso(t)}\n"
                for t in range(START, START + days * DAY, 30 * MINUTE)
                for m in range(number, meters, 4)
            ]
            replies[number] = server.say("".join(lines))

        threads = [threading.Thread(target=stream, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        closes = [server.say("STOPSERVER\n")[0] for _ in range(5)]
        for thread in threads:
            thread.join(PATIENCE)
        closes += server.say("STOPSERVER\n")
        assert all(close.startswith("OK closed ") for close in closes)
        assert {reply for lines in replies.values() for reply in lines} == {"OK"}
        moved = sum(int(close.split()[2]) for close in closes)
        assert moved == meters * days * 48
    files = sorted((tmp_path / "archive/2025").glob("02_*.csv"))
    day_files = [pd.read_csv(path) for path in files]
    assert [len(day) for day in day_files] == [meters * 48] * days
    for day in day_files:
        assert day.sort_values(["timestamp", "identifier"], kind="stable").equals(day)
    assert (tmp_path / "log.txt").read_bytes() == b""
    assert not (tmp_path / "log.sealed.txt").exists()


def test_what_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    with serving(tmp_path / "a") as server:
        other = _fails(tmp_path / "a")
        assert "is in use by another metertui (process " in other
        port = _fails(tmp_path / "b", port=server.address[1])
        assert "the port is in use by another program" in port
        assert "active" in metertui(tmp_path / "a", "users", "register", "x")  # by the owner
        assert server.say("READ x 5\n") == ["OK"]
    (tmp_path / "file").write_text("")
    assert "cannot use the data folder" in _fails(tmp_path / "file")
    (tmp_path / "a" / "settings.toml").write_text("prot = 7\n")
    assert "prot is not a setting" in _fails(tmp_path / "a")


def _fails(folder: Path, port: int = 0) -> str:
    said = metertui(folder, "serve", "--port", str(port), code=1)
    lines = [line for line in said.splitlines() if line.startswith("metertui: ")]
    assert len(lines) == 1, said
    return lines[0]


def test_qualities_from_the_socket_to_the_day_file_and_the_bill(tmp_path: Path) -> None:
    """An estimate counts between actual readings until one takes its place, whatever stops the server meanwhile."""
    lines = (
        "READ q 100 2025-02-01T00:00:00 A\nREAD q 200 2025-02-15T00:00:00 E\nREAD q 150 2025-02-20 00:00:00\n"
        "READ q 160 2025-02-25 00:00:00 s\nREAD q 165 2025-03-01T00:00:00 e\nREAD q 170 2025-03-05T00:00:00\n"
    )
    month = ("bill", "q", "--month", "2025-02")
    with serving(tmp_path) as server:
        assert server.say(f"REGISTER q\n{lines}") == ["OK"] * 7
        assert server.say(lines) == ["OK duplicate"] * 6
        before = asked(tmp_path, *month)
        assert (before["usage_kwh"], before["closing_kwh"], before["closing_quality"]) == (65, 165, "estimated")
        server.kill()
    ends = [line.split(",")[2:] for line in (tmp_path / "log.txt").read_text().splitlines()]
    assert ends == [["100"], ["200", "E"], ["150"], ["160", "S"], ["165", "E"], ["170"]]
    with serving(tmp_path) as server:
        assert asked(tmp_path, *month) == before
        assert server.say("READ q 166 2025-03-01T00:00:00\nREAD q 167 2025-03-01T00:00:00 E\n")[0] == "OK"
        actual = asked(tmp_path, *month)
        assert (actual["usage_kwh"], actual["closing_kwh"], actual["closing_quality"]) == (66, 166, "actual")
        assert server.say("STOPSERVER\n")[0].startswith("OK closed 7 readings into 6 day files in ")
        assert asked(tmp_path, *month) == actual
        [case] = asked(tmp_path, "exceptions", "--cause", "estimate")
        assert case["cause"] == "estimate"
        assert "150 kWh at 2025-02-20T00:00:00+08:00, does not fit 200 kWh" in case["why"]
    rows = (tmp_path / "archive/2025/03_01.csv").read_text().splitlines()
    at = "q,2025-03-01T00:00:00+08:00"
    assert rows == ["identifier,timestamp,usage,quality", f"{at},165,E", f"{at},166,"]
    assert (tmp_path / "archive/2025/03_05.csv").read_text().startswith("identifier,timestamp,usage\n")
    assert asked(tmp_path, *month) == actual
    metertui(tmp_path, "check")


def test_a_meter_of_five_digits_behind_transformers_is_sent_killed_and_asked(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        assert server.say("REGISTER ct region=East\nREGISTER no multiplier=40\n")[1].startswith("ERR bad-field")
        metertui(data, "users", "modify", "ct", "--multiplier", "40", "--digits", "5", "--from", "2025-01-01")
        day = "2025-03-01T0"
        lines = [f"READ ct {kwh} {day}{hour}:00" for hour, kwh in enumerate((99998, 99999.5, 1, 2.25))]
        assert set(server.say("\n".join(lines))) == {"OK"}
        server.kill()
    with serving(data) as server:
        assert server.say(f"READ ct 4.25 {day}4:00\n") == ["OK"]
        usage = asked(data, "usage", "ct", "--from", "2025-03-01", "--to", "2025-03-01")
        assert (usage["opening_kwh"], usage["closing_kwh"], usage["usage_kwh"]) == (99998, 4.25, 250)
        assert server.stop() == 0
    metertui(data, "check")
