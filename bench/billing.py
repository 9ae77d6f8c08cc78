"""A billing run of 100,000 meters with daily readings, as the command line does it; what issuing and replaying cost.

Each row is a run of the whole program, its start and the reading of the archive included; `peak MB` is the most
memory that one took so far.

    python -m bench.billing [METERS]
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from metertui.engine.accounts.book import AccountBook
from metertui.engine.base.zone import DAY, SiteZone
from metertui.engine.storage import day_close
from metertui.engine.storage.day_files import Archive
from metertui.engine.storage.reading_lines import Rows
from metertui.formats.simulated import Fleet

ZONE = SiteZone("Asia/Singapore")
METERS = 100_000
FIRST, LAST = date(2025, 1, 31), date(2025, 4, 1)
HEADER = "effective_from,apartment_type,band,from_time,to_time,cents_per_kwh,tax_percent\n"
FLAT = HEADER + "2025-01-01,,,,,28.12,9\n"
BANDS = HEADER + "2025-01-01,,peak,07:00,23:00,31.2,9\n2025-01-01,,off-peak,23:00,07:00,19.8,9\n"


def fill(folder: Path, meters: int) -> int:
    """Accounts and daily readings over two months; how many readings."""
    fleet = Fleet(meters, 1, ZONE)
    AccountBook(folder, ZONE).put_accounts(fleet.accounts, {})
    archive = Archive(folder, ZONE)
    ids = [account.meter for account in fleet.accounts]
    codes = np.arange(meters, dtype=np.int32)
    day, count = FIRST, 0
    while day <= LAST:
        at = ZONE.midnight(day) + DAY // 4
        rows = Rows(ids, codes, np.full(meters, at, dtype=np.int64), fleet.registers_at(at))
        day_close.write_day_files(archive, rows, ZONE)
        day, count = day + timedelta(days=1), count + meters
    return count


def run(folder: Path, *words: str) -> tuple[float, float, int]:
    """Seconds by the clock and of the processor, and peak megabytes of the largest command so far."""
    env = os.environ | {"METERTUI_TIMEZONE": ZONE.name, "METERTUI_DATA": str(folder)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "metertui", *words], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, told = process.communicate()
    if process.returncode:
        raise SystemExit(told.decode())
    seconds, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, used.ru_maxrss // 1024


def main() -> None:
    """Print a row a run."""
    meters = int(sys.argv[1]) if len(sys.argv) > 1 else METERS
    with tempfile.TemporaryDirectory(prefix="metertui-bench-") as name:
        folder, out = Path(name) / "data", Path(name) / "bills.csv"
        folder.mkdir()
        count = fill(folder, meters)
        print(f"{meters:,} meters, {count:,} daily readings")
        print(f"  {'run':<44}{'seconds':>9}{'CPU s':>9}{'peak MB':>9}")
        month = ("bill", "--all", "--month")
        plan = Path(name) / "plan.csv"
        plan.write_text(BANDS)
        days = ("--from", "2025-02-01", "--to", "2025-03-31")
        runs = [
            ("usage of one meter (start and archive alone)", FLAT, ("usage", Fleet(meters, 1, ZONE).accounts[0].meter)),
            ("bills of a month, one price", FLAT, (*month, "2025-02", "-o", str(out))),
            ("bills of a month, two bands", BANDS, (*month, "2025-02", "-o", str(out))),
            ("the same, issued", BANDS, (*month, "2025-02", "-o", str(out), "--issue")),
            ("the next month beside an issued one", BANDS, (*month, "2025-03", "-o", str(out))),
            (
                "replay of two months",
                FLAT,
                ("replay", "--tariff", str(plan), *days),
            ),
        ]
        for what, tariffs, words in runs:
            (folder / "tariffs.csv").write_text(tariffs)
            seconds, cpu, peak = run(folder, *words)
            print(f"  {what:<44}{seconds:>9.1f}{cpu:>9.1f}{peak:>9,}", flush=True)


if __name__ == "__main__":
    main()
