"""How fast tables of energy per interval are read, beside pandas and pyarrow, and how much memory that takes.

Each measurement is a process of its own that looks at a file, as an import does, and reads all of its intervals. With
the root of another checkout, both read in turn, so that both have the same machine.

    python -m bench.tables [--rows N] [--rounds N] [--beside ROOT]
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
FIRST: Final = datetime(2020, 1, 1)  # noqa: DTZ001  # what a clock shows
QUARTER: Final = timedelta(minutes=15)
METERS: Final = 400
TOOLS: Final = ("metertui", "pandas", "pyarrow")
Lines = Iterator[str]


def figures() -> Iterator[str]:
    """Yield figures such as 0.125, again and again."""
    chance = random.Random(1)
    return cycle([f"{chance.randrange(2000) / 1000:.3f}" for _ in range(4999)])


def iso() -> Lines:
    """Yield rows with an ISO time in UTC and a figure, of meters in turn."""
    yield "meter,time,kwh"
    found = figures()
    for at in range(10**9):
        yield f"{10000000 + at % METERS},{(FIRST + QUARTER * (at // METERS)).isoformat()}Z,{next(found)}"


def local() -> Lines:
    """Yield rows with a local date, a time of day and a figure with a decimal comma."""
    yield "Datum;Uhrzeit;Verbrauch kWh"
    found = figures()
    for at in range(10**9):
        yield f"{FIRST + QUARTER * at:%d.%m.%Y;%H:%M};{next(found).replace('.', ',')}"


def pair() -> Lines:
    """Yield rows with a start, an end and a status."""
    yield "Zählpunkt;Von;Bis;Wert kWh;Status"
    found = figures()
    for at in range(10**9):
        begin = FIRST + QUARTER * (at // METERS)
        times = f"{begin:%d.%m.%Y %H:%M};{begin + QUARTER:%d.%m.%Y %H:%M}"
        yield f"{10000000 + at % METERS};{times};{next(found).replace('.', ',')};VAL"


def meters() -> Lines:
    """Yield rows with a time and a figure of each of eight meters."""
    yield ",".join(["time", *(str(10000000 + meter) for meter in range(8))])
    found = figures()
    for at in range(10**9):
        yield f"{(FIRST + QUARTER * at).isoformat()}Z,{','.join(islice(found, 8))}"


def matrix() -> Lines:
    """Yield rows with a day and its 96 quarters of an hour."""
    yield ";".join(["Date", *(f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(0, 1440, 15))])
    found = figures()
    for at in range(10**9):
        yield f"{FIRST + timedelta(days=at):%Y-%m-%d};{';'.join(islice(found, 96))}"


SHAPES: Final[Mapping[str, tuple[Callable[[], Lines], int, dict[str, Any]]]] = {
    "an ISO time, many meters": (iso, 1, {"unit": "kWh", "stamps": "start", "kind": "interval"}),
    "a local date and time, decimal comma": (local, 1, {"meter": "m1", "stamps": "start"}),
    "start and end, with a status": (pair, 1, {}),
    "a column a meter, eight": (meters, 8, {"unit": "kWh", "stamps": "start", "kind": "interval"}),
    "a row a day, 96 columns": (matrix, 96, {"meter": "m1", "unit": "kWh"}),
}
"""How lines are made, how many figures one has, and what a person says beside the file."""


def read(tool: str, shape: str, path: Path) -> None:
    """Read a file, and print the seconds of processor time and the MB that it took."""
    count = 0
    if tool == "metertui":
        from metertui.engine.base import SiteZone  # noqa: PLC0415
        from metertui.formats.meter_tables import open_meter_table  # noqa: PLC0415
        from metertui.formats.said import Said  # noqa: PLC0415

        zone = SiteZone("Etc/GMT-1")
        said = Said(**({"zone": zone.name} | SHAPES[shape][2]))
    elif tool == "pandas":
        import pandas as pd  # noqa: PLC0415
    else:
        from pyarrow import csv  # noqa: PLC0415
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    mark = ";" if ";" in path.open(encoding="utf-8").readline() else ","
    if tool == "metertui":
        table = open_meter_table(path, said, zone)
        assert table is not None
        count = sum(len(piece.rows) for piece in table.pieces())
    elif tool == "pandas":
        count = len(pd.read_csv(path, sep=mark, decimal="." if mark == "," else ","))
    else:
        count = csv.read_csv(path, parse_options=csv.ParseOptions(delimiter=mark)).num_rows
    took = time.process_time() - begun
    print(took, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, count)


def measure(root: Path, tool: str, shape: str, path: Path) -> tuple[float, float]:
    """Return the seconds and the MB of one process."""
    command = [sys.executable, __file__, "--read", tool, "--shape", shape, "--file", str(path)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(root)}, stdout=subprocess.PIPE, check=True)
    took, memory, _ = map(float, done.stdout.split())
    return took, memory


def compare(shape: str, rows: int, rounds: int, roots: Mapping[str, Path], folder: Path) -> None:
    """Print µs for each row of the file by each way, and memory with so many rows and with four times as many."""
    lines, _, _ = SHAPES[shape]
    files = {times: folder / f"{times}.csv" for times in (1, 4)}
    for times, path in files.items():
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in islice(lines(), rows * times + 1))
    ways = [(name, root, "metertui") for name, root in roots.items()] + [(tool, ROOT, tool) for tool in TOOLS[1:]]
    took: dict[str, list[float]] = {name: [] for name, _, _ in ways}
    for _ in range(rounds):
        for name, root, tool in ways:
            took[name].append(measure(root, tool, shape, files[1])[0])
    each = {name: statistics.median(found) / rows * 1e6 for name, found in took.items()}
    memory = [measure(ROOT, "metertui", shape, path)[1] for path in files.values()]
    figures_shown = " | ".join(f"{value:.2f}" for value in each.values())
    print(f"| {shape} | {figures_shown} | {memory[0]:.0f}; {memory[1]:.0f} |", flush=True)


def main() -> None:
    """Measure all shapes, or read one file in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--read", choices=TOOLS, help=argparse.SUPPRESS)
    parser.add_argument("--shape", choices=SHAPES, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read:
        read(given.read, given.shape, given.file)
        return
    roots = {"metertui": ROOT} | ({"before": given.beside.resolve()} if given.beside else {})
    print(f"| µs a row | {' | '.join((*roots, *TOOLS[1:]))} | MB; of four times the rows |")
    with tempfile.TemporaryDirectory() as folder:
        for shape, (_, count, _) in SHAPES.items():
            compare(shape, max(1000, given.rows // count), given.rounds, roots, Path(folder))


if __name__ == "__main__":
    main()
