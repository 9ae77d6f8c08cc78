"""The mappings that ship, each with a file of its kind: registers and energy to the last digit, at the right time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from metertui.engine.base.zone import SiteZone
from metertui.engine.errors import DataError
from metertui.formats.meter_tables.reading import MeterTable, open_meter_table
from metertui.formats.said import Said
from metertui.formats.said.mapping_files import SHIPPED, all_in
from tests.formats.listed import listed, listed_registers
from tests.formats.samples import SHAPES, days, expected, expected_days, needs_samples

ZONE = SiteZone("Europe/Amsterdam")


def opened(folder: Path, content: Any, **said: Any) -> MeterTable:
    path = folder / "any"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    table = open_meter_table(path, Said(meter="m", **said), ZONE, mappings=all_in(SHIPPED))
    assert table is not None
    return table


def intervals(table: MeterTable) -> list[tuple[str, str, str, str]]:
    """Return (register, start, end, kWh) of each interval."""
    return sorted(row[:4] for row in listed(table.pieces(), ZONE))


def test_solaredge(tmp_path: Path) -> None:
    values = [("2025-10-26 02:00:00 CEST+0200", 1331.5), ("2025-10-26 02:00:00 CET+0100", None)]
    values += [("2025-10-26 03:00:00 CET+0100", 424.0), ("2025-10-26 04:00:00 CET+0100", 0)]
    answer = {"timeUnit": "HOUR", "unit": "Wh", "values": [{"date": date, "value": value} for date, value in values]}
    table = opened(tmp_path, {"energy": answer})
    assert table.notes[0].startswith("mapping solaredge: ")
    assert intervals(table) == [
        ("m:production", "2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00", "1.3315"),
        ("m:production", "2025-10-26T03:00:00+01:00", "2025-10-26T04:00:00+01:00", "0.424"),
        ("m:production", "2025-10-26T04:00:00+01:00", "2025-10-26T05:00:00+01:00", "0"),
    ]


def test_givenergy(tmp_path: Path) -> None:
    data = [
        {
            "time": f"2025-06-01T0{hour}:17:08Z",
            "power": {"grid": {"power": -10}, "solar": {"arrays": [{"array": 1, "power": 0}]}},
            "today": {"grid": {"import": 0.1 * hour, "export": 0.0}},
            "total": {"solar": 55.2, "grid": {"import": 20.4 + hour, "export": 31.7}},
        }
        for hour in range(3)
    ]
    table = opened(tmp_path, {"data": data, "meta": {"total": 3}})
    assert listed_registers(table.pieces(), ZONE) == [
        ("m", "2025-06-01T02:17:08+02:00", "20.4"),
        ("m:export", "2025-06-01T02:17:08+02:00", "31.7"),
        ("m", "2025-06-01T03:17:08+02:00", "21.4"),
        ("m:export", "2025-06-01T03:17:08+02:00", "31.7"),
        ("m", "2025-06-01T04:17:08+02:00", "22.4"),
        ("m:export", "2025-06-01T04:17:08+02:00", "31.7"),
    ]


STATISTICS = "statistic_id,start,state,sum\n" + "".join(
    f"{name},{1_738_368_000 + 3600 * hour}.0,{first + hour * 0.25},{hour * 0.25}\n"
    for name, first in (("sensor.grid_import", 1000.5), ("sensor.grid_export", 200.25), ("sensor.gas_meter", 77))
    for hour in range(3)
)


def test_home_assistant(tmp_path: Path) -> None:
    """A row is of the hour that starts at its time, and its sum is that at the end of the hour."""
    with pytest.raises(DataError, match="give --unit Wh, --unit kWh"):
        opened(tmp_path, STATISTICS)
    assert sorted(listed_registers(opened(tmp_path, STATISTICS, unit="kWh").pieces(), ZONE)) == [
        ("m", "2025-02-01T02:00:00+01:00", "0"),
        ("m", "2025-02-01T03:00:00+01:00", "0.25"),
        ("m", "2025-02-01T04:00:00+01:00", "0.5"),
        ("m:export", "2025-02-01T02:00:00+01:00", "0"),
        ("m:export", "2025-02-01T03:00:00+01:00", "0.25"),
        ("m:export", "2025-02-01T04:00:00+01:00", "0.5"),
    ]


def history(*sensors: tuple[str, str, float], short: bool = False) -> list[list[dict[str, Any]]]:
    """An answer of the history API: of each sensor its name, its unit and its first state."""
    arrays = []
    for name, unit, first in sensors:
        states = [str(first + 0.25 * hour) if hour != 1 else "unavailable" for hour in range(4)]
        times = [f"2025-02-01T0{hour}:00:07.5+00:00" for hour in range(4)]
        about = {"entity_id": name, "attributes": {"unit_of_measurement": unit, "friendly_name": name}}
        rows = [{"state": state, "last_changed": time} for state, time in zip(states, times, strict=True)]
        arrays.append([row if short and at else about | row for at, row in enumerate(rows)])
    return arrays


@pytest.mark.parametrize("short", [False, True], ids=["whole", "short"])
def test_home_assistant_history(tmp_path: Path, short: bool) -> None:
    """In the short form only the first state of a sensor names it and its unit."""
    sensors = [("sensor.grid_import", "kWh", 1000.5), ("sensor.grid_export", "Wh", 200_000), ("sensor.room", "°C", 21)]
    found = listed_registers(opened(tmp_path, history(*sensors, short=short)).pieces(), ZONE)
    assert found == [
        ("m", "2025-02-01T01:00:07.500000+01:00", "1000.5"),
        ("m", "2025-02-01T03:00:07.500000+01:00", "1001"),
        ("m", "2025-02-01T04:00:07.500000+01:00", "1001.25"),
        ("m:export", "2025-02-01T01:00:07.500000+01:00", "200"),
        ("m:export", "2025-02-01T03:00:07.500000+01:00", "200"),
        ("m:export", "2025-02-01T04:00:07.500000+01:00", "200.001"),
    ]
    two = history(*sensors, ("sensor.house_energy", "kWh", 5), short=short)
    why = "2 series that could be use: 'sensor.grid_import', 'sensor.house_energy'; give --columns use=NAME"
    with pytest.raises(DataError, match=why):
        opened(tmp_path, two)
    assert listed_registers(opened(tmp_path, two, columns={"use": "sensor.grid_import"}).pieces(), ZONE) == found
    other = opened(tmp_path, two, columns={"use": "sensor.grid_import", "house": "sensor.house_energy"})
    house = [("m:house", time, kwh) for name, time, kwh in listed_registers(other.pieces(), ZONE) if name == "m:house"]
    assert [kwh for *_, kwh in house] == ["5", "5.5", "5.75"]


def test_dsmr_reader_hours(tmp_path: Path) -> None:
    low, normal = "(Dutch Users: Low Tariff)", "(Dutch Users: Normal Tariff)"
    names = f"Electricity 1 {low},Electricity 2 {normal},Electricity 1 Returned {low},Electricity 2 Returned {normal}"
    rows = "2025-02-01 00:00:00,0.411,0.0,0.0,0.0,0.1\n2025-02-01 01:00:00,0.2,0.0,0.125,0.0,0.1\n"
    text = f"Hour Start,{names},Gas\n{rows}"
    with pytest.raises(DataError, match="give --zone"):
        opened(tmp_path, text)
    found = intervals(opened(tmp_path, text, zone="Europe/Amsterdam"))
    first = ("2025-02-01T00:00:00+01:00", "2025-02-01T01:00:00+01:00")
    assert [(name, kwh) for name, *span, kwh in found if tuple(span) == first] == [
        ("m:e1", "0"),
        ("m:e2", "0"),
        ("m:t1", "0.411"),
        ("m:t2", "0"),
    ]
    assert len(found) == 8


def test_dsmr_reader_days(tmp_path: Path) -> None:
    energy = ",".join(f"Electricity Tariff {number}{way} Diff" for way in ("", " Returned") for number in (1, 2))
    registers = "Electricity Reading Timestamp,Electricity Tariff 1 Reading,Electricity Tariff 2 Reading"
    rows = [f"2025-03-{day},1.5,2,0.25,3,7.5,0.5,2025-03-{day} 00:00:03,100{day},200\n" for day in (29, 30, 31)]
    text = f"Date,{energy},Gas Diff,Total Cost,{registers}\n{''.join(rows)}"
    found = intervals(opened(tmp_path, text, zone="Europe/Amsterdam"))
    of_day = [(name, kwh) for name, start, _, kwh in found if start == "2025-03-30T00:00:00+01:00"]
    assert of_day == [("m:e1", "0.25"), ("m:e2", "3"), ("m:t1", "1.5"), ("m:t2", "2")]
    assert ("m:t1", "2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00", "1.5") in found


PORTALS = {
    "netz-noe": (
        "Messzeitpunkt;Verbrauch (kWh);Qualität;\n02.04.2025 00:15;0,25;G;\n"
        "02.04.2025 00:30;0,5;G;\n02.04.2025 00:45;0,125;G;\n",
        "m 2025-04-02T00:00:00+02:00 2025-04-02T00:15:00+02:00 0.25",
    ),
    "salzburg-netz": (
        '"Datum und Uhrzeit";"Lastgänge (0,875 kWh)";"Status"\n"2025-04-02 00:00:00";0,25;"Wert ist gültig"\n'
        '"2025-04-02 00:15:00";0,5;"Wert ist gültig"\n"2025-04-02 00:30:00";0,125;"Wert ist gültig"\n',
        "m 2025-04-02T00:00:00+02:00 2025-04-02T00:15:00+02:00 0.25",
    ),
    "slimmemeterportal": (
        "datum_tijd;levering_normaal;levering_laag;teruglevering_normaal;teruglevering_laag;buitentemperatuur\n"
        "13-04-2025 00:15:00 +0200;;0,25;;0,00;-\n13-04-2025 00:30:00 +0200;;0,5;;0,00;9,5\n",
        "m:e1 2025-04-13T00:00:00+02:00 2025-04-13T00:15:00+02:00 0",
    ),
    "energie-manager": (
        "Vanaf;Tot;Verbruik laag tarief;Verbruik hoog tarief;Teruglevering laag tarief;Teruglevering hoog tarief;"
        "Totaal;\n"
        "2025-04-02 00:00;2025-04-03 00:00;1,5;2;-0,5;-4,25;-1,25;\n"
        "2025-04-03 00:00;2025-04-04 00:00;1,5;2;-1;-4;-1,5;\n"
        "2025-04-02 00:00;2025-04-04 00:00;3;4;-1,5;-8,25;-2,75;\n",
        "m:e1 2025-04-02T00:00:00+02:00 2025-04-03T00:00:00+02:00 0.5",
    ),
    "shelly-3em": (
        "Date/time UTC,Active energy Wh (A),Returned energy Wh (A)\n"
        "2025-04-02 00:00,34.5,0.00\n2025-04-02 00:10,20.25,8.5\n",
        "m 2025-04-02T02:00:00+02:00 2025-04-02T02:10:00+02:00 0.0345",
    ),
}


@pytest.mark.parametrize("name", PORTALS)
def test_files_of_portals_say_the_rest_by_their_mapping(tmp_path: Path, name: str) -> None:
    text, first = PORTALS[name]
    table = opened(tmp_path, text)
    assert table.notes[0].startswith(f"mapping {name}: ")
    assert " ".join(intervals(table)[0]) == first


def test_a_mapping_is_named_or_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no mapping is called 'other'; there are dsmr-reader-days"):
        opened(tmp_path, STATISTICS, mapping="other")
    table = opened(tmp_path, STATISTICS, mapping="home-assistant-statistics", unit="MWh")
    assert listed_registers(table.pieces(), ZONE)[-1][2] == "500"


@needs_samples
def test_the_samples_come_back_to_the_last_digit() -> None:
    def read(name: str, **said: Any) -> MeterTable:
        table = open_meter_table(SHAPES / name, Said(meter="m", **said), ZONE, mappings=all_in(SHIPPED))
        assert table is not None
        return table

    [produced] = expected("solaredge.json")["channels"]
    found = days(read("solaredge.json").pieces(), ZONE)["m:production"]
    assert {day: kwh for day, kwh in found.items() if kwh} == expected_days(produced)
    registers = listed_registers(read("givenergy.json").pieces(), ZONE)
    for channel, name in zip(expected("givenergy.json")["channels"], ("m", "m:export"), strict=True):
        own = [float(kwh) for register, _, kwh in registers if register == name]
        assert (own[0], own[-1]) == (channel["first_register"], channel["last_register"])
    columns = {"time": "Time", "kwh": "Energy From Grid (kWh)", "export": "Feed-in Energy (kWh)"}
    use, fed, *_ = expected("solax_daily.xls")["channels"]
    assert days(read("solax_daily.xls", zone=ZONE.name, columns=columns).pieces(), ZONE) == {
        "m": expected_days(use),
        "m:export": expected_days(fed),
    }
