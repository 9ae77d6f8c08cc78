"""Which register the rows of a series are of, and several series that would be one register."""

from __future__ import annotations

from pathlib import Path

import pytest

from metertui.engine.errors import DataError
from metertui.formats.meter_tables.row_series import RowSeries, RowText, not_energy, series_of_streams
from metertui.formats.said import NotSaid

PATH = Path("x.csv")
LIGHT, HEAT, FED = (RowText("", text, "kWh") for text in ("Verbrauch Licht", "Verbrauch Küche", "Einspeisung"))


def asked(series: RowSeries, *found: RowText, kind: str = "register", clashing: tuple[RowText, ...] = ()) -> str:
    """The question; empty if there is none."""
    pairs = {frozenset(each.text for each in clashing)} if clashing else set()
    try:
        series.check(PATH, found, kind, "kWh", pairs)
    except NotSaid as error:
        [need] = error.needs
        return f"{need.fact}; {need.give}"
    return ""


def test_two_series_of_one_register_are_asked_for_by_name() -> None:
    question = "the file has 2 series that could be use: 'Verbrauch Küche', 'Verbrauch Licht'; "
    question += "--columns use=NAME with the name of one of them"
    assert asked(RowSeries(), LIGHT, HEAT, FED) == question
    assert asked(RowSeries(), LIGHT, FED) == ""
    assert asked(RowSeries(), LIGHT._replace(meter="a"), HEAT._replace(meter="b")) == ""
    assert asked(RowSeries(), LIGHT, HEAT._replace(unit="°C"), RowText("", "Gasverbrauch", "")) == ""


def test_series_of_intervals_may_follow_one_another() -> None:
    assert asked(RowSeries(), LIGHT, HEAT, kind="interval") == ""
    assert "could be use" in asked(RowSeries(), LIGHT, HEAT, kind="interval", clashing=(LIGHT, HEAT))


def test_a_series_beside_tariffs_may_be_one_more_of_them_or_all_of_the_use() -> None:
    tariffs = [RowText("", text, "kWh") for text in ("Peak", "Off-peak")]
    question = "the series 'Shoulder' stands beside 'Off-peak', 'Peak', and may be one tariff more or all of the use; "
    question += "--columns t3=Shoulder or --columns use=Shoulder"
    shoulder = RowText("", "Shoulder", "kWh")
    assert asked(RowSeries(), *tariffs, shoulder, kind="interval") == question
    assert asked(RowSeries({"Shoulder": "t3"}), *tariffs, shoulder, kind="interval") == ""
    assert asked(RowSeries(), *tariffs, RowText("", "Total", "kWh"), kind="interval") == ""
    assert asked(RowSeries(), *tariffs, shoulder._replace(meter="b"), kind="interval") == ""


def test_what_is_said_of_a_series_leaves_out_another_that_would_be_the_same() -> None:
    series = RowSeries({LIGHT.text: "use"})
    assert asked(series, LIGHT, HEAT, FED) == ""
    assert [series.channel_of(each.text) for each in (LIGHT, HEAT, FED)] == ["use", "", "export"]
    assert series.why_left_out(HEAT.text) == "'Verbrauch Licht' is use"
    both = RowSeries({LIGHT.text: "use", HEAT.text: "heat"})
    assert [both.channel_of(each.text) for each in (LIGHT, HEAT)] == ["use", "heat"]


def test_streams_are_use_and_feed_in_or_left_out() -> None:
    series = series_of_streams(["E1", "B1", "Q1", "E2"])
    assert [series.channel_of(text) for text in ("E1", "E2", "B1", "Q1")] == ["t1", "t2", "export", ""]
    assert series.why_left_out("Q1") == "reactive energy"
    other = series_of_streams(["E1", "Export"])
    assert (other.channel_of("E1"), other.channel_of("Export")) == ("use", "")
    assert other.why_left_out("Export") == "no suffix of a stream"


def test_the_register_of_a_stream_follows_from_those_of_its_meter() -> None:
    rows = [RowText(meter, text, "") for meter, texts in (("m1", "E1 Q1"), ("m2", "E1 E2")) for text in texts.split()]
    assert series_of_streams({each.text for each in rows}, rows).renamed == {("m1", "t1"): "use"}


def test_what_may_be_use_or_feed_in_is_asked_for() -> None:
    lieferung, balance = (RowText("", text, "kWh") for text in ("Lieferung", "Saldo"))
    question = "the series 'Lieferung' may be use or feed-in; --columns use=Lieferung or export=Lieferung"
    assert asked(RowSeries(), lieferung) == question
    assert asked(RowSeries(), balance).startswith("the series 'Saldo' is use less feed-in, not either; --columns use=")
    assert asked(RowSeries({"Lieferung": "export"}), lieferung, LIGHT) == ""


def test_a_series_that_is_not_there_or_is_no_energy_is_named() -> None:
    with pytest.raises(DataError, match="neither a column nor a series is 'Verbrauch'; series: 'Einspeisung'"):
        asked(RowSeries({"Verbrauch": "use"}), FED)
    with pytest.raises(DataError, match="the series 'Leistung' is power, not energy"):
        asked(RowSeries({"Leistung": "use"}), RowText("", "Leistung", ""), FED)
    assert not_energy("Leistung", "kW") == ""
