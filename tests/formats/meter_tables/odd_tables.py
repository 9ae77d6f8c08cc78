"""Made-up tables of many shapes with odd rows amid plain ones, and all that comes of reading one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from metertui.engine.base import SiteZone
from metertui.engine.errors import MeterError
from metertui.formats.meter_tables.reading import open_meter_table
from metertui.formats.said import NotSaid, Said
from metertui.formats.tables import text
from metertui.formats.tables.rows import Block

VIENNA = SiteZone("Europe/Vienna")


class OddTable(NamedTuple):
    """A text, and what a person says beside it."""

    content: bytes
    said: Said


def made_up(random: Random) -> OddTable:
    """Return a table across a change of the clock, of which some rows are odd."""
    mark, comma = random.choice([(";", ","), (";", "."), (",", "."), ("\t", ","), ("|", ".")])
    begin = random.choice([datetime(2025, 10, 25, 20), datetime(2025, 3, 29, 20), datetime(2025, 6, 30)])
    step = timedelta(minutes=random.choice([15, 30, 60]))
    shape = random.choice(_SHAPES)
    head, row_of = shape(random)

    def figure(most: int = 4000) -> str:
        digits = random.choice([0, 1, 3, 3, 3, 6])
        return f"{random.randrange(most) / 1000:.{digits}f}".replace(".", comma)

    rows = [row_of(begin + at * step, step, figure) for at in range(random.randrange(3, 60))]
    often = random.choice([0.0, 0.05, 0.3])
    lines = [mark.join(head)]
    for cells in rows:
        lines.append(_odd_line(cells, mark, comma, random) if random.random() < often else mark.join(cells))
    if random.random() < 0.1:
        lines = [f'"{line.replace(mark, f"{chr(34)}{mark}{chr(34)}")}"' if '"' not in line else line for line in lines]
    content = "\n".join(lines).encode("utf-8", "surrogateescape") + random.choice([b"", b"\n"])
    names_meters = shape in (_pairs, _meters)
    said: dict[str, Any] = {"zone": "Europe/Vienna", "meter": "" if names_meters else "m1"}
    said |= {"stamps": random.choice(["start", "end"])} if random.random() < 0.9 else {}
    said |= {"unit": "kWh"} if shape is not _pairs and random.random() < 0.9 else {}
    said |= {"kind": random.choice(["interval"] * 4 + ["register"])} if random.random() < 0.8 else {}
    said |= {"date_order": "dmy"} if random.random() < 0.1 else {}
    return OddTable(content, Said(**said))


Figure = Callable[..., str]
RowOf = Callable[[datetime, timedelta, Figure], list[str]]


def _stamps(random: Random) -> tuple[list[str], RowOf]:
    form = random.choice(
        [
            *("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%d/%m/%Y, %H:%M", "%Y%m%d %H:%M", "%s"),
            *("%Y-%m-%dT%H:%M:%S+02:00", "%Y-%m-%d", "%d %B %Y %H:%M", "%d.%m.%y %H:%M", "%Y-%m-%dT%H:%M:%S.%f"),
        ]
    )
    return ["Zeit", "Verbrauch kWh"], lambda time, _, figure: [f"{time:{form}}", figure()]


def _columns(random: Random) -> tuple[list[str], RowOf]:
    day, clock = random.choice(["%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y"]), random.choice(["%H:%M", "%H:%M:%S", "%H.%M"])
    return ["Datum", "Uhrzeit", "Bezug kWh", "Einspeisung kWh"], lambda time, _, figure: [
        f"{time:{day}}",
        f"{time:{clock}}",
        figure(),
        random.choice(["-", ""]) + figure(),
    ]


def _pairs(random: Random) -> tuple[list[str], RowOf]:
    meters, units = random.choice([["m7"], ["m7", "m8", "m9"]]), random.choice([["KWH"], ["kWh", "Wh", "m3"]])
    return ["Zählpunkt", "Von", "Bis", "Wert", "Einheit", "Status"], lambda time, step, figure: [
        random.choice(meters),
        f"{time:%d.%m.%Y %H:%M}",
        f"{time + step:%d.%m.%Y %H:%M}",
        figure(),
        random.choice(units),
        random.choice(["VAL", "VAL", "VAL", "EST"]),
    ]


def _clocks(random: Random) -> tuple[list[str], RowOf]:
    if random.random() < 0.5:
        return ["Datum", "von", "bis", "Verbrauch kWh"], lambda time, step, figure: [
            f"{time:%d.%m.%Y}",
            f"{time:%H:%M}",
            f"{time + step:%H:%M}",
            figure(),
        ]
    return ["Datum", "Zeit", "Verbrauch kWh"], lambda time, step, figure: [
        f"{time:%d.%m.%Y}",
        f"{time:%H:%M}-{time + step:%H:%M}",
        figure(),
    ]


def _parts(random: Random) -> tuple[list[str], RowOf]:
    first = random.choice([0, 1])
    hours = iter(range(10_000))

    def row(begin: datetime, _: timedelta, figure: Figure) -> list[str]:
        hour = next(hours)
        return [f"{begin.replace(day=1) + timedelta(days=24 + hour // 24):%Y-%m-%d}", f"{hour % 24 + first}", figure()]

    return ["Date", "Hour", "Usage kWh"], row


def _matrix(random: Random) -> tuple[list[str], RowOf]:
    by_number, days = random.random() < 0.5, iter(range(10_000))
    count = random.choice([24, 25]) if by_number else 24
    names = [f"H{hour + 1}" if by_number else f"{hour:02d}:00" for hour in range(count)]
    return ["Tag", *names], lambda begin, _, figure: [
        f"{begin.replace(hour=0, minute=0, day=20) + timedelta(days=next(days)):%d.%m.%Y}",
        *(figure() if hour < 24 else "" for hour in range(count)),
    ]


def _meters(random: Random) -> tuple[list[str], RowOf]:
    return ["time", "10000001", "10000002", "10000003"], lambda time, _, figure: [
        f"{time:%Y-%m-%d %H:%M}",
        *(figure() if random.random() < 0.9 else "" for _ in range(3)),
    ]


def _series(random: Random) -> tuple[list[str], RowOf]:
    kinds = random.choice([["Afname Dag", "Afname Nacht", "Injectie"], ["Bezug", "Einspeisung", "Gas"]])
    return ["Datum", "Type", "Wert", "Einheit"], lambda time, _, figure: [
        f"{time:%d-%m-%Y %H:%M}",
        random.choice(kinds),
        figure(),
        "kWh",
    ]


_SHAPES = [_stamps, _stamps, _columns, _pairs, _pairs, _clocks, _parts, _matrix, _meters, _series]


def _odd_line(cells: list[str], mark: str, comma: str, random: Random) -> str:
    """Return a line that is none of the usual ones."""
    cells, at = [*cells], random.randrange(len(cells))
    last = len(cells) - 1 - random.randrange(min(2, len(cells)))
    match random.randrange(23):
        case 0:
            cells[last] = random.choice(["", "-", "n/a", "NaN"])
        case 1:
            cells[last] = f"-{cells[last]}"
        case 2:
            cells[last] = f"1{'.' if comma == ',' else ','}234{comma}5"
        case 3:
            cells[last] = f'"1{comma}5"'
        case 4:
            return mark.join(cells) + mark
        case 5:
            return mark.join(cells)[: random.randrange(1, 30)]
        case 6:
            return ""
        case 7:
            return mark.join(["Summe", *[""] * (len(cells) - 2), "123"])
        case 8:
            cells = [cell.replace("00:00", "24:00") for cell in cells]
        case 9:
            cells[at] = "2025-10-26"
        case 10:
            cells[last] += " kWh"
        case 11:
            cells[last] = f"1{comma}5E-3"
        case 12:
            cells[0] = "31.04.2025"
        case 13:
            cells[at] = f'="{cells[at]}"'
        case 14:
            cells = [f"  {cell} " for cell in cells]
        case 15:
            cells[at] = "\udcff"
        case 16:
            cells[last] = "0" + ("." if comma == "," else ",") + "25"
        case 17:
            cells[last] = "123456789012345678"
        case 18:
            cells[at] = f'"{cells[at]}'
        case 19:
            cells[-1] = random.choice(["fraglich", "L2", ""])
        case 20:
            cells[0] = random.choice(["m8", "b d", "Mo, 27.10.2025", "27/10/2025 01:00", "2025-10-27T02:00:00+01:00"])
        case 21:
            cells[at] = "7" * 300
        case _:
            return mark.join([*cells, "x"])
    return mark.join(cells)


def outcome(path: Path, said: Said) -> Sequence[Any]:
    """Return all that comes of reading a table; arrays as lists."""
    try:
        return _read(path, said)
    except NotSaid as error:
        return str(error), error.needs, error.taken
    except MeterError as error:
        return (str(error),)


def _read(path: Path, said: Said) -> Sequence[Any]:
    table = open_meter_table(path, said, VIENNA)
    if table is None:
        return ()
    pieces = []
    for piece in table.pieces():
        columns = [value.tolist() for value in vars(piece.rows).values() if hasattr(value, "tolist")]
        bare = getattr(piece, "bare", None)
        held = None if bare is None else bare.tolist()
        pieces.append((type(piece), list(piece.rows.ids), columns, piece.line.tolist(), list(piece.refused), held))
    return repr(table.plans), table.taken(), pieces, table.left_out.sentences()


def outcome_by_rows(path: Path, said: Said) -> Sequence[Any]:
    """Return the same of a table that is read row by row."""
    blocks = text.read_rows

    def as_rows(path: Path, form: text.TextForm) -> Iterator[Block]:
        for share, lines in blocks(path, form):
            yield share, list(lines)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "read_rows", as_rows)
        return outcome(path, said)
