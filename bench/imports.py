"""What an import takes, beside its rows: time, and memory above that of an import of a thousand rows.

A year of half hours of many meters at most, as a portal exports it (`portal`: a table with other columns and local
times), as metertui has it (`own`), or as register reads (`reads`). Each import is a process of its own, `metertui
import` into an empty folder; `peak` is the most memory that it had.

    python -m bench.imports [--rows N ...] [--form portal|own|reads ...] [--meters N] [--folder DIR]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

FIRST: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - local, as files have it
HALF_HOUR: Final = timedelta(minutes=30)
ROOT: Final = Path(__file__).parent.parent
FORMS: Final = ("portal", "own", "reads")
SMALL: Final = 1_200
"""Rows of the import that all others are held against."""


class Taken(NamedTuple):
    """What an import has taken: seconds, seconds of work, and MB at most."""

    seconds: float
    work: float
    peak: float


def lines_of(form: str, rows: int, meters: int) -> Iterator[str]:
    """Yield a file with so many rows, in order of time, as most files are."""
    energies = random.Random(7).choices(range(20, 900), k=997)
    yield {
        "portal": "Meter number;Reading from;Reading to;Consumption (kWh);Status\n",
        "own": "identifier,start,end,kwh,quality\n",
        "reads": "identifier,timestamp,usage\n",
    }[form]
    registers = [0] * meters
    for step in range(rows // meters):
        start, end = FIRST + step * HALF_HOUR, FIRST + (step + 1) * HALF_HOUR
        from_, to = f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}"
        iso_from, iso_to = f"{start.isoformat()}+08:00", f"{end.isoformat()}+08:00"
        for meter in range(meters):
            energy = energies[(step * 31 + meter * 17) % 997]
            registers[meter] += energy
            if form == "portal":
                yield f"MT-{100_000 + meter};{from_};{to};{energy / 1000};measured\n"
            elif form == "own":
                yield f"MT-{100_000 + meter},{iso_from},{iso_to},{energy / 1000},\n"
            else:
                yield f"MT-{100_000 + meter},{iso_to},{registers[meter] / 1000}\n"


def take(file: Path, data: Path) -> Taken:
    """Import a file into a new folder, in a process of its own."""
    shutil.rmtree(data, ignore_errors=True)
    words = ["import", str(file), "--data", str(data), "--zone", "Asia/Singapore", "--format", "json"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "METERTUI_TIMEZONE": "Asia/Singapore"}
    began = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "metertui", *words], stdout=subprocess.DEVNULL, env=env)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, "the import failed"
    scale = 1 if sys.platform == "darwin" else 1024
    return Taken(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * scale / 1e6)


def main() -> None:
    """Each form, and of each the smallest import first."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, nargs="*", default=[100_000, 300_000, 1_000_000])
    options.add_argument("--form", choices=FORMS, nargs="*", default=list(FORMS))
    options.add_argument("--meters", type=int, default=600)
    options.add_argument("--folder", type=Path, help="where to put the files; a temporary folder if left out")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="metertui-bench-", dir=given.folder) as name:
        file, data = Path(name) / "file.csv", Path(name) / "data"
        for form in given.form:
            least = None
            for rows in (SMALL, *given.rows):
                with file.open("w") as written:
                    written.writelines(lines_of(form, rows, given.meters))
                taken = take(file, data)
                least = least or taken
                each = 1e6 * (taken.work - least.work) / rows
                more = taken.peak - least.peak
                print(
                    f"{form:6} {rows:>10,} rows  {taken.seconds:7.1f} s  {each:5.1f} µs of work a row  "
                    f"peak {taken.peak:6.0f} MB, {more:+6.0f} beside {SMALL:,} rows",
                    flush=True,
                )


if __name__ == "__main__":
    main()
