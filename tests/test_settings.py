"""Settings: which source wins, and the messages for wrong ones."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

from metertui import settings
from metertui.engine.base.zone import MINUTE, SiteZone
from metertui.engine.errors import MeterError, StorageError
from metertui.settings import Settings


def stated(folder: Path, text: str | bytes) -> Path:
    (folder / "settings.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def wrong(folder: Path, flags: dict[str, object] | None = None, env: dict[str, str] | None = None) -> str:
    with pytest.raises(MeterError) as caught:
        settings.load(folder, flags, env or {})
    return str(caught.value)


def test_without_settings_all_have_their_default(tmp_path: Path) -> None:
    found = settings.load(tmp_path, env={})
    assert found == Settings() == settings.load(tmp_path / "none", env={})
    assert (found.host, found.port, found.max_kw, found.future_minutes) == ("127.0.0.1", 7007, 100.0, 10)
    assert (found.durability, found.day_close_at_midnight, found.require_auth) == ("disk", True, "remote")
    assert (found.idle_seconds, found.max_connections, found.max_line_bytes) == (7200, 10_000, 1024)


def test_a_flag_wins_over_the_environment_the_file_and_the_default(tmp_path: Path) -> None:
    stated(tmp_path, "port = 1\nidle_seconds = 1\nfuture_minutes = 1\n")
    env = {"METERTUI_PORT": "2", "METERTUI_IDLE_SECONDS": "2", "METERTUI_DATA": "elsewhere", "PORT": "9"}
    found = settings.load(tmp_path, {"port": 3, "idle_seconds": None, "host": None}, env)
    assert (found.port, found.idle_seconds, found.future_minutes, found.host) == (3, 2, 1, "127.0.0.1")


def test_the_environment_of_the_process_is_read_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METERTUI_MAX_KW", "12.5")
    assert settings.load(tmp_path).max_kw == 12.5


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("TRUE", True), ("1", True), ("false", False), ("0", False)]
)
def test_the_environment_has_true_and_false(tmp_path: Path, text: str, value: bool) -> None:
    assert settings.load(tmp_path, env={"METERTUI_DAY_CLOSE_AT_MIDNIGHT": text}).day_close_at_midnight is value


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    assert settings.load(stated(tmp_path, b"\xef\xbb\xbfport = 8\r\nmax_kw = 50\r\n"), env={}).port == 8


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("prot = 7", "prot is not a setting; the settings are timezone, host, port, max_kw, "),
        ("[server]\nport = 7", "server is not a setting"),
        ("port = '7'", "port must be a whole number, not '7'"),
        ("port = true", "port must be a whole number, not True"),
        ("port = 7.0", "port must be a whole number, not 7.0"),
        ("port = 65536", "port must be from 0 to 65535, not 65536"),
        ("port = -1", "port must be from 0 to 65535, not -1"),
        ("max_kw = 0", "max_kw must be from 0.001 to 1000000, not 0.0"),
        ("max_kw = nan", "max_kw must be from 0.001 to 1000000, not nan"),
        ("max_kw = inf", "max_kw must be from 0.001 to 1000000, not inf"),
        ("max_kw = [1]", "max_kw must be a number, not [1]"),
        ("max_kw_by_type = 1", "max_kw_by_type must be a table of numbers by name, not 1"),
        ("[max_kw_by_type]\n4-room = 0", "max_kw_by_type of '4-room' must be a number from 0.001 to 1000000, not 0"),
        ("idle_seconds = 0", "idle_seconds must be from 1 to 1000000000, not 0"),
        ("host = ''", "host must be an address to listen on"),
        ("host = 7", "host must be a string, not 7"),
        ("timezone = 'Mars/One'", "timezone: 'Mars/One' is not a time zone; one is like Asia/Singapore"),
        ("durability = 'Disk'", "durability must be one of disk, os, not 'Disk'"),
        ("require_auth = []", "require_auth must be one of remote, always, not []"),
        ("day_close_at_midnight = 1", "day_close_at_midnight must be true or false, not 1"),
        ("port = ", "Invalid value (at end of document)"),
        (b"port = 7 # \xe9", "this is not UTF-8 text"),
    ],
)
def test_a_wrong_setting_is_reported_with_its_file(tmp_path: Path, text: str | bytes, reason: str) -> None:
    assert wrong(stated(tmp_path, text)).startswith(f"{tmp_path / 'settings.toml'}: {reason}")


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"METERTUI_PORT": "x"}, "METERTUI_PORT: port must be a whole number, not 'x'"),
        ({"METERTUI_PORT": ""}, "METERTUI_PORT: port must be a whole number, not ''"),
        ({"METERTUI_MAX_KW": "1e999"}, "METERTUI_MAX_KW: max_kw must be from 0.001 to 1000000, not inf"),
        ({"METERTUI_DURABILITY": "tape"}, "METERTUI_DURABILITY: durability must be one of disk, os, not 'tape'"),
        (
            {"METERTUI_DAY_CLOSE_AT_MIDNIGHT": "no"},
            "METERTUI_DAY_CLOSE_AT_MIDNIGHT: day_close_at_midnight must be true",
        ),
        ({"METERTUI_TIMEZONE": "x"}, "METERTUI_TIMEZONE: timezone: 'x' is not a time zone"),
    ],
)
def test_a_wrong_environment_variable_is_reported_by_name(tmp_path: Path, env: dict[str, str], said: str) -> None:
    assert wrong(tmp_path, env=env).startswith(said)


def test_a_wrong_flag_is_reported_by_name(tmp_path: Path) -> None:
    assert wrong(tmp_path, {"max_connections": 0}).startswith("--max-connections: max_connections must be from 1 to")


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").mkdir()
    assert wrong(tmp_path) == f"cannot read {tmp_path / 'settings.toml'}: this is a folder, not a file"


# -- the file of the first start -----------------------------------------------------------------------------------


def test_the_first_start_writes_every_setting_in_a_comment(tmp_path: Path) -> None:
    settings.write_defaults(tmp_path)
    text = (tmp_path / "settings.toml").read_text()
    assert all(not line or line.startswith("#") for line in text.splitlines())
    assert settings.load(tmp_path, env={}) == Settings()
    for each in fields(Settings):
        assert f"\n# {each.metadata['why']}.\n# {each.name} = " in text


def test_an_uncommented_line_is_the_default(tmp_path: Path) -> None:
    settings.write_defaults(tmp_path)
    path = tmp_path / "settings.toml"
    lines = path.read_text().splitlines()
    names = {each.name for each in fields(Settings)}
    bare = [line.removeprefix("# ") for line in lines if line.removeprefix("# ").partition(" = ")[0] in names]
    assert len(bare) == len(names)
    path.write_text("\n".join(bare))
    assert settings.load(tmp_path, env={}) == Settings()


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    settings.write_defaults(stated(tmp_path, "port = 8\n"))
    assert (tmp_path / "settings.toml").read_text() == "port = 8\n"


def test_a_read_only_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot write settings\.toml"):
        settings.write_defaults(tmp_path / "none")


# -- what the engine obeys ------------------------------------------------------------------------------------------


def test_the_rules_are_in_the_engines_units(tmp_path: Path) -> None:
    stated(tmp_path, 'timezone = "Europe/London"\nmax_kw = 12.5\nfuture_minutes = 3\ndurability = "os"\n')
    rules = settings.load(tmp_path, env={}).rules()
    assert (rules.zone, rules.fit.max_w, rules.future_us) == (SiteZone("Europe/London"), 12_500, 3 * MINUTE)
    assert (rules.durability, rules.rejects_bytes) == ("os", 10_000_000)


def test_the_zone_of_the_machine_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "TZ", "Pacific/Auckland")
    assert Settings().rules().zone.name == "Pacific/Auckland"
    assert Settings(timezone="Asia/Singapore").rules().zone.name == "Asia/Singapore"
    monkeypatch.setitem(os.environ, "TZ", "EST5EDT4")
    with pytest.raises(MeterError, match="TZ is 'EST5EDT4', which is no time zone by name; set the setting timezone"):
        Settings().rules()


# -- the site zone ----------------------------------------------------------------------------------------------------


def test_the_zone_is_stored_once_and_holds(tmp_path: Path) -> None:
    settings.store_zone(tmp_path, "Asia/Singapore")
    assert '\ntimezone = "Asia/Singapore"\n' in (tmp_path / "settings.toml").read_text()
    settings.store_zone(tmp_path, "Europe/Berlin")
    for env in ({}, {"TZ": "Europe/Berlin"}, {"METERTUI_TIMEZONE": "Europe/Berlin"}):
        assert settings.load(tmp_path, env=env).rules().zone.name == "Asia/Singapore"


@pytest.mark.parametrize("written", ["port = 8", "port = 8\n", ""])
def test_the_zone_is_added_to_a_file_of_ones_own(tmp_path: Path, written: str) -> None:
    settings.store_zone(stated(tmp_path, written), "Asia/Singapore")
    found = settings.load(tmp_path, env={})
    assert (found.timezone, found.port) == ("Asia/Singapore", 8 if written else 7007)


def test_another_zone_of_the_environment_is_reported(tmp_path: Path) -> None:
    assert settings.zone_note(tmp_path, {"TZ": "Europe/Berlin"}) == ""
    settings.store_zone(tmp_path, "Asia/Singapore")
    for env in (
        {},
        {"TZ": ":Asia/Singapore"},
        {"METERTUI_TIMEZONE": "Asia/Singapore", "TZ": "UTC"},
        {"TZ": "Singapore"},
    ):
        assert settings.zone_note(tmp_path, env) == ""
    holds = "but this folder is in Asia/Singapore, as its settings.toml says, and stays so"
    assert settings.zone_note(tmp_path, {"TZ": "Europe/Berlin"}) == f"TZ is Europe/Berlin, {holds}"
    assert settings.zone_note(tmp_path, {"TZ": "SGT-8"}) == f"TZ is SGT-8, {holds}"
    env = {"METERTUI_TIMEZONE": "Europe/Berlin", "TZ": "Asia/Singapore"}
    assert settings.zone_note(tmp_path, env) == f"METERTUI_TIMEZONE is Europe/Berlin, {holds}"


def test_a_folder_with_readings_gets_no_other_zone_than_that_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("m-1,2025-03-12T10:00:00+08:00,5\n")
    assert settings.load(tmp_path, env={"TZ": "Asia/Manila"}).timezone == ""
    said = wrong(tmp_path, env={"TZ": "Europe/Berlin"})
    assert said.startswith(f"{tmp_path / 'log.txt'} has the reading of 2025-03-12T10:00:00+08:00, where Europe/Berlin")
    assert said.endswith(f"set timezone in {tmp_path / 'settings.toml'} to the zone of the utility, as it was")
    assert "Europe/Berlin has +01:00" in wrong(tmp_path, env={"METERTUI_TIMEZONE": "Europe/Berlin"})
    stated(tmp_path, 'timezone = "Europe/Berlin"\n')
    assert settings.load(tmp_path, env={}).timezone == "Europe/Berlin"


def test_one_setting_is_written_in_its_own_line(tmp_path: Path) -> None:
    assert not settings.has_file(tmp_path)
    settings.save_setting(tmp_path, "timezone", "Europe/Berlin")
    settings.save_setting(tmp_path, "port", 7100)
    settings.save_setting(tmp_path, "timezone", "Asia/Tokyo")
    assert settings.has_file(tmp_path)
    text = (tmp_path / "settings.toml").read_text()
    assert text.count("timezone =") == 1
    found = settings.load(tmp_path, env={})
    assert (found.timezone, found.port, found.max_kw) == ("Asia/Tokyo", 7100, 100.0)
    with pytest.raises(MeterError, match="timezone"):
        settings.save_setting(tmp_path, "timezone", "Mars/Olympus")
    assert (tmp_path / "settings.toml").read_text() == text


def test_the_power_of_an_apartment_type_is_stated_in_a_table(tmp_path: Path) -> None:
    stated(tmp_path, 'max_kw = 50\nrounding_kwh = 0.5\n\n[max_kw_by_type]\n"4-room" = 12.5\nShop = 200\n')
    fit = settings.load(tmp_path, env={}).rules().fit
    assert [fit.max_w_of(kind) for kind in ("4-room", "Shop", "landed", "")] == [12_500, 200_000, 50_000, 50_000]
    assert fit.rounding_wh == 500
    settings.save_setting(tmp_path, "currency", "EUR")
    assert settings.load(tmp_path, env={}).currency == "EUR"
    fit = settings.load(tmp_path, env={"METERTUI_MAX_KW_BY_TYPE": "4-room=7, two rooms=8"}).rules().fit
    assert [fit.max_w_of(kind) for kind in ("4-room", "two rooms", "Shop")] == [7_000, 8_000, 50_000]


def test_a_variable_that_is_no_setting_is_refused_and_the_nearest_named(tmp_path: Path) -> None:
    settings.load(tmp_path, env={"METERTUI_DATA": "x", "METERTUI_PORT": "1", "OTHER": "y"})
    with pytest.raises(
        MeterError, match=r"^the variable METERTUI_PRT is no setting and must be unset; did you mean METERTUI_PORT\?"
    ):
        settings.load(tmp_path, env={"METERTUI_PRT": "7008"})
    with pytest.raises(MeterError, match=r"durability must be one of disk, os, not 'dsk'; did you mean disk\?"):
        settings.load(tmp_path, env={"METERTUI_DURABILITY": "dsk"})
