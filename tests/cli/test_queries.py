"""Usages and queries, as they are printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

AT = ("--at", "2025-03-12T10:40:00")
PARTS = ("timestamp", "timestamp_offset")


@pytest.mark.parametrize(
    ("window", "kwh"),
    [
        ("today", 10.5),
        ("yesterday", 24),
        ("week", 58.5),
        ("month", 274.5),
        ("last_month", 672),
        ("last_half_hour", 0.5),
    ],
)
def test_the_steady_meter(steady: Command, window: str, kwh: float) -> None:
    result = steady("usage", "m-1", window, *AT, "--format", "json")
    assert result.json["usage_kwh"] == kwh
    assert result.json["window"] == window


def test_usage_says_all_of_it(steady: Command) -> None:
    result = steady("usage", "m-1", "--format", "json", *AT)
    assert result.json == {
        "meter": "m-1",
        "window": "month",
        "start": "2025-03-01T00:00:00+08:00",
        "end": "2025-03-12T10:40:00+08:00",
        "opening_kwh": 1720,
        "opening_time": "2025-03-01T00:00:00+08:00",
        "opening_quality": "actual",
        "closing_kwh": 1994.5,
        "closing_time": "2025-03-12T10:30:00+08:00",
        "closing_quality": "last",
        "usage_kwh": 274.5,
        "readings": 549,
        "suspect": 0,
    }


def test_dates_are_both_included(steady: Command) -> None:
    result = steady("usage", "m-1", "--from", "2025-02-01", "--to", "2025-02-02", "--format", "json")
    assert (result.json["window"], result.json["usage_kwh"], result.json["readings"]) == ("dates", 48, 96)


def test_a_usage_that_is_not_the_difference_of_its_registers_says_why(steady: Command, tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    at = ("10T00:00,1011.5", "10T01:00,1012.5", "10T02:00,1000", "10T03:00,1000.75", "11T00:00,1000.75")
    file.write_text("identifier,timestamp,usage\n" + "".join(f"m-2,2025-02-{row}\n" for row in at))
    assert steady("import", str(file)).code == 0
    words = ("m-2", "--from", "2025-02-01", "--to", "2025-02-28")
    sentence = (
        "The usage is not the closing less the opening register: 1 undeclared reset between them, on 10 Feb 2025 02:00 "
        "from 1 012.500 kWh to 1 000.000 kWh."
    )
    assert steady("usage", *words).out.splitlines()[-2:] == ["", sentence]
    assert sentence in steady("bill", "m-2", "--month", "2025-02").out
    assert "note" not in steady("usage", *words, "--format", "json").json
    assert "not the closing" not in steady("usage", *words, "--format", "csv").out
    assert "not the closing" not in steady("usage", "m-1", *words[1:]).out


def test_no_data_is_null_and_exit_0(steady: Command) -> None:
    result = steady("usage", "m-1", "--from", "2024-01-01", "--to", "2024-01-02", "--format", "json")
    assert result.code == 0
    assert result.json["usage_kwh"] is None
    assert result.json["opening_kwh"] is None
    shown = steady("usage", "m-1", "--from", "2024-01-01", "--to", "2024-01-02").out
    assert "usage_kwh        -" in shown


def test_query_by_month(steady: Command) -> None:
    result = steady("query", "--from", "2025-02-01", "--to", "2025-03-31", "--by", "month", "--format", "json")
    assert result.json == [
        {"month": "2025-02", "usage_kwh": 672, "meters": 1, "readings": 1344},
        {"month": "2025-03", "usage_kwh": 274.5, "meters": 1, "readings": 549},
    ]


def test_query_in_order_and_cut(steady: Command) -> None:
    words = ["query", "--from", "2025-03-10", "--to", "2025-03-12", "--by", "day", "--format", "csv"]
    assert steady(*words, "--sort", "-usage_kwh", "--limit", "1").out.splitlines()[1] == "2025-03-10,24,1,48"
    assert steady(*words, "--sort", "usage_kwh", "--limit", "1").out.splitlines()[1] == "2025-03-12,10.5,1,21"


def test_tables_are_aligned_to_the_right_where_they_are_numbers(steady: Command) -> None:
    assert steady("query", "--from", "2025-03-11", "--to", "2025-03-12", "--by", "day").out.splitlines() == [
        "day         usage_kwh  meters  readings",
        "2025-03-11       24.0       1        48",
        "2025-03-12       10.5       1        21",
    ]


def test_a_table_without_rows_says_so(steady: Command) -> None:
    words = ["query", "--from", "2020-01-01", "--to", "2020-01-02", "--by", "day"]
    assert steady(*words).out.splitlines()[-1] == "no data"
    assert steady(*words, "--format", "json").json == []


@pytest.mark.parametrize("words", [["query"], ["query", "--readings"], ["export", "-o", "x.csv"]])
def test_the_error_for_a_name_that_no_account_has_lists_the_names(
    steady: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    days = ["--from", "2025-01-30", "--to", "2025-01-30"]
    result = steady(*words, *days, "--region", "Nroth")
    assert (result.code, result.err) == (1, "metertui: no meter has the region Nroth; no meter has any region\n")
    for meter, region in (("a", "North"), ("b", "East")):
        assert steady("users", "register", meter, "--region", region).code == 0
    result = steady(*words, *days, "--region", "Nroth")
    why = "no meter has the region Nroth; known: East, North; did you mean North?"
    assert (result.code, result.err) == (1, f"metertui: {why}\n")
    assert not Path("x.csv").exists()
    assert steady(*words, *days, "--region", "North").code == 0  # there, without a reading
    result = steady(*words, *days, "--sub-region", "Quarry")
    assert result.err == "metertui: no meter has the sub-region Quarry; no meter has any sub-region\n"


def test_query_with_a_measure_and_a_comparison(steady: Command) -> None:
    words = ["query", "--from", "2025-03-01", "--to", "2025-03-31", "--by", "month", "--format", "json"]
    result = steady(
        *words, "--measure", "per_meter_day", "--compare", "before", "--sort", "-before_kwh", "--limit", "1"
    )
    assert result.json == [
        {
            "month": "2025-03",
            "usage_kwh_per_meter_day": 24,
            "before_kwh": 24,
            "change_percent": 0.0,
            "meters": 1,
            "readings": 549,
        }
    ]
    assert steady(*words, "--measure", "peak").json[0]["peak_kwh"] == 0.5
    wrong = steady(*words, "--compare", "before", "--sort", "before_kw")
    assert (wrong.code, "did you mean before_kwh?" in wrong.err) == (2, True)
    for more in (["--readings"], ["-o", "x.csv"]):
        assert steady(*words, "--measure", "peak", *more).code == 2


def test_query_of_a_saved_question(steady: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[question]]\ntitle = "Mine"\nperiod = "dates"\nfirst = "2025-02-01"\nlast = "2025-02-02"\nby = ["day"]\n'
    )
    asked = steady("query", "--from", "2025-02-01", "--to", "2025-02-02", "--by", "day", "--format", "json")
    saved = steady("query", "--saved", str(file), "--format", "json")
    assert saved.json == asked.json
    assert len(steady("query", "--saved", "Usage by month", "--format", "json").json) == 3
    file.write_text("[[question")
    broken = steady("query", "--saved", str(file))
    assert (broken.code, broken.err.count("\n"), "mine.toml cannot be read" in broken.err) == (1, 1, True)
    assert steady("query", "--saved", "Usage by mouth").err.endswith("did you mean Usage by month?\n")
    assert steady("query", "--saved", str(file), "--by", "day").code == 2


def test_query_by_time_of_day(steady: Command) -> None:
    words = ["query", "--from", "2025-03-10", "--to", "2025-03-11", "--format", "csv"]
    assert steady(*words, "--time", "18:00-20:00").out.splitlines()[1] == "4,1,8"
    assert steady(*words, "--time", "22:00-06:15").out.splitlines()[1] == "16.5,1,32"
    result = steady(*words, "--time", "18-20")
    assert (result.code, result.err.count("--time: 18-20 is not a time of day; enter one")) == (2, 1)
    assert steady(*words, "--by", "weekday,hour_of_day", "--limit", "1").out.splitlines()[1] == "Mon,00:00,1,1,2"


def test_a_meter_of_several_registers(metertui: Command, tmp_path: Path) -> None:
    lines = [("a:t1", 10, 11), ("a:t2", 20, 22), ("a:export", 5, 9), ("b", 1, 2)]
    log = tmp_path / "some.txt"
    log.write_text(
        "".join(
            f"{meter},2025-03-1{day},{kwh}\n"
            for meter, *both in lines
            for day, kwh in zip(("0T00:00", "1T00:00"), both, strict=True)
        )
    )
    assert metertui("import", str(log)).code == 0
    days = ("--from", "2025-03-10", "--to", "2025-03-10", "--format", "json")
    used = metertui("usage", "a", *days).json
    assert (used["usage_kwh"], used["opening_kwh"], used["closing_kwh"]) == (3, None, None)
    assert {name: each["usage_kwh"] for name, each in used["channels"].items()} == {"t1": 1, "t2": 2, "export": 4}
    assert used["channels"]["t1"].keys() == used.keys() - {"channels"}
    alone = metertui("usage", "a:t2", *days).json
    assert (alone["meter"], alone["usage_kwh"], alone["opening_kwh"]) == ("a:t2", 2, 20)
    assert metertui("usage", "b:use", *days).json == metertui("usage", "b", *days).json
    assert "channels" not in metertui("usage", "b", *days).json
    assert metertui("query", *days, "--by", "meter").json[0] == {
        "meter": "a",
        "usage_kwh": 3,
        "meters": 1,
        "readings": 4,
    }
    by_channel = metertui("query", *days, "--by", "channel", "--sort", "-usage_kwh").json
    assert [(row["channel"], row["usage_kwh"]) for row in by_channel][:3] == [("export", 4), ("use", 4), ("t2", 2)]
    assert metertui("query", *days, "--channel", "export").json[0]["usage_kwh"] == 4
    assert metertui("query", *days, "--channel", "exprt").err.endswith("did you mean export?\n")
    listed = metertui("query", *days, "--readings", "--meter", "a:export").json
    assert [row["identifier"] for row in listed] == ["a:export", "a:export"]
    assert len(metertui("usage", "a", *days[:-1], "csv").out.splitlines()) == 5
    assert metertui("usage", "a:t9").err == "metertui: a has no readings of a channel t9\n"
    assert metertui("bill", "a:t1").code == 2
    assert metertui("explain", "a:t1", *days).json["usage_kwh"] == 1
    void = metertui("void", "a:t1", "2025-03-11T00:00", "--reason", "misread", "--format", "json")
    assert void.json["total_kwh_after"] == 0
    assert metertui("usage", "a", *days).json["usage_kwh"] == 2
    assert metertui("check").code == 0
    curve = ("export", *days[:-1], "csv", "--interval", "12h", "--channel", "export", "-o", "-")
    assert [line.split(",")[0::3] for line in metertui(*curve).out.splitlines()[1:]] == [["a:export", "2", ""]] * 2
    note = "! only what was used is written; for other channels of these meters: --channel export\n"
    for form in (("--interval", "12h", *days[-2:-1], "csv"), ("--form", "nem12")):
        words = ("export", *days[:-2], *form, "-o", "-")
        assert metertui(*words).err == note
        assert [metertui(*words, *each).err for each in (("--channel", "export"), ("--meter", "b"))] == ["", ""]
    fed_in = metertui(*words, "--channel", "export").out.splitlines()[1]
    assert fed_in.startswith("200,a,B1,")
