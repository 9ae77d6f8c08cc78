"""A backup taken while meters send and days close, and what comes back of it."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.end_to_end.process import asked, metertui, serving
from tests.patience import PATIENCE

METERS = 20


def test_a_copy_that_is_taken_under_load_has_all_that_was_answered_before_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = threading.Event()
    with serving(data) as server:
        assert set(server.say("".join(f"REGISTER m{n} region=East\n" for n in range(METERS)))) == {"OK"}
        answered = 0

        def stream() -> None:
            nonlocal answered
            minute = 0
            while not done.is_set():
                lines = [f"READ m{n} {minute / 60:.3f} 2025-03-01T{minute // 60 % 24:02d}:{minute % 60:02d}\n"
                         for n in range(METERS)]  # fmt: skip
                if minute % 100 == 99:
                    lines.append("STOPSERVER\n")
                replies = server.say("".join(lines))
                assert all(reply.startswith("OK") for reply in replies)
                answered += METERS
                minute += 1
                if minute == 24 * 60:
                    return

        streaming = threading.Thread(target=stream, daemon=True)
        streaming.start()
        for form in ("one.tar.zst", "two"):
            while answered < 1000:
                done.wait(0.01)
            before = answered
            assert str(tmp_path / form) in metertui(data, "backup", str(tmp_path / form))
            back = tmp_path / f"{form} again"
            metertui(back, "restore", str(tmp_path / form))
            [row] = asked(back, "query", "--from", "2025-03-01", "--to", "2025-03-01")
            assert before - METERS <= row["readings"] <= answered + METERS  # midnight's closes the day before
            assert row["meters"] == METERS
            metertui(back, "check")
        done.set()
        streaming.join(PATIENCE)
        assert server.stop() == 0


def test_what_cannot_be_done_is_one_line(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        server.stop()
    metertui(tmp_path / "data", "backup", str(tmp_path / "copy.tar.zst"))
    for data, words, why in (
        ("data", ("backup", str(tmp_path / "copy.tar.zst")), "exists already; a backup does not overwrite anything"),
        ("data", ("restore", str(tmp_path / "copy.tar.zst")), "is not empty; restore does not overwrite anything"),
        ("again", ("restore", str(tmp_path / "nowhere")), "there is no backup"),
        ("nowhere", ("backup", str(tmp_path / "other")), "there is no data folder"),
    ):
        said = metertui(tmp_path / data, *words, code=1)
        assert said.count("\n") == 1
        assert why in said
